/** Seconds after which a server that has not answered in full is given up. */
export const FETCH_TIMEOUT = 5;

/** Seconds for which a server that was asked is not asked again, whatever came of it. */
export const COOLDOWN = 10;

const MAX_BODY_BYTES = 1_048_576;

/**
 * Fetches a JSON object. Follows no redirect and reads no more than 1 MiB, whatever the server announces. The reasons it
 * throws for never quote what the server sent.
 *
 * @param signal bounds the whole exchange, body included
 * @throws Unreachable if no response comes, or not all of it in time
 * @throws UnusableResponse if a response comes that is not such a document
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

/** A response that came, but is of no use. The message completes a sentence about what was asked. */
export class UnusableResponse extends Error {}

/** No response, or none in time. The message completes a sentence: `"cannot be reached (ECONNREFUSED)"`. */
export class Unreachable extends Error {}

async function fetchBody(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { redirect: 'error', signal, headers: { accept: 'application/json' } });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new UnusableResponse(`is answered with status ${response.status}`);
  }
  return readBoundedBody(response, MAX_BODY_BYTES);
}

/**
 * Reads a body, but no more of it than is allowed.
 *
 * @throws UnusableResponse for a larger one
 */
export async function readBoundedBody(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new UnusableResponse(`is larger than ${maxBytes / 1024} KiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** fetch rejects with one message for everything; what happened is in the cause. */
export function describeFailure(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'was not read in time';
  if (isRedirect(error)) return 'is answered with a redirect, which is not followed';
  const { code } = ((error as Error).cause ?? {}) as { code?: unknown };
  return typeof code === 'string' ? `cannot be reached (${code})` : 'cannot be reached';
}

/** undici gives this failure no code: its text is all that tells. */
function isRedirect(error: unknown): boolean {
  const { message } = ((error as Error).cause ?? {}) as { message?: unknown };
  return message === 'unexpected redirect';
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
