/** Timeout of a request and its response, in seconds. */
export const FETCH_TIMEOUT = 5;

/** Seconds after a request during which the same server is not asked again, whatever the outcome. */
export const COOLDOWN = 10;

const MAX_BODY_BYTES = 1_048_576;

/** Servers send JSON under several media types, and some refuse a request that names another one. */
const ACCEPT = 'application/json, application/jwk-set+json, */*;q=0.1';

/**
 * Documents are fetched minutes apart. A server may close a connection that was kept for so long at the moment in which
 * it is used again: that would look like an outage.
 */
const HEADERS = { accept: ACCEPT, connection: 'close' };

/**
 * Fetches a JSON object. Follows no redirect. Reads at most 1 MiB, whatever `Content-Length` says. Its error messages
 * never quote the response.
 *
 * @param signal aborts the request and the reading of the body
 * @throws Unreachable if no complete response comes in time
 * @throws UnusableResponse if the response is not a JSON object with status 200
 */
export async function fetchJson(url: string, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
  const body = await fetchBody(url, signal).catch((cause: unknown) => {
    if (cause instanceof UnusableResponse) throw cause;
    const Failure = isRedirect(cause) && !signal.aborted ? UnusableResponse : Unreachable;
    throw new Failure(describeFailure(cause, signal), { cause });
  });
  const value = parse(body);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UnusableResponse('is not a JSON object');
  }
  return value as Record<string, unknown>;
}

/** Reports a response that cannot be used. The message is the predicate of a sentence: `is not a JSON object`. */
export class UnusableResponse extends Error {}

/**
 * Reports that no complete response came. The message is the predicate of a sentence: `cannot be reached
 * (ECONNREFUSED)`.
 */
export class Unreachable extends Error {}

async function fetchBody(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { redirect: 'error', signal, headers: HEADERS });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new UnusableResponse(`is answered with status ${response.status}`);
  }
  return readBoundedBody(response, MAX_BODY_BYTES);
}

/**
 * Reads the body of a response. Leaves out a byte order mark, which is no JSON.
 *
 * @throws UnusableResponse for more than `maxBytes`
 */
export async function readBoundedBody(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new UnusableResponse(`is larger than ${maxBytes / 1024} KiB`);
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** Describes why `fetch` has failed. Its message is always the same: the reason is in the cause. */
export function describeFailure(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'was not read in time';
  if (isRedirect(error)) return 'is answered with a redirect, which is not followed';
  const { code } = causeOf(error);
  return typeof code === 'string' ? `cannot be reached (${code})` : 'cannot be reached';
}

const CLOSED: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/**
 * Returns whether `fetch` has failed because the connection was closed before a response came, as happens to one that was
 * kept open since an earlier request.
 *
 * @see [RFC 9112 §9.3.1](https://www.rfc-editor.org/rfc/rfc9112.html#section-9.3.1)
 */
export function isClosedConnection(error: unknown): boolean {
  return CLOSED.has(causeOf(error).code);
}

/** undici gives this failure no code: only its message identifies it. */
function isRedirect(error: unknown): boolean {
  return causeOf(error).message === 'unexpected redirect';
}

/** What has made `fetch` fail. */
function causeOf(error: unknown): { readonly code?: unknown; readonly message?: unknown } {
  return (error as Error).cause ?? {};
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
