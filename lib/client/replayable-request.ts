import { readBoundedBody } from './bounded-body.js';
import { RedirectRefused } from './errors.js';

export type Fetch = typeof globalThis.fetch;
type Input = Parameters<Fetch>[0];
type Init = Parameters<Fetch>[1];

/** The address a `fetch` goes to, absolute, without consuming what it was given. */
export function addressOf(input: Input): URL {
  // a Request resolves a relative address as fetch does
  return new URL(isRequest(input) ? input.url : new Request(input).url);
}

/** The headers of a `fetch`, without consuming what it was given. */
export function headersOf(input: Input, init: Init): Headers {
  return new Headers(init?.headers ?? (isRequest(input) ? input.headers : undefined));
}

/** One request that can be sent several times, with other headers each time. */
export interface ReplayableRequest {
  readonly method: string;
  readonly signal: AbortSignal;
  /** Why it can be sent only once. */
  readonly obstacle: 'stream' | 'body_too_large' | undefined;
  /**
   * Sends it with further headers.
   *
   * @throws RedirectRefused for a redirect that the request would follow and `follow` does not allow
   */
  send(fetch: Fetch, headers: Readonly<Record<string, string>>, follow: boolean): Promise<Response>;
}

/**
 * Takes a copy of what a `fetch` was given, so that what is sent again is what was sent before, whatever became of the
 * body object in the meantime. A body above the limit, in bytes, and one given as a stream are not copied.
 */
export async function replayableRequest(input: Input, init: Init, limit: number): Promise<ReplayableRequest> {
  const request = new Request(input, init);
  const stream = isStream(init?.body);
  const bodiless = request.body === null || request.method === 'GET' || request.method === 'HEAD';
  const bytes = stream || bodiless ? undefined : await readBoundedBody(request.clone(), limit);
  const obstacle = stream ? 'stream' : bodiless || bytes !== undefined ? undefined : 'body_too_large';
  // not the bytes: Node 20 cannot send these again after a redirect
  const body = bytes !== undefined && bytes.length > 0 ? new Blob([bytes]) : undefined;

  return {
    method: request.method,
    signal: request.signal,
    obstacle,
    async send(fetch, added, follow) {
      const headers = new Headers(request.headers);
      for (const [name, value] of Object.entries(added)) headers.set(name, value);
      const refuses = request.redirect === 'follow' && !follow;
      const redirect = refuses ? 'manual' : request.redirect;
      const attributes = { ...attributesOf(request), headers, redirect };
      const response = await (obstacle !== undefined
        ? fetch(new Request(request, attributes))
        : // an address and plain members, not a Request: implementations of fetch know none but their own class
          fetch(request.url, {
            ...init,
            ...attributes,
            method: request.method,
            signal: request.signal,
            body: body ?? null,
          }));
      if (!refuses || !isRedirect(response)) return response;
      discard(response);
      throw new RedirectRefused();
    },
  };
}

/** What a request made from another one would forget, or an address does not carry. */
function attributesOf({ mode, credentials, cache, referrer, referrerPolicy, integrity, keepalive }: Request) {
  return {
    mode,
    credentials,
    cache,
    // what a request without a referrer says, and not every implementation of fetch accepts
    ...(referrer !== 'about:client' && { referrer }),
    referrerPolicy,
    integrity,
    keepalive,
  };
}

/** Lets go of the connection of a response that will not be read. */
export function discard(response: Response): void {
  response.body?.cancel().catch(() => undefined);
}

function isRedirect({ type, status, headers }: Response): boolean {
  return type === 'opaqueredirect' || (status >= 300 && status < 400 && headers.has('location'));
}

function isRequest(input: Input): input is Request {
  return typeof input === 'object' && 'url' in input;
}

function isStream(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'getReader' in body;
}
