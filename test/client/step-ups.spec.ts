import {
  type StepUpAttempt,
  type StepUpChallenge,
  type StepUpFetchEvent,
  type StepUpRequest,
  type StepUpsOptions,
  stepUps,
} from '../../lib/client/index.js';
import { API, deferred, settled } from './fake-api.js';

const MFA: StepUpChallenge = { scheme: 'Bearer', acrValues: ['mfa'] };
const target = { method: 'POST', url: `${API}/transfers` };
/** What a library throws for a refusal. */
const refused = (acr = 'mfa') => ({
  response: {
    status: 401,
    headers: { 'www-authenticate': `Bearer error="insufficient_user_authentication", acr_values="${acr}"` },
  },
});

/** A core whose session keeps what `stepUp` gives: `t2`, `t3` and so on. */
function client(options: Partial<StepUpsOptions> = {}) {
  const session = { accessToken: 't1' };
  const requests: StepUpRequest[] = [];
  const events: StepUpFetchEvent[] = [];
  const renew = async () => {
    session.accessToken = `t${Number(session.accessToken.slice(1)) + 1}`;
    return session.accessToken;
  };
  const stepUp = jest.fn<ReturnType<StepUpsOptions['stepUp']>, Parameters<StepUpsOptions['stepUp']>>(renew);
  const core = stepUps({
    origins: [API],
    accessToken: () => session.accessToken,
    onEvent: (event) => events.push(event),
    stepUp: (challenge, context) => {
      requests.push(context);
      return stepUp(challenge, context);
    },
    ...options,
  });
  return { core, session, stepUp, requests, events, renew };
}

/** Sends as a library does that rejects what is refused: `t1` is, or what is listed. */
function sender(refusing: readonly string[] = ['t1']) {
  return jest.fn(async ({ token }: StepUpAttempt) => {
    if (refusing.includes(token)) throw refused();
    return `done with ${token}`;
  });
}

describe('stepUps: exchange', () => {
  test('a request that is rejected with a challenge is sent again with the new token', async () => {
    const { core, stepUp, events } = client();
    const send = sender();
    expect(await core.exchange(send, { target })).toBe('done with t2');
    expect(send.mock.calls).toEqual([[{ token: 't1', number: 1 }], [{ token: 't2', number: 2 }]]);
    expect(stepUp.mock.calls).toEqual([
      [MFA, { ...target, challengedAt: expect.any(Number), accessToken: 't1', signal: expect.any(AbortSignal) }],
    ]);
    expect(events).toEqual([
      { ...target, type: 'challenged', challenge: MFA },
      { ...target, type: 'prompted', challenge: MFA },
      { ...target, type: 'retried', challenge: MFA },
      { ...target, type: 'answered' },
    ]);
  });

  test('so is one that resolves with a challenge', async () => {
    const { core, events } = client();
    const send = async ({ token }: StepUpAttempt) => (token === 't1' ? refused().response : { status: 200 });
    expect(await core.exchange(send, { target })).toEqual({ status: 200 });
    expect(events.map((event) => 'status' in event && event.status)).toEqual([401, false, false, 200]);
  });

  test('any number of requests at once ask once', async () => {
    const { core, stepUp } = client();
    const results = await Promise.all(Array.from({ length: 20 }, () => core.exchange(sender(), { target })));
    expect(new Set(results)).toEqual(new Set(['done with t2']));
    expect(stepUp).toHaveBeenCalledTimes(1);
  });

  test('its members need no instance', async () => {
    const { exchange, answer, reset } = client().core;
    expect(await exchange(sender(), { target })).toBe('done with t2');
    expect(await answer(MFA, { token: 't0', target })).toBe('t2');
    expect(reset()).toBeUndefined();
  });

  test.each<[name: string, thrown: unknown]>([
    ['another error', new Error('offline')],
    ['nothing', undefined],
    ['a string', 'offline'],
    ['a refusal for another reason', { response: { status: 401, headers: { 'www-authenticate': 'Bearer' } } }],
  ])('what send rejects with is passed on as it is: %s', async (_, thrown) => {
    const { core, stepUp } = client();
    const outcome = core.exchange(() => Promise.reject(thrown), { target });
    expect(await outcome.catch((error) => ({ error }))).toEqual({ error: thrown });
    expect(stepUp).not.toHaveBeenCalled();
  });

  test('a send that throws at once is one that rejects', async () => {
    const { core } = client();
    const send = jest.fn(({ token }: StepUpAttempt) => {
      if (token === 't1') throw refused();
      return Promise.resolve(token);
    });
    expect(await core.exchange(send, { target })).toBe('t2');
  });

  test('if stepUp gives nothing, the caller gets what send came to', async () => {
    const { core } = client({ stepUp: async () => undefined });
    await expect(core.exchange(sender(), { target })).rejects.toEqual(refused());
  });

  test('a second stage is stepped up for, a third is a loop', async () => {
    const { core, stepUp } = client();
    const send = ({ token }: StepUpAttempt) => Promise.reject(refused(`acr-for-${token}`));
    await expect(core.exchange(send, { target })).rejects.toMatchObject({ code: 'ERR_STEP_UP_LOOP' });
    expect(stepUp).toHaveBeenCalledTimes(2);
  });

  test('a request that is not repeatable is not sent again, and nobody is asked', async () => {
    const { core, stepUp } = client();
    const send = sender();
    await expect(core.exchange(send, { target, repeatable: false })).rejects.toMatchObject({
      code: 'ERR_STEP_UP_NOT_REPLAYABLE',
      reason: 'not_repeatable',
      challenge: MFA,
    });
    expect([send.mock.calls.length, stepUp.mock.calls]).toEqual([1, []]);
  });

  test('an application may look for the challenge itself', async () => {
    const { core } = client();
    const challengeOf = ({ value }: { value?: number | undefined }) => (value === 1 ? MFA : undefined);
    expect(await core.exchange(async ({ number }) => number, { target, challengeOf })).toBe(2);
  });

  test.each<[name: string, options: Partial<StepUpsOptions>, url: string]>([
    ['nobody is signed in', { accessToken: () => undefined }, `${API}/transfers`],
    ['the target is of another origin', {}, 'https://api.example.evil.example/'],
    ['the target is of another scheme', {}, 'http://api.example/'],
  ])('the token is empty and no challenge counts if %s', async (_, options, url) => {
    const { core, stepUp } = client(options);
    const send = sender(['']);
    await expect(core.exchange(send, { target: { method: 'GET', url } })).rejects.toEqual(refused());
    expect([send.mock.calls, stepUp.mock.calls]).toEqual([[[{ token: '', number: 1 }]], []]);
  });

  test('a target that is no address is an error before anything is sent', async () => {
    const { core } = client();
    const send = sender();
    await expect(core.exchange(send, { target: { method: 'GET', url: 'https://' } })).rejects.toMatchObject({
      name: 'TypeError',
    });
    expect(send).not.toHaveBeenCalled();
  });

  test('a request that is aborted while others wait leaves at once', async () => {
    const pending = deferred<string>();
    const { core } = client({ stepUp: () => pending.promise });
    const controller = new AbortController();
    const left = core.exchange(sender(), { target, signal: controller.signal });
    const patient = core.exchange(sender(), { target });
    await settled();
    const reason = new Error('left');
    controller.abort(reason);
    await expect(left).rejects.toBe(reason);
    pending.resolve('t2');
    expect(await patient).toBe('done with t2');
  });
});

