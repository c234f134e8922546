import { readBoundedText } from './bounded-body.js';
import { RedirectRefused, type RequestNotReplayable } from './errors.js';

export type Fetch = typeof globalThis.fetch;
type Input = Parameters<Fetch>[0];
type Init = NonNullable<Parameters<Fetch>[1]>;

/** The Request among the parameters of a `fetch`, of whatever implementation. */
export function requestOf(input: Input): Request | undefined {
  return typeof input === 'object' && 'url' in input ? input : undefined;
}

/** The headers of a `fetch`, without consuming what it was given. */
export function headersOf(input: Input, init: Init | undefined): Headers {
  return new Headers(init?.headers ?? requestOf(input)?.headers);
}

/** One request that can be sent several times, with other headers each time. */
export interface ReplayableRequest {
  readonly method: string;
  readonly signal: AbortSignal | undefined;
  /** Why it can be sent only once. */
  readonly obstacle: RequestNotReplayable['reason'] | undefined;
  /**
   * Sends it with further headers.
   *
   * @throws RedirectRefused for a redirect that the request would follow and `follow` does not allow
   */
  send(fetch: Fetch, headers: Readonly<Record<string, string>>, follow: boolean): Promise<Response>;
}

/**
 * Takes a copy of what a `fetch` was given, so that what is sent again is what was sent before, whatever became of the
 * body object in the meantime. Builds nothing of a global class: a test environment may have put another in its place,
 * which `fetch` does not know. A stream is not copied, nor is the body of a Request above the limit, in bytes.
 */
export async function replayableRequest(
  input: Input,
  init: Init = {},
  href: string,
  limit: number,
): Promise<ReplayableRequest> {
  const request = requestOf(input);
  const method = init.method ?? request?.method ?? 'GET';
  const signal = init.signal ?? request?.signal ?? undefined;
  // plain members again, as implementations of `fetch` know none but their own class
  const given = Object.fromEntries(headersOf(input, init));
  const redirect = init.redirect ?? request?.redirect ?? 'follow';
  const attributes = { ...attributesOf(request), ...init, method, ...(signal && { signal }) };

  let obstacle: ReplayableRequest['obstacle'];
  const own = init.body ?? undefined;
  if (own !== undefined) {
    if (isStream(own)) obstacle = 'stream';
    else attributes.body = copyOf(own);
  } else if (request && request.body !== null && !/^(get|head)$/i.test(method)) {
    const text = await readBoundedText(request.clone(), limit);
    // a blob that the Request makes itself is of the class that its `fetch` takes
    const kept = text === undefined ? undefined : await request.clone().blob();
    if (!kept) obstacle = 'body_too_large';
    else if (kept.size > 0) attributes.body = kept;
  }

  return {
    method: method.toUpperCase(),
    signal,
    obstacle,
    async send(fetch: Fetch, added, follow) {
      const refuses = redirect === 'follow' && !follow;
      const response = await fetch(obstacle === 'body_too_large' ? input : href, {
        ...attributes,
        headers: { ...given, ...added },
        redirect: refuses ? 'manual' : redirect,
      });
      if (!refuses || !isRedirect(response)) return response;
      discard(response);
      throw new RedirectRefused();
    },
  };
}

const ATTRIBUTES = ['mode', 'credentials', 'cache', 'referrer', 'referrerPolicy', 'integrity', 'keepalive'] as const;

/** What an address does not carry of a Request. Older ones do not have it all. */
function attributesOf(request: Request | undefined): Init {
  const attributes = ATTRIBUTES.map((name) => [name, request?.[name]] as const);
  // what a request without a referrer says, and not every implementation of fetch accepts
  return Object.fromEntries(attributes.filter(([, value]) => value !== undefined && value !== 'about:client'));
}

/** Copies what can be changed until it is sent again: bytes, forms and parameters. */
function copyOf(body: NonNullable<Init['body']>): NonNullable<Init['body']> {
  if (typeof body !== 'object') return body;
  if ('byteLength' in body) {
    const { buffer = body, byteOffset, byteLength } = body as Partial<Uint8Array<ArrayBuffer>>;
    return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength).slice();
  }
  if (!('append' in body && 'forEach' in body)) return body;
  // of its own class, which is the one that its `fetch` takes
  const copy = new (body.constructor as new () => FormData)();
  (body as FormData).forEach((value, name) => {
    copy.append(name, value as string);
  });
  return copy;
}

function isStream(body: object | string): boolean {
  return typeof body === 'object' && ['getReader', 'pipe', Symbol.asyncIterator].some((member) => member in body);
}

/** Lets go of the connection of a response that will not be read. */
export function discard(response: Response | undefined): void {
  const body = response?.body;
  // streams of Node, which some implementations have, are destroyed
  const { cancel, destroy } = (body ?? {}) as { cancel?(): Promise<void>; destroy?(): void };
  if (cancel) cancel.call(body).catch(() => undefined);
  else destroy?.call(body);
}

function isRedirect({ type, status, headers }: Response): boolean {
  return type === 'opaqueredirect' || (status >= 300 && status < 400 && headers.has('location'));
}
