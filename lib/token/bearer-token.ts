import { refuse } from './refuse.js';

/** The members of a request in which its token is looked for. Requests of Express, Fastify and Node fit. */
export interface IncomingRequest {
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly rawHeaders?: readonly string[];
  /** The Node request, on Fastify. */
  readonly raw?: { readonly rawHeaders?: readonly string[] };
  readonly url?: string;
  readonly body?: unknown;
}

interface PresentedToken {
  readonly scheme: 'Bearer' | 'DPoP';
  readonly token: string;
}

/**
 * Returns the access token in the `Authorization` header of a request. Does not accept a token in query or body.
 * Returns `undefined` without a token: no header, another scheme, or nothing behind the scheme.
 *
 * @throws AccessTokenRefused `invalid_request` for several Authorization headers, for credentials that are not exactly
 * one token, and for a second token in query or form
 * @see [RFC 6750 §2](https://www.rfc-editor.org/rfc/rfc6750.html#section-2)
 */
export function presentedToken(request: IncomingRequest): PresentedToken | undefined {
  const authorization = request.headers?.['authorization'];
  if (authorization === undefined) return undefined;
  if (typeof authorization !== 'string' || isRepeated(request.rawHeaders ?? request.raw?.rawHeaders)) {
    refuse('authorization_header_repeated');
  }
  const space = authorization.indexOf(' ');
  const scheme = tokenScheme(space === -1 ? authorization : authorization.slice(0, space));
  const token = space === -1 ? '' : authorization.slice(space).trim();
  if (scheme === undefined || token === '') return undefined;
  if (token.includes(' ') || token.includes(',')) {
    refuse('authorization_header_malformed');
  }
  if (isElsewhereToo(request)) {
    refuse('access_token_repeated');
  }
  return { scheme, token };
}

function tokenScheme(scheme: string): PresentedToken['scheme'] | undefined {
  if (scheme === 'Bearer') return scheme;
  const name = scheme.toLowerCase();
  return name === 'bearer' ? 'Bearer' : name === 'dpop' ? 'DPoP' : undefined;
}

// Node silently keeps the first of several Authorization headers: only the raw list has them all.
function isRepeated(rawHeaders: readonly string[] | undefined): boolean {
  if (rawHeaders === undefined) return false;
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 13 && name.toLowerCase() === 'authorization') count += 1;
  }
  return count > 1;
}

function isElsewhereToo({ url, body, headers }: IncomingRequest): boolean {
  const query = url === undefined ? -1 : url.indexOf('?');
  if (query >= 0 && new URLSearchParams((url as string).slice(query)).has('access_token')) return true;
  const type = headers?.['content-type'];
  return (
    typeof type === 'string' &&
    type.toLowerCase().startsWith('application/x-www-form-urlencoded') &&
    typeof body === 'object' &&
    body !== null &&
    Object.hasOwn(body, 'access_token')
  );
}