describe('stepUps: GraphQL', () => {
  const extensions = { error: 'insufficient_user_authentication', acr_values: 'mfa' };
  const error = (...path: string[]) => ({ message: 'A different authentication is required', path, extensions });
  const combined = (data: object | null, errors: object[]) => ({ data, error: { graphQLErrors: errors } });

  test.each<[name: string, result: object, repeated: boolean]>([
    ['data is null', { data: null, errors: [error('pay')] }, true],
    ['the only field was refused', { data: { pay: null }, errors: [error('pay')] }, true],
    ['all fields were refused', { data: { a: null, b: null }, errors: [error('a'), error('b')] }, true],
    ['another field was performed', { data: { a: 1, b: null }, errors: [error('b')] }, false],
    ['another field returned null', { data: { a: null, b: null }, errors: [error('b')] }, false],
    ['urql: another field was performed', combined({ a: 1, b: null }, [error('b')]), false],
    ['urql: all fields were refused', combined({ b: null }, [error('b')]), true],
    [
      'axios: another field was performed',
      { status: 200, data: { data: { a: 1, b: null }, errors: [error('b')] } },
      false,
    ],
    [
      'graphql-request: another field was performed',
      { response: { status: 200, data: { a: 1, b: null }, errors: [error('b')] } },
      false,
    ],
    ['a field below was refused', { data: { a: { b: null } }, errors: [error('a', 'b')] }, true],
  ])('an operation is sent again only if nothing of it was performed: %s', async (_, result, repeated) => {
    const { core } = client();
    const send = jest.fn(async ({ number }: StepUpAttempt): Promise<object> => (number === 1 ? result : { data: {} }));
    expect(await core.exchange(send, { target })).toBe(repeated ? await send.mock.results[1]?.value : result);
    expect(send).toHaveBeenCalledTimes(repeated ? 2 : 1);
  });
});

