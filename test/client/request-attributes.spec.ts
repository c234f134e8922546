import { API, challenge, client } from './fake-api.js';

/** What the underlying `fetch` is called with. */
function sent(...parameters: Parameters<typeof fetch>) {
  const calls: [unknown, Record<string, unknown>][] = [];
  const { request } = client(() => new Response(), {
    fetch: async (input, init) => {
      calls.push([input, { ...init }]);
      return calls.length === 1 ? challenge('max_age=1') : new Response();
    },
  });
  return request(...parameters).then(() => calls);
}

const attributes = {
  mode: 'same-origin',
  credentials: 'include',
  cache: 'no-store',
  referrerPolicy: 'no-referrer',
  integrity: 'sha256-x',
  keepalive: true,
} as const;

describe('stepUpFetch: what the underlying fetch is told', () => {
  test('every attribute of a Request, each time', async () => {
    const calls = await sent(new Request(`${API}/a`, attributes));
    expect(calls).toHaveLength(2);
    for (const [address, init] of calls)
      expect([address, init]).toEqual([`${API}/a`, expect.objectContaining(attributes)]);
  });

  test('every member of the parameters, each time, those it does not know included', async () => {
    const extra = { ...attributes, dispatcher: undefined, next: { revalidate: 5 }, priority: 'high' };
    for (const [address, init] of await sent(`${API}/a`, extra)) {
      expect([address, init]).toEqual([
        `${API}/a`,
        expect.objectContaining({ ...attributes, next: { revalidate: 5 }, priority: 'high' }),
      ]);
    }
  });

  test('no referrer but one that was given', async () => {
    const [first] = await sent(`${API}/a`);
    expect(first?.[1]).not.toHaveProperty('referrer');
  });

  test('a signal that follows the one given', async () => {
    const controller = new AbortController();
    const [first, second] = await sent(new Request(`${API}/a`, { signal: controller.signal }));
    const signals = [first?.[1]['signal'], second?.[1]['signal']] as AbortSignal[];
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    controller.abort();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  test('browsers hide what a redirect says; it is refused all the same', async () => {
    const hidden = Object.defineProperties(new Response(), { type: { value: 'opaqueredirect' }, status: { value: 0 } });
    const { request } = client(() => hidden);
    await expect(request(`${API}/a`)).rejects.toMatchObject({ code: 'ERR_STEP_UP_REDIRECT' });
  });

  test('what is not for the API goes through as it is', async () => {
    const calls: unknown[][] = [];
    const { request } = client(() => new Response(), {
      fetch: async (...parameters) => {
        calls.push(parameters);
        return new Response();
      },
    });
    const input = new Request('https://other.example/', { method: 'POST', body: 'x' });
    const init = { headers: { a: 'b' } };
    await request(input, init);
    expect(calls).toEqual([[input, init]]);
    expect([calls[0]?.[0] === input, calls[0]?.[1] === init, input.bodyUsed]).toEqual([true, true, false]);
  });

  test('the global fetch is looked up when it is needed', async () => {
    const { request } = client(() => new Response(), { fetch: undefined as never });
    const original = globalThis.fetch;
    globalThis.fetch = async () => new Response('replaced');
    try {
      expect(await (await request(`${API}/a`)).text()).toBe('replaced');
    } finally {
      globalThis.fetch = original;
    }
  });
});
