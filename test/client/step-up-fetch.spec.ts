import { type StepUpChallenge, type StepUpFetchOptions, stepUpFetch } from '../../lib/client/index.js';
import { API, challenge, client, deferred, granting, settled } from './fake-api.js';

const URL_OF_TRANSFERS = `${API}/transfers`;

describe('stepUpFetch: from challenge to repeated request', () => {
  test('C-57 the same request is sent again with the new token', async () => {
    const { request, stepUp, api } = client(granting(['t2']));
    const response = await request(`${URL_OF_TRANSFERS}?to=bob#x`, {
      method: 'POST',
      body: '{"amount":5}',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
    });
    expect(await response.text()).toBe('done');
    expect(stepUp).toHaveBeenCalledTimes(1);
    const sent = api.received.map(({ method, url, body, headers }) => ({
      method,
      url,
      body,
      ...Object.fromEntries(headers),
    }));
    const expected = {
      method: 'POST',
      url: `${URL_OF_TRANSFERS}?to=bob#x`,
      body: '{"amount":5}',
      'content-type': 'application/json',
      'idempotency-key': 'k',
    };
    expect(sent).toEqual([
      { ...expected, authorization: 'Bearer t1' },
      { ...expected, authorization: 'Bearer t2' },
    ]);
  });

  test('stepUp is told what is asked for, of which request, and when', async () => {
    jest.useFakeTimers({ now: 1_700_000_000_500, doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      const { request, stepUp } = client(granting(['t2'], 'acr_values="phr mfa", max_age="0", scope="pay"'));
      await request(`${URL_OF_TRANSFERS}?secret=x`, { method: 'PUT' });
      expect(stepUp.mock.calls).toEqual([
        [
          { scheme: 'Bearer', acrValues: ['phr', 'mfa'], maxAge: 0, scope: 'pay' },
          {
            method: 'PUT',
            url: URL_OF_TRANSFERS,
            challengedAt: 1_700_000_000.5,
            accessToken: 't1',
            signal: expect.any(AbortSignal),
          },
        ],
      ]);
    } finally {
      jest.useRealTimers();
    }
  });

  test('a request that is good enough is sent once', async () => {
    const { request, stepUp, api, events } = client(granting(['t1']));
    expect((await request(URL_OF_TRANSFERS)).status).toBe(200);
    expect([api.tokens(), stepUp.mock.calls, events]).toEqual([['t1'], [], []]);
  });

  test('a challenge in the body counts where the header is hidden', async () => {
    const body = { error: 'insufficient_user_authentication', acr_values: 'mfa' };
    const { request, api } = client(({ token }) =>
      token === 't2' ? new Response('done') : Response.json(body, { status: 401 }),
    );
    expect((await request(URL_OF_TRANSFERS)).status).toBe(200);
    expect(api.tokens()).toEqual(['t1', 't2']);
  });

  test('C-14 so does one beside status 403, and its deviation is reported', async () => {
    const deviations: string[] = [];
    const { request, api } = client(
      ({ token }) => (token === 't2' ? new Response('done') : challenge('max_age=5', { status: 403 })),
      { onDeviation: ({ code }) => deviations.push(code) },
    );
    expect((await request(URL_OF_TRANSFERS)).status).toBe(200);
    expect([api.tokens(), deviations]).toEqual([['t1', 't2'], ['unusual_status']]);
  });

  test('C-14 never one beside success: the request was performed', async () => {
    const { request, api } = client(() => challenge('max_age=5', { status: 200 }));
    expect((await request(URL_OF_TRANSFERS)).status).toBe(200);
    expect(api.tokens()).toEqual(['t1']);
  });

  test('lenient reading is an option', async () => {
    const { request, stepUp } = client(granting(['t2'], 'acr_values=urn:a'), { lenient: true });
    await request(URL_OF_TRANSFERS);
    expect(stepUp.mock.calls[0]?.[0]).toEqual({ scheme: 'Bearer', acrValues: ['urn:a'] });
  });
});

describe('stepUpFetch: what it leaves alone', () => {
  test.each<[string, number, string | undefined]>([
    ['C-63 an expired token, which a refresh can help', 401, 'Bearer error="invalid_token"'],
    ['C-30 a missing token', 401, 'Bearer realm="api"'],
    ['a 401 without a challenge', 401, undefined],
    ['a challenge of another scheme', 401, 'Basic error="insufficient_user_authentication"'],
    [
      'C-10 a challenge that cannot be read for certain',
      401,
      'Bearer error="insufficient_user_authentication", max_age=1, max_age=2',
    ],
    ['C-59 insufficient_scope', 403, 'Bearer error="insufficient_scope", scope="pay"'],
    ['an internal error', 500, undefined],
  ])('%s', async (_, status, field) => {
    const { request, stepUp, api } = client(
      () => new Response('as it was', { status, headers: field === undefined ? {} : { 'WWW-Authenticate': field } }),
    );
    const response = await request(URL_OF_TRANSFERS);
    expect([response.status, await response.text()]).toEqual([status, 'as it was']);
    expect([api.tokens(), stepUp.mock.calls]).toEqual([['t1'], []]);
  });

  test.each([
    ['another host', 'https://other.example/'],
    ['another port', 'https://api.example:8443/'],
    ['another scheme', 'http://api.example/'],
    ['a longer host', 'https://api.example.evil.example/'],
    ['the origin as user information', 'https://evil.example/?https://api.example/'],
    ['a host above', 'https://example/'],
  ])('the token does not go to %s, and its challenges do not count', async (_, url) => {
    const { request, stepUp, api } = client(granting([]));
    expect((await request(url)).status).toBe(401);
    expect([api.tokens(), stepUp.mock.calls]).toEqual([[undefined], []]);
  });

  test('a request with an Authorization of its own', async () => {
    const { request, stepUp, api } = client(granting([]));
    await request(URL_OF_TRANSFERS, { headers: { Authorization: 'Bearer own' } });
    await request(new Request(URL_OF_TRANSFERS, { headers: { Authorization: 'Basic eA==' } }));
    expect([api.tokens(), stepUp.mock.calls]).toEqual([['own', 'eA=='], []]);
  });

  test.each([undefined, null, ''])('without a token (%j) it sends the request without', async (token) => {
    const { request, stepUp, api } = client(granting([]), { accessToken: () => token as undefined });
    expect((await request(URL_OF_TRANSFERS, { method: 'POST', body: 'x' })).status).toBe(401);
    expect(api.received.map(({ body, headers }) => [body, headers.has('authorization')])).toEqual([['x', false]]);
    expect(stepUp).not.toHaveBeenCalled();
  });
});

describe('stepUpFetch: when it is not to be', () => {
  test('stepUp gives nothing: the refusal is handed over, unread', async () => {
    const { request, api, types } = client(granting([]), {}, []);
    const response = await request(URL_OF_TRANSFERS);
    expect([response.status, await response.json(), api.tokens()]).toEqual([401, { refused: true }, ['t1']]);
    expect(types()).toEqual(['challenged', 'prompted', 'declined']);
  });

  test('stepUp rejects with an error of this library: so does the request, and the old token goes on working', async () => {
    const declined = Object.assign(new Error('declined'), { code: 'ERR_STEP_UP_DECLINED' });
    const { request, api } = client(
      ({ url }) => (url === URL_OF_TRANSFERS ? challenge('acr_values="mfa"') : new Response('balance')),
      { stepUp: () => Promise.reject(declined) },
    );
    await expect(request(URL_OF_TRANSFERS)).rejects.toBe(declined);
    expect(await (await request(`${API}/accounts`)).text()).toBe('balance');
    expect(api.tokens()).toEqual(['t1', 't1']);
  });

  test('C-52 stepUp never settles: the time limit ends it', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      const { request, types } = client(granting([]), { stepUp: () => new Promise(() => undefined), timeout: 60 });
      const refused = expect(request(URL_OF_TRANSFERS)).rejects.toMatchObject({ code: 'ERR_STEP_UP_TIMEOUT' });
      await settled();
      jest.advanceTimersByTime(59_999);
      await settled();
      expect(types()).toEqual(['challenged', 'prompted']);
      jest.advanceTimersByTime(1);
      await refused;
      expect(types()).toEqual(['challenged', 'prompted', 'failed']);
    } finally {
      jest.useRealTimers();
    }
  });

  test('no timer is left behind', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      const { request } = client(granting(['t2']));
      await request(URL_OF_TRANSFERS);
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  test('an aborted request stops waiting, the step-up goes on for the others', async () => {
    const stepUp = deferred<string | undefined>();
    const { request, api } = client(granting(['t2']), { stepUp: () => stepUp.promise });
    const controller = new AbortController();
    const aborted = request(URL_OF_TRANSFERS, { signal: controller.signal });
    const patient = request(URL_OF_TRANSFERS);
    await settled();
    const reason = new Error('left the page');
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    stepUp.resolve('t2');
    expect((await patient).status).toBe(200);
    expect(api.tokens()).toEqual(['t1', 't1', 't2']);
  });

  test('a request that the step-up itself aborts does not wait for it', async () => {
    const controller = new AbortController();
    const { request } = client(granting([]), {
      stepUp: () => {
        controller.abort();
        return new Promise(() => undefined);
      },
    });
    await expect(request(URL_OF_TRANSFERS, { signal: controller.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  test('a request that is aborted when its refusal arrives asks nobody', async () => {
    const controller = new AbortController();
    const { request, stepUp } = client(() => {
      controller.abort();
      return challenge('max_age=5');
    });
    await expect(request(URL_OF_TRANSFERS, { signal: controller.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(stepUp).not.toHaveBeenCalled();
  });
});

describe('stepUpFetch: loops', () => {
  const one = 'acr_values="mfa", max_age="60", scope="a"';

  test.each<[string, string, string]>([
    ['the same', one, one],
    ['fewer dimensions', one, 'acr_values="mfa"'],
    ['nothing in particular', one, ''],
    ['nothing in particular twice', '', ''],
    ['more values to choose from', one, 'acr_values="pwd mfa", max_age="60"'],
    ['a greater age', one, 'acr_values="mfa", max_age="61"'],
    ['the same values in another order', 'acr_values="a b"', 'acr_values="b a"'],
    ['another text', `${one}, realm="x"`, `${one}, realm="y", error_description="z"`],
  ])('C-58 %s again is a loop, and the user is asked once', async (_, first, second) => {
    const { request, stepUp, api, events } = client(({ token }) => challenge(token === 't1' ? first : second));
    const error = await request(URL_OF_TRANSFERS).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'StepUpLoop', code: 'ERR_STEP_UP_LOOP' });
    const [answered, again] = error.challenges as StepUpChallenge[];
    expect([answered, again]).toEqual(
      events.filter(({ type }) => type === 'challenged').map((event) => 'challenge' in event && event.challenge),
    );
    expect([stepUp.mock.calls.length, api.tokens()]).toEqual([1, ['t1', 't2']]);
  });

  test.each<[string, string, string]>([
    ['another acr: two-stage requirements', 'acr_values="mfa"', 'acr_values="phr"'],
    ['fewer values to choose from', 'acr_values="phr mfa"', 'acr_values="phr"'],
    ['a smaller age', 'max_age="60"', 'max_age="59"'],
    ['an age of zero', 'max_age="60"', 'max_age="0"'],
    ['an age besides', 'acr_values="mfa"', 'acr_values="mfa", max_age="60"'],
    ['an acr besides', 'max_age="60"', 'acr_values="mfa", max_age="60"'],
    ['a scope besides', 'acr_values="mfa"', 'acr_values="mfa", scope="a"'],
    ['another scope', 'acr_values="mfa", scope="a"', 'acr_values="mfa", scope="ab"'],
  ])('C-58 %s is asked for once more', async (_, first, second) => {
    const { request, stepUp, api } = client(({ token }) =>
      token === 't3' ? new Response('done') : challenge(token === 't1' ? first : second),
    );
    expect((await request(URL_OF_TRANSFERS)).status).toBe(200);
    expect(api.tokens()).toEqual(['t1', 't2', 't3']);
    expect(stepUp.mock.calls.map(([, { previous }]) => previous?.scheme)).toEqual([undefined, 'Bearer']);
  });

  test('challenges with thousands of values and scopes are compared in linear time', async () => {
    const list = (first: number) => Array.from({ length: 3_000 }, (_, index) => `v${first + index}`).join(' ');
    const split = jest.spyOn(String.prototype, 'split');
    const includes = jest.spyOn(Array.prototype, 'includes');
    const { request } = client(({ token }) =>
      challenge(`acr_values="${list(0)}", scope="${list(token === 't1' ? 1 : 0)}"`),
    );
    await request(URL_OF_TRANSFERS).catch(() => undefined);
    const calls = { split: split.mock.calls.length, includes: includes.mock.calls.length };
    split.mockRestore();
    includes.mockRestore();
    expect(calls.split).toBeLessThan(100);
    expect(calls.includes).toBeLessThan(100);
  });

  test('C-58 a third challenge ends it, however it differs', async () => {
    const asked = new Map([
      ['t1', 'acr_values="a"'],
      ['t2', 'acr_values="b"'],
      ['t3', 'acr_values="c"'],
    ]);
    const { request, stepUp, api } = client(({ token = '' }) => challenge(asked.get(token) ?? ''), {}, [
      't2',
      't3',
      't4',
    ]);
    await expect(request(URL_OF_TRANSFERS)).rejects.toMatchObject({
      code: 'ERR_STEP_UP_LOOP',
      challenges: [
        { scheme: 'Bearer', acrValues: ['b'] },
        { scheme: 'Bearer', acrValues: ['c'] },
      ],
    });
    expect([stepUp.mock.calls.length, api.tokens()]).toEqual([2, ['t1', 't2', 't3']]);
  });

  test('C-58 two challenges in turn end as well', async () => {
    const { request, stepUp } = client(({ token }) => challenge(token === 't2' ? 'acr_values="b"' : 'acr_values="a"'));
    await expect(request(URL_OF_TRANSFERS)).rejects.toMatchObject({ code: 'ERR_STEP_UP_LOOP' });
    expect(stepUp).toHaveBeenCalledTimes(2);
  });

  test('a step-up that gives the refused token back is not repeated for ever', async () => {
    const { request, stepUp, api } = client(granting([]), {}, ['t1', 't1', 't1']);
    await expect(request(URL_OF_TRANSFERS)).rejects.toMatchObject({ code: 'ERR_STEP_UP_LOOP' });
    expect([stepUp.mock.calls.length, api.tokens()]).toEqual([1, ['t1', 't1']]);
  });

  test('C-62 the next request may be asked anew', async () => {
    const { request, stepUp, api } = client(granting(['t2', 't3']));
    await request(URL_OF_TRANSFERS);
    await request(URL_OF_TRANSFERS);
    expect([stepUp.mock.calls.length, api.tokens()]).toEqual([2, ['t1', 't2', 't1', 't3']]);
  });
});

describe('stepUpFetch: events', () => {
  test('tell each step, without token, query or fragment', async () => {
    const { request, events } = client(granting(['t2']));
    await request(`${URL_OF_TRANSFERS}?access_token=t1#t1`, { method: 'DELETE' });
    const target = { method: 'DELETE', url: URL_OF_TRANSFERS };
    const asked = { scheme: 'Bearer', acrValues: ['mfa'] };
    expect(events).toEqual([
      { ...target, type: 'challenged', challenge: asked, status: 401 },
      { ...target, type: 'prompted', challenge: asked },
      { ...target, type: 'retried', challenge: asked },
      { ...target, type: 'answered', status: 200 },
    ]);
    expect(JSON.stringify(events)).not.toMatch(/t1|t2/);
  });

  test('tell the code of a failure', async () => {
    const { request, events } = client(granting([]));
    await expect(request(URL_OF_TRANSFERS)).rejects.toThrow();
    expect(events.at(-1)).toMatchObject({ type: 'failed', code: 'ERR_STEP_UP_LOOP' });
  });
});

describe('stepUpFetch: options', () => {
  const good: StepUpFetchOptions = { origins: [API], accessToken: () => 't1', stepUp: async () => undefined };
  const NOT_A_LIST = /^"origins" must be a list such as/;

  test.each<[string, object, RegExp]>([
    ['no origins', { origins: undefined }, NOT_A_LIST],
    ['an empty list', { origins: [] }, NOT_A_LIST],
    ['a string', { origins: API }, NOT_A_LIST],
    ['an origin with a path', { origins: [`${API}/v1`] }, NOT_A_LIST],
    ['an origin with a slash', { origins: [`${API}/`] }, NOT_A_LIST],
    ['an origin in another form', { origins: ['https://API.example:443'] }, NOT_A_LIST],
    ['a host', { origins: ['api.example'] }, NOT_A_LIST],
    ['a wildcard', { origins: ['*'] }, NOT_A_LIST],
    ['the origin of files', { origins: ['null'] }, NOT_A_LIST],
    ['no string', { origins: [1] }, NOT_A_LIST],
    ['plain HTTP', { origins: ['http://api.example'] }, /^"origins" must be https/],
    ['a host that begins like loopback', { origins: ['http://127.0.0.1.example'] }, /^"origins" must be https/],
    ['no accessToken', { accessToken: undefined }, /^"accessToken" must be a function$/],
    ['a token in place of the function', { accessToken: 't1' }, /^"accessToken" must be a function$/],
    ['no stepUp', { stepUp: undefined }, /^"stepUp" must be a function$/],
    ['a negative limit', { maxBodySize: -1 }, /^"maxBodySize" must be a number that is not negative$/],
    ['a text for a number', { promptsPerMinute: '5' }, /^"promptsPerMinute" must be a number that is not negative$/],
    ...['timeout', 'minMaxAge'].flatMap((name) =>
      // 86,401 is a second more than a day; a timer takes 2,147,484 seconds for no time at all
      [null, '5', Number.NaN, Number.POSITIVE_INFINITY, -1, 86_401, 2_147_484].map(
        (value): [string, object, RegExp] => [
          `${value} as ${name}`,
          { [name]: value },
          new RegExp(`^"${name}" must be a number of seconds up to 86400$`),
        ],
      ),
    ),
    ...['maxBodySize', 'promptsPerMinute'].flatMap((name) =>
      [null, '5', Number.NaN, Number.POSITIVE_INFINITY].map((value): [string, object, RegExp] => [
        `${value} as ${name}`,
        { [name]: value },
        new RegExp(`^"${name}" must be a number that is not negative$`),
      ]),
    ),
    ...['fetch', 'dpopProof', 'user', 'onEvent', 'onDeviation'].map((name): [string, object, RegExp] => [
      `null as ${name}`,
      { [name]: null },
      new RegExp(`^"${name}" must be a function$`),
    ]),
    [
      'a word for true, on the way to plain HTTP',
      { origins: ['http://api.example'], allowInsecureOrigins: 'false' },
      /^"origins" must be https/,
    ],
    ['null for a list', { allowedAcrValues: null }, /^"allowedAcrValues" must be a list of strings$/],
    ['a list of numbers', { allowedAcrValues: [2] }, /^"allowedAcrValues" must be a list of strings$/],
    ['a string for a list', { allowedAcrValues: 'mfa' }, /^"allowedAcrValues" must be a list of strings$/],
  ])('%s is refused', (_, wrong, message) => {
    expect(() => stepUpFetch({ ...good, ...wrong } as StepUpFetchOptions)).toThrow(message);
    expect(() => stepUpFetch({ ...good, ...wrong } as StepUpFetchOptions)).toThrow(TypeError);
  });

  test.each(['http://127.0.0.1:3000', 'http://localhost:3000', 'http://[::1]:3000'])(
    'loopback may be plain HTTP: %s',
    (origin) => {
      expect(stepUpFetch({ ...good, origins: [origin] })).toBeInstanceOf(Function);
    },
  );

  test('so may another one where the application says so', () => {
    const options = { ...good, origins: ['http://api.internal'], allowInsecureOrigins: true };
    expect(stepUpFetch(options)).toBeInstanceOf(Function);
  });

  test.each(['t 1', 't1\r\nx: y', 'tö', 'Bearer t1', { token: 't1' }, 1])(
    'a token that is none is not sent, and not shown in the error: %j',
    async (token) => {
      const { request, api } = client(granting([]), { accessToken: () => token as string });
      const error = await request(URL_OF_TRANSFERS).catch((thrown) => thrown);
      expect(error).toEqual(new TypeError('"accessToken" must return an access token as in RFC 6750'));
      expect(api.received).toEqual([]);
    },
  );

  test('nor is one that stepUp gives', async () => {
    const { request, api } = client(granting([]), {}, ['t2\n']);
    await expect(request(URL_OF_TRANSFERS)).rejects.toMatchObject({
      code: 'ERR_STEP_UP_FAILED',
      cause: new TypeError('"stepUp" must return an access token as in RFC 6750'),
    });
    expect(api.tokens()).toEqual(['t1']);
  });
});

describe('stepUpFetch: whose response it is', () => {
  const respondingFrom = (url: string | undefined) =>
    client(({ token }) => Object.defineProperty(granting(['t2'])({ token } as never), 'url', { value: url }), {
      redirect: 'follow',
    });

  test.each(['', undefined, '/transfers', 'https://elsewhere.example/'])(
    'after a redirect that may have been followed, a challenge from %j is not answered',
    async (url) => {
      const { request, stepUp, api } = respondingFrom(url);
      expect((await request(URL_OF_TRANSFERS)).status).toBe(401);
      expect(api.tokens()).toEqual(['t1']);
      expect(stepUp).not.toHaveBeenCalled();
    },
  );

  test('a challenge from the API is answered after a redirect as well', async () => {
    const { request, api } = respondingFrom(`${API}/final`);
    expect((await request(URL_OF_TRANSFERS)).status).toBe(200);
    expect(api.tokens()).toEqual(['t1', 't2']);
  });

  test('a nonce from an unknown origin is not used', async () => {
    const nonces: unknown[] = [];
    const { request } = client(() => new Response('done', { headers: { 'dpop-nonce': 'n' } }), {
      redirect: 'follow',
      dpopProof: ({ nonce }) => {
        nonces.push(nonce);
        return 'proof';
      },
    });
    await request(URL_OF_TRANSFERS);
    await request(URL_OF_TRANSFERS);
    expect(nonces).toEqual([undefined, undefined]);
  });
});
