import { StepUpFailed, type StepUpFetchOptions } from '../../lib/client/index.js';
import { SingleFlight } from '../../lib/client/single-flight.js';
import { API, challenge, client, deferred, granting } from './fake-api.js';

describe('stepUpFetch: parallel requests', () => {
  test('C-64 five refused with the same token and requirement are one step-up', async () => {
    const { request, stepUp, api, types } = client(granting(['t2']));
    const responses = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((path) => request(`${API}/${path}`)));
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(stepUp).toHaveBeenCalledTimes(1);
    expect(api.tokens().sort()).toEqual(['t1', 't1', 't1', 't1', 't1', 't2', 't2', 't2', 't2', 't2']);
    expect(types().filter((type) => type === 'joined')).toHaveLength(4);
  });

  test('C-64 also one whose refusal arrives after the step-up is done', async () => {
    const slow = deferred<Response>();
    const { request, stepUp, api } = client((received) =>
      received.url.endsWith('/slow') && received.token === 't1' ? slow.promise : granting(['t2'])(received),
    );
    const late = request(`${API}/slow`);
    expect((await request(`${API}/quick`)).status).toBe(200);
    slow.resolve(challenge('acr_values="mfa"'));
    expect((await late).status).toBe(200);
    expect(stepUp).toHaveBeenCalledTimes(1);
    expect(api.tokens()).toEqual(['t1', 't1', 't2', 't2']);
  });

  test('C-61 but not one sent with the old token afterwards, while another is still on its way', async () => {
    const slow = deferred<Response>();
    const { request, stepUp } = client((received) =>
      received.url.endsWith('/slow') ? slow.promise : granting(['t2', 't3'])(received),
    );
    const late = request(`${API}/slow`);
    await request(`${API}/quick`);
    await request(`${API}/quick`);
    expect(stepUp).toHaveBeenCalledTimes(2);
    slow.resolve(new Response('done'));
    await late;
  });

  test('a refusal by the user holds for all that were waiting, and for none after', async () => {
    const slow = deferred<Response>();
    const { request, stepUp } = client(
      (received) => (received.url.endsWith('/slow') ? slow.promise : granting([])(received)),
      {},
      [],
    );
    const late = request(`${API}/slow`);
    const both = await Promise.all([request(`${API}/a`), request(`${API}/b`)]);
    expect(both.map(({ status }) => status)).toEqual([401, 401]);
    expect(stepUp).toHaveBeenCalledTimes(1);
    slow.resolve(challenge('acr_values="mfa"'));
    expect((await late).status).toBe(401);
    expect(stepUp).toHaveBeenCalledTimes(1);
    await request(`${API}/c`);
    expect(stepUp).toHaveBeenCalledTimes(2);
  });

  test('a step-up that rejects rejects them all, with the same error', async () => {
    const failure = new StepUpFailed(new Error('declined'));
    const { request, types } = client(granting([]), { stepUp: () => Promise.reject(failure) });
    const settledRequests = await Promise.allSettled([request(`${API}/a`), request(`${API}/b`)]);
    expect(settledRequests).toEqual([
      { status: 'rejected', reason: failure },
      { status: 'rejected', reason: failure },
    ]);
    expect(types().filter((type) => type === 'prompted')).toHaveLength(1);
  });

  test.each([
    ['another acr', 'acr_values="phr"'],
    ['another age', 'acr_values="mfa", max_age=1'],
    ['another scope', 'acr_values="mfa", scope="a"'],
  ])('%s is a step-up of its own', async (_, other) => {
    const { request, stepUp } = client(({ url, token }) =>
      token !== 't1' ? new Response('done') : challenge(url.endsWith('/other') ? other : 'acr_values="mfa"'),
    );
    await Promise.all([request(`${API}/a`), request(`${API}/other`)]);
    expect(stepUp).toHaveBeenCalledTimes(2);
  });
});

describe('stepUpFetch: memory', () => {
  test('a token is remembered only while a request with it is on its way', async () => {
    const flights = new SingleFlight();
    const [first, second, other] = [flights.attempt('t1'), flights.attempt('t1'), flights.attempt('t2')];
    await first.begin({ scheme: 'Bearer' }, async () => 't2').wait(undefined);
    first.end();
    other.end();
    expect(flights.tokens.size).toBe(1);
    second.end();
    expect(flights.tokens.size).toBe(0);
  });

  test.each<[string, Partial<StepUpFetchOptions>]>([
    ['answered', {}],
    ['declined', { stepUp: async () => undefined }],
    ['rejected', { stepUp: () => Promise.reject(new Error('declined')) }],
    ['stopped', { stepUp: async () => 't1' }],
    ['never sent', { fetch: () => Promise.reject(new Error('offline')) }],
  ])('every attempt of a request that was %s ends', async (_, options) => {
    const { attempt } = SingleFlight.prototype;
    const instances = new Set<SingleFlight>();
    const spy = jest.spyOn(SingleFlight.prototype, 'attempt').mockImplementation(function (this: SingleFlight, token) {
      instances.add(this);
      return attempt.call(this, token);
    });
    try {
      const { request } = client(granting(['t2']), options);
      await Promise.allSettled([request(`${API}/a`), request(`${API}/b`)]);
    } finally {
      spy.mockRestore();
    }
    expect([...instances].map(({ tokens }) => tokens.size)).toEqual([0]);
  });
});