describe('stepUps: answer', () => {
  test.each(['https://api.example/socket', 'wss://api.example/socket'])(
    'a challenge that came over %s gives the token to go on with',
    async (url) => {
      const { core, requests } = client();
      expect(await core.answer(MFA, { token: 't1', target: { method: 'pay', url } })).toBe('t2');
      expect(requests).toEqual([expect.objectContaining({ method: 'pay', accessToken: 't1' })]);
    },
  );

  test('it joins the step-up that a request has begun', async () => {
    const pending = deferred<string>();
    const { core, requests } = client({ stepUp: () => pending.promise });
    const request = core.exchange(sender(), { target });
    await settled();
    const answers = [MFA, MFA].map((challenge) => core.answer(challenge, { token: 't1', target }));
    pending.resolve('t2');
    expect([await request, ...(await Promise.all(answers))]).toEqual(['done with t2', 't2', 't2']);
    expect(requests).toHaveLength(0);
  });

  test('it gives the token of the session if that is another by now, and asks nobody', async () => {
    const { core, session, stepUp } = client();
    session.accessToken = 't7';
    expect(await core.answer(MFA, { token: 't1', target })).toBe('t7');
    expect(stepUp).not.toHaveBeenCalled();
  });

  test('a token that was got for the very challenge is a loop', async () => {
    const { core, stepUp } = client();
    await core.answer(MFA, { token: 't1', target });
    await expect(core.answer(MFA, { token: 't2', target })).rejects.toMatchObject({ code: 'ERR_STEP_UP_LOOP' });
    expect(stepUp).toHaveBeenCalledTimes(1);
  });

  test('it gives nothing if stepUp does not', async () => {
    const { core } = client({ stepUp: async () => undefined });
    expect(await core.answer(MFA, { token: 't1', target })).toBeUndefined();
  });

  test('a challenge from elsewhere is a TypeError', async () => {
    const { core } = client();
    const elsewhere = core.answer(MFA, { token: 't1', target: { method: 'pay', url: 'wss://evil.example' } });
    await expect(elsewhere).rejects.toThrow(/^"target" is not of "origins"/);
  });
});

describe('stepUps: reset', () => {
  test('ends what is under way with a coded error, and the next click works', async () => {
    const { core, stepUp, requests, renew } = client();
    stepUp.mockImplementation(() => new Promise(() => undefined));
    const outcomes = Promise.allSettled([
      core.exchange(sender(), { target }),
      core.answer(MFA, { token: 't1', target }),
    ]);
    await settled();
    core.reset();
    expect(await outcomes).toEqual([
      { status: 'rejected', reason: expect.objectContaining({ code: 'ERR_STEP_UP_ABANDONED' }) },
      { status: 'rejected', reason: expect.objectContaining({ code: 'ERR_STEP_UP_ABANDONED' }) },
    ]);
    expect(requests.map(({ signal }) => signal.aborted)).toEqual([true]);
    stepUp.mockImplementation(renew);
    expect(await core.exchange(sender(), { target })).toBe('done with t2');
  });

  test('a request that was sent before, and is refused after, asks again', async () => {
    const slow = deferred<void>();
    const { core, stepUp, renew } = client();
    stepUp.mockImplementationOnce(() => new Promise(() => undefined)).mockImplementation(renew);
    const send = sender();
    const quick = core.exchange(sender(), { target }).catch(({ code }) => code);
    const sendSlowly = async (attempt: StepUpAttempt) => {
      if (attempt.number === 1) await slow.promise;
      return send(attempt);
    };
    const late = core.exchange(sendSlowly, { target });
    await settled();
    core.reset();
    slow.resolve();
    expect([await quick, await late]).toEqual(['ERR_STEP_UP_ABANDONED', 'done with t2']);
  });

  test('forgets what tokens were got for', async () => {
    const { core, stepUp } = client();
    const send = sender(['t1', 't2', 't3']);
    await expect(core.exchange(send, { target })).rejects.toMatchObject({ code: 'ERR_STEP_UP_LOOP' });
    core.reset();
    await expect(core.exchange(send, { target })).rejects.toMatchObject({ code: 'ERR_STEP_UP_LOOP' });
    expect(stepUp).toHaveBeenCalledTimes(2);
  });

  test('what a step-up that was given up gives in the end is not used', async () => {
    const pending = deferred<string>();
    const { core, stepUp, renew } = client();
    stepUp.mockImplementationOnce(() => pending.promise);
    const left = core.exchange(sender(), { target }).catch(({ code }) => code);
    await settled();
    core.reset();
    pending.resolve('late');
    expect(await left).toBe('ERR_STEP_UP_ABANDONED');
    stepUp.mockImplementation(renew);
    expect(await core.exchange(sender(), { target })).toBe('done with t2');
  });
});

describe('stepUps: options', () => {
  const good: StepUpsOptions = { origins: [API], accessToken: () => 't1', stepUp: async () => undefined };

  test.each<[name: string, wrong: object, message: RegExp]>([
    ['no origins', { origins: [] }, /^"origins" must be a list such as/],
    ['plain HTTP', { origins: ['http://api.example'] }, /^"origins" must be https/],
    ['no accessToken', { accessToken: undefined }, /^"accessToken" must be a function$/],
    ['no stepUp', { stepUp: undefined }, /^"stepUp" must be a function$/],
    ['null for a limit', { timeout: null }, /^"timeout" must be a number of seconds up to 86400$/],
    ['milliseconds', { timeout: 600_000 }, /^"timeout" must be a number of seconds up to 86400$/],
  ])('%s is refused when it is made', (_, wrong, message) => {
    expect(() => stepUps({ ...good, ...wrong } as StepUpsOptions)).toThrow(message);
  });
});
