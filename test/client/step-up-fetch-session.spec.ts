import { type StepUpFetchOptions, type StepUpRequest, stepUpFetch } from '../../lib/client/index.js';
import { type Answer, API, challenge, deferred, fakeApi, settled } from './fake-api.js';

const URL_OF_TRANSFERS = `${API}/transfers`;

/** A client whose session keeps what `stepUp` gives; by default `stepUp` signs in at once, with a new token each time. */
function session(answer: Answer, options: Partial<StepUpFetchOptions> = {}) {
  const api = fakeApi(answer);
  const kept = { accessToken: 't1' };
  const requests: StepUpRequest[] = [];
  let issued = 1;
  const renew = () => {
    issued += 1;
    kept.accessToken = `t${issued}`;
    return kept.accessToken;
  };
  const stepUp = jest.fn<ReturnType<StepUpFetchOptions['stepUp']>, Parameters<StepUpFetchOptions['stepUp']>>(
    options.stepUp ?? (async () => renew()),
  );
  const request = stepUpFetch({
    origins: [API],
    accessToken: () => kept.accessToken,
    fetch: api.fetch,
    ...options,
    stepUp: (asked, context) => {
      requests.push(context);
      return stepUp(asked, context);
    },
  });
  return { request, api, kept, stepUp, renew, requests };
}

/** The page is shown again as it was left, with its promises still pending. */
function showAgain(persisted: boolean): void {
  const event = Object.assign(new Event('pageshow'), { persisted });
  pageListeners.dispatchEvent(event);
}

const pageListeners = new EventTarget();
const globals = globalThis as Partial<Record<'addEventListener' | 'removeEventListener', unknown>>;
const { addEventListener, removeEventListener } = globals;
beforeAll(() => {
  globals.addEventListener = pageListeners.addEventListener.bind(pageListeners);
  globals.removeEventListener = pageListeners.removeEventListener.bind(pageListeners);
});
afterAll(() => {
  globals.addEventListener = addEventListener;
  globals.removeEventListener = removeEventListener;
});

describe('stepUpFetch: the parts of one page', () => {
  const asks: Record<string, string> = {
    '/a': 'acr_values="mfa", max_age="300"',
    '/b': 'acr_values="mfa", max_age="600"',
    '/c': 'acr_values="mfa"',
    '/d': 'acr_values="phr mfa", max_age="300"',
  };
  const answer: Answer = ({ url, token }) =>
    token === 't1' ? challenge(asks[new URL(url).pathname] ?? '') : new Response('done');

  test.each<[name: string, paths: string[]]>([
    ['the strictest first', ['/a', '/b', '/c', '/d']],
    ['the mildest first', ['/c', '/b', '/a', '/d']],
    ['any order', ['/b', '/a', '/c', '/a']],
  ])('field CL-01 share one prompt for what they ask differently, %s', async (_, paths) => {
    const { request, stepUp } = session(answer);
    const responses = await Promise.all(paths.map((path) => request(API + path)));
    expect(responses.map(({ status }) => status)).toEqual(paths.map(() => 200));
    expect(stepUp).toHaveBeenCalledTimes(1);
  });

  test('field CL-01 one prompt is open at a time for a refused token', async () => {
    const first = deferred<string>();
    const { request, stepUp, kept } = session(
      ({ url, token }) => (token === 't9' ? new Response('done') : challenge(`acr_values="${new URL(url).pathname}"`)),
      { stepUp: () => first.promise },
    );
    const both = [request(`${API}/mfa`), request(`${API}/phr`)];
    await settled();
    expect(stepUp).toHaveBeenCalledTimes(1);
    kept.accessToken = 't9';
    first.resolve('t9');
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200]);
    expect(stepUp).toHaveBeenCalledTimes(1);
  });

  test('field CL-01 who waited in vain is asked next, and who leaves meanwhile is not', async () => {
    const first = deferred<string | undefined>();
    const { request, stepUp } = session(({ url }) => challenge(`acr_values="${new URL(url).pathname}"`), {
      stepUp: ({ acrValues }) => (acrValues?.[0] === '/mfa' ? first.promise : Promise.resolve(undefined)),
    });
    const controller = new AbortController();
    const mfa = request(`${API}/mfa`);
    await settled();
    const phr = request(`${API}/phr`);
    const left = request(`${API}/left`, { signal: controller.signal });
    await settled();
    controller.abort();
    await expect(left).rejects.toMatchObject({ name: 'AbortError' });
    first.resolve(undefined);
    expect([(await mfa).status, (await phr).status]).toEqual([401, 401]);
    expect(stepUp.mock.calls.map(([{ acrValues }]) => acrValues)).toEqual([['/mfa'], ['/phr']]);
  });
});

