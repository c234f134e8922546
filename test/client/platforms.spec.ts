import { type StepUpFetchOptions, stepUpFetch } from '../../lib/client/index.js';
import { API, client, deferred, granting, settled } from './fake-api.js';

const URL_OF_TRANSFERS = `${API}/transfers`;
const POST = { method: 'POST', body: '{"amount":5}', headers: { 'content-type': 'application/json' } };

/** Puts other classes in the place of global ones while something runs. */
async function withGlobals<T>(replaced: Record<string, unknown>, run: () => Promise<T>): Promise<T> {
  const globals = globalThis as unknown as Record<string, unknown>;
  const originals = Object.fromEntries(Object.keys(replaced).map((name) => [name, globals[name]]));
  Object.assign(globals, replaced);
  try {
    return await run();
  } finally {
    Object.assign(globals, originals);
  }
}

/** What React Native has: it knows no `canParse`, and adds a slash to an address. */
class OldURL {
  readonly #url: URL;

  constructor(given: string) {
    this.#url = new OldURL.#URL(given);
    if (!/[?#]|\/$/.test(given)) this.#url.pathname += '/';
  }

  static readonly #URL = URL;

  get href() {
    return this.#url.href;
  }
  get origin() {
    return this.#url.origin;
  }
  get protocol() {
    return this.#url.protocol;
  }
  get hostname() {
    return this.#url.hostname;
  }
  get pathname() {
    return this.#url.pathname;
  }
}

/** Signals that end, and say nothing more: no `reason`, no `throwIfAborted`. */
class OldController {
  readonly signal = Object.assign(new EventTarget(), { aborted: false });

  abort() {
    this.signal.aborted = true;
    this.signal.dispatchEvent(new Event('abort'));
  }
}

/** A `fetch` that does not look at signals, so that the client has to. */
const refusing = async () =>
  new Response('', { status: 401, headers: { 'www-authenticate': 'Bearer error="insufficient_user_authentication"' } });

class NotForFetch {
  constructor() {
    throw new TypeError('A class of another environment, which fetch does not know');
  }
}

describe('field CL-08 the classes of React Native', () => {
  test.each<[name: string, init: object]>([
    ['GET', {}],
    ['POST', POST],
  ])('a %s is stepped up for, at the address that was given', async (_, init) => {
    const { request, api, events } = client(granting(['t2']));
    await withGlobals({ URL: OldURL, AbortController: OldController }, async () => {
      expect((await request(URL_OF_TRANSFERS, init)).status).toBe(200);
    });
    expect(api.received.map(({ url, token }) => [url, token])).toEqual([
      [URL_OF_TRANSFERS, 't1'],
      [URL_OF_TRANSFERS, 't2'],
    ]);
    expect(events.map(({ type }) => type)).toEqual(['challenged', 'prompted', 'retried', 'answered']);
  });

  test('the client can be made there', async () => {
    await withGlobals({ URL: OldURL }, async () => {
      const options: StepUpFetchOptions = { origins: [API], accessToken: () => 't1', stepUp: async () => 't2' };
      expect(stepUpFetch(options)).toBeInstanceOf(Function);
      expect(() => stepUpFetch({ ...options, origins: ['api.example'] })).toThrow(/^"origins" must be a list such as/);
    });
  });

  test('a request that is aborted rejects with an AbortError, though its signal has no reason', async () => {
    const pending = deferred<string>();
    const controller = new OldController();
    const { request } = client(granting([]), { stepUp: () => pending.promise, fetch: refusing });
    const sent = request(URL_OF_TRANSFERS, { signal: controller.signal as unknown as AbortSignal });
    await settled();
    controller.abort();
    await expect(sent).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('one that is aborted already asks nobody', async () => {
    const controller = new OldController();
    const { request, stepUp } = client(granting([]), { fetch: refusing });
    controller.abort();
    const sent = request(URL_OF_TRANSFERS, { signal: controller.signal as unknown as AbortSignal });
    await expect(sent).rejects.toMatchObject({ name: 'AbortError' });
    expect(stepUp).not.toHaveBeenCalled();
  });
});

describe('field CL-09 the classes of a test environment', () => {
  test.each<[name: string, body: NonNullable<RequestInit['body']>]>([
    ['a string', 'amount=5'],
    ['bytes', new TextEncoder().encode('amount=5')],
    ['parameters', new URLSearchParams('amount=5')],
    ['a Blob', new Blob(['amount=5'])],
  ])('nothing is built of a global Blob, Request, FormData or URLSearchParams for %s', async (_, body) => {
    const bodies: unknown[] = [];
    const response = await withGlobals(
      { Blob: NotForFetch, Request: NotForFetch, FormData: NotForFetch, URLSearchParams: NotForFetch },
      () => {
        const { request } = client(granting([]), {
          fetch: async (_address, init) => {
            bodies.push(await new Response(init?.body).text());
            return bodies.length === 1
              ? new Response('', {
                  status: 401,
                  headers: { 'www-authenticate': 'Bearer error="insufficient_user_authentication"' },
                })
              : new Response('done');
          },
        });
        return request(URL_OF_TRANSFERS, { method: 'POST', body });
      },
    );
    expect([response.status, bodies]).toEqual([200, ['amount=5', 'amount=5']]);
  });
});

describe('field CL-10 another implementation of fetch', () => {
  test('is given an address and plain members', async () => {
    const calls: unknown[][] = [];
    const { request } = client(granting([]), {
      fetch: async (...given) => {
        calls.push(given);
        return new Response('done');
      },
    });
    await request(new URL(URL_OF_TRANSFERS), POST);
    const headers = { 'content-type': 'application/json', authorization: 'Bearer t1' };
    expect(calls).toEqual([[URL_OF_TRANSFERS, { method: 'POST', body: POST.body, headers, redirect: 'manual' }]]);
  });

  test('may have streams of Node in its responses', async () => {
    const destroy = jest.fn();
    const field = 'Bearer error="insufficient_user_authentication"';
    const responses = [
      { status: 401, url: URL_OF_TRANSFERS, headers: new Headers({ 'www-authenticate': field }), body: { destroy } },
      { status: 200, url: URL_OF_TRANSFERS, headers: new Headers(), body: { destroy } },
    ];
    const { request } = client(granting([]), { fetch: async () => responses.shift() as unknown as Response });
    expect((await request(URL_OF_TRANSFERS)).status).toBe(200);
    expect(destroy).toHaveBeenCalledTimes(1);
  });

  test('that is none, where there is no global one either, is refused when the client is made', async () => {
    await withGlobals({ fetch: undefined }, async () => {
      const options: StepUpFetchOptions = { origins: [API], accessToken: () => 't1', stepUp: async () => 't2' };
      expect(() => stepUpFetch(options)).toThrow(new TypeError('"fetch" must be a function'));
      expect(stepUpFetch({ ...options, fetch: async () => new Response() })).toBeInstanceOf(Function);
    });
  });
});

describe('field CL-11 a service worker', () => {
  test('passes the navigations of its page through', async () => {
    const navigation = Object.defineProperty(new Request(`${API}/page`), 'mode', { value: 'navigate' });
    const calls: unknown[][] = [];
    const { request, stepUp } = client(granting([]), {
      fetch: async (...given) => {
        calls.push(given);
        return new Response('page');
      },
    });
    expect(await (await request(navigation)).text()).toBe('page');
    expect(calls).toEqual([[navigation, undefined]]);
    expect(stepUp).not.toHaveBeenCalled();
  });
});