describe('stepUpFetch: a session that has moved on', () => {
  const grantsAllBut =
    (refused: string): Answer =>
    ({ token }) =>
      token === refused ? challenge('acr_values="mfa"') : new Response(token);

  test('field CL-07 the present token is tried before anybody is asked', async () => {
    const { request, stepUp, api, kept } = session((received) => {
      // another tab has signed in while the request was on its way
      kept.accessToken = 'of-another-tab';
      return grantsAllBut('t1')(received);
    });
    expect(await (await request(URL_OF_TRANSFERS)).text()).toBe('of-another-tab');
    expect(stepUp).not.toHaveBeenCalled();
    expect(api.tokens()).toEqual(['t1', 'of-another-tab']);
  });

  test('field CL-07 the user is asked if the present token is refused as well', async () => {
    const { request, stepUp, api, kept } = session(({ token }) => {
      if (token === 't1') kept.accessToken = 'of-another-tab';
      return token === 't2' ? new Response('done') : challenge('acr_values="mfa"');
    });
    expect((await request(URL_OF_TRANSFERS)).status).toBe(200);
    expect(stepUp).toHaveBeenCalledTimes(1);
    expect(api.tokens()).toEqual(['t1', 'of-another-tab', 't2']);
  });

  test('field CL-07 a session that gives another token each time does not send a request for ever', async () => {
    let given = 0;
    const { request, stepUp, api } = session(() => challenge('acr_values="mfa"'), {
      accessToken: () => {
        given += 1;
        return `given-${given}`;
      },
      stepUp: async () => undefined,
    });
    expect((await request(URL_OF_TRANSFERS)).status).toBe(401);
    expect(stepUp).toHaveBeenCalledTimes(1);
    expect(api.received.length).toBeLessThan(10);
  });

  test('the token of another user, who has signed in meanwhile, is not tried', async () => {
    let user = 'alice';
    const { request, api } = session(
      () => {
        user = 'bob';
        return challenge('acr_values="mfa"');
      },
      { accessToken: () => user, user: () => user, stepUp: async () => undefined },
    );
    await request(URL_OF_TRANSFERS);
    expect(api.tokens()).toEqual(['alice']);
  });

  test('field CL-07 stepUp is told which token was refused', async () => {
    const { request, requests } = session(grantsAllBut('t1'));
    await request(URL_OF_TRANSFERS);
    expect(requests.map(({ accessToken }) => accessToken)).toEqual(['t1']);
  });
});

describe('stepUpFetch: an API that is never content', () => {
  beforeEach(() =>
    jest.useFakeTimers({ now: 1_700_000_000_000, doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }),
  );
  afterEach(() => jest.useRealTimers());
  const LOOP = { code: 'ERR_STEP_UP_LOOP' };

  test.each([4, 7])('field CL-04 asks once in %i calls, one after another', async (calls) => {
    const { request, stepUp } = session(() => challenge('acr_values="mfa"'));
    for (let call = 0; call < calls; call += 1) await expect(request(URL_OF_TRANSFERS)).rejects.toMatchObject(LOOP);
    jest.setSystemTime(Date.now() + 3_600_000);
    await expect(request(URL_OF_TRANSFERS)).rejects.toMatchObject(LOOP);
    expect(stepUp).toHaveBeenCalledTimes(1);
  });

  test.each<[name: string, seconds: number, prompts: number]>([
    ['within its maxAge, the user is not asked again', 299, 1],
    ['after its maxAge, the user is asked again', 300, 2],
  ])('field CL-04 %s', async (_, seconds, prompts) => {
    const { request, stepUp } = session(() => challenge('acr_values="mfa", max_age="300"'));
    await expect(request(URL_OF_TRANSFERS)).rejects.toMatchObject(LOOP);
    jest.setSystemTime(Date.now() + seconds * 1000);
    await expect(request(URL_OF_TRANSFERS)).rejects.toMatchObject(LOOP);
    expect(stepUp).toHaveBeenCalledTimes(prompts);
  });

  test('field CL-04 another requirement is asked for all the same', async () => {
    const { request, stepUp } = session(({ url }) => challenge(`acr_values="${new URL(url).pathname}"`));
    await expect(request(`${API}/mfa`)).rejects.toMatchObject(LOOP);
    await expect(request(`${API}/phr`)).rejects.toMatchObject(LOOP);
    expect(stepUp).toHaveBeenCalledTimes(2);
  });

  test('a sign-in that was old enough to expire before its token is asked for again', async () => {
    let accepts = true;
    const { request, stepUp } = session(({ token }) =>
      token !== 't1' && accepts ? new Response('done') : challenge('max_age="300"'),
    );
    expect((await request(URL_OF_TRANSFERS)).status).toBe(200);
    // the authorization server has not asked the user, whose sign-in was 250 seconds old by then
    jest.setSystemTime(Date.now() + 60_000);
    accepts = false;
    await expect(request(URL_OF_TRANSFERS)).rejects.toMatchObject(LOOP);
    expect(stepUp).toHaveBeenCalledTimes(2);
  });
});

describe('stepUpFetch: a step-up that comes to nothing', () => {
  const granted: Answer = ({ token }) => (token === 't1' ? challenge('acr_values="mfa"') : new Response('done'));
  const ABANDONED = { name: 'StepUpAbandoned', code: 'ERR_STEP_UP_ABANDONED' };

  test.each<[name: string, stepUp: () => unknown, cause: unknown]>([
    ['rejects with an error', () => Promise.reject(new Error('popup closed')), new Error('popup closed')],
    ['rejects with a string', () => Promise.reject('no'), 'no'],
    ['rejects with nothing', () => Promise.reject(), undefined],
    [
      'throws at once',
      () => {
        throw new Error('no window');
      },
      new Error('no window'),
    ],
    ['gives a number', async () => 7, expect.any(TypeError)],
    ['gives an object', async () => ({ access_token: 't2' }), expect.any(TypeError)],
  ])('field CL-19 a stepUp that %s has one code, and the next click works', async (_, stepUp, cause) => {
    const { request, renew, ...client } = session(granted, { stepUp: stepUp as StepUpFetchOptions['stepUp'] });
    const error = await request(URL_OF_TRANSFERS).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'StepUpFailed', code: 'ERR_STEP_UP_FAILED' });
    expect(error.cause).toEqual(cause);
    client.stepUp.mockImplementation(async () => renew());
    expect((await request(URL_OF_TRANSFERS)).status).toBe(200);
  });

  test('a stepUp that never settles has the code of a timeout, and the next click works', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      const { request, renew, ...client } = session(granted, { stepUp: () => new Promise(() => undefined) });
      const late = expect(request(URL_OF_TRANSFERS)).rejects.toMatchObject({ code: 'ERR_STEP_UP_TIMEOUT' });
      await settled();
      jest.advanceTimersByTime(600_000);
      await late;
      client.stepUp.mockImplementation(async () => renew());
      expect((await request(URL_OF_TRANSFERS)).status).toBe(200);
      expect(client.stepUp).toHaveBeenCalledTimes(2);
    } finally {
      jest.useRealTimers();
    }
  });

  test('field CL-05 a page that is shown again asks at the next click', async () => {
    const { request, stepUp, renew } = session(granted, { stepUp: () => new Promise(() => undefined) });
    const left = expect(request(URL_OF_TRANSFERS)).rejects.toMatchObject(ABANDONED);
    await settled();
    showAgain(true);
    await left;
    stepUp.mockImplementation(async () => renew());
    expect((await request(URL_OF_TRANSFERS)).status).toBe(200);
    expect(stepUp).toHaveBeenCalledTimes(2);
  });

  test('a page that is shown for the first time interrupts nothing', async () => {
    const pending = deferred<string>();
    const { request } = session(granted, { stepUp: () => pending.promise });
    const response = request(URL_OF_TRANSFERS);
    await settled();
    showAgain(false);
    pending.resolve('t2');
    expect((await response).status).toBe(200);
  });

  test('nothing listens to the page when no step-up is under way', async () => {
    const [added, removed]: [unknown[][], unknown[][]] = [[], []];
    globals.addEventListener = (...given: unknown[]) => added.push(given);
    globals.removeEventListener = (...given: unknown[]) => removed.push(given);
    try {
      await session(granted).request(URL_OF_TRANSFERS);
    } finally {
      globals.addEventListener = pageListeners.addEventListener.bind(pageListeners);
      globals.removeEventListener = pageListeners.removeEventListener.bind(pageListeners);
    }
    expect(added).toEqual([['pageshow', expect.any(Function)]]);
    expect(removed).toEqual(added);
  });
});

describe('stepUpFetch: the signal that stepUp is given', () => {
  const never = () => new Promise<string>(() => undefined);
  const refused: Answer = () => challenge('acr_values="mfa"');

  test('ends when the last of those who wait has left, and the next click asks again', async () => {
    const { request, requests, stepUp } = session(refused, { stepUp: never });
    const [one, other] = [new AbortController(), new AbortController()];
    const both = [one, other].map(({ signal }) => request(URL_OF_TRANSFERS, { signal }));
    const outcomes = Promise.allSettled(both);
    await settled();
    one.abort();
    await settled();
    expect(requests.map(({ signal }) => signal.aborted)).toEqual([false]);
    other.abort();
    await outcomes;
    expect(requests.map(({ signal }) => signal.aborted)).toEqual([true]);
    stepUp.mockImplementation(async () => undefined);
    expect((await request(URL_OF_TRANSFERS)).status).toBe(401);
    expect(stepUp).toHaveBeenCalledTimes(2);
  });

  test('ends with the time limit', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      const { request, requests } = session(refused, { stepUp: never, timeout: 60 });
      const late = expect(request(URL_OF_TRANSFERS)).rejects.toMatchObject({ code: 'ERR_STEP_UP_TIMEOUT' });
      await settled();
      jest.advanceTimersByTime(60_000);
      await late;
      expect(requests.map(({ signal }) => signal.aborted)).toEqual([true]);
    } finally {
      jest.useRealTimers();
    }
  });

  test('does not end when the step-up is done', async () => {
    const { request, requests } = session(({ token }) => (token === 't1' ? refused({} as never) : new Response()));
    await request(URL_OF_TRANSFERS);
    expect(requests.map(({ signal }) => signal.aborted)).toEqual([false]);
  });
});
