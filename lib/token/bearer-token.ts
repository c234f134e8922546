import { refuse } from './refuse.js';

/**
 * The members of a request in which its token, and the proof of the key of a token, are looked for. Requests of Express,
 * Fastify and Node fit.
 */
export interface IncomingRequest {
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly rawHeaders?: readonly string[];
  /** The Node request, on Fastify. */
  readonly raw?: { readonly rawHeaders?: readonly string[]; readonly socket?: object | null };
  readonly method?: string;
  readonly url?: string;
  /** The URL before the application or the framework has changed it. */
  readonly originalUrl?: string;
  readonly socket?: object | null;
  readonly body?: unknown;
}

/** The authentication scheme under which a token is sent. */
export type TokenScheme = 'Bearer' | 'DPoP';

/** A token, and the scheme under which it was sent. */
export interface PresentedToken {
  readonly scheme: TokenScheme;
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
  if (typeof authorization !== 'string' || isRepeated('authorization', request)) {
    refuse('authorization_header_repeated');
  }
  const credentials = credentialsIn(authorization);
  if (credentials !== undefined && isElsewhereToo(request)) refuse('access_token_repeated');
  return credentials;
}

/**
 * Returns the token in the value of an `Authorization` field. Returns `undefined` without a token: another scheme, or
 * nothing behind the scheme.
 *
 * @throws AccessTokenRefused `invalid_request` for credentials that are not exactly one token
 */
export function credentialsIn(authorization: string): PresentedToken | undefined {
  const space = authorization.indexOf(' ');
  if (space === -1) return undefined;
  const scheme = tokenScheme(authorization.slice(0, space));
  const token = authorization.slice(space).trim();
  if (scheme === undefined || token === '') return undefined;
  if (token.includes(' ') || token.includes(',')) {
    refuse('authorization_header_malformed');
  }
  return { scheme, token };
}

/** Returns the scheme of the `Authorization` header, whatever is behind it; `Bearer` without one. */
export function presentedScheme({ headers }: IncomingRequest): TokenScheme {
  const authorization = headers?.['authorization'];
  const [scheme = ''] = typeof authorization === 'string' ? authorization.split(' ', 1) : [];
  return tokenScheme(scheme) ?? 'Bearer';
}

function tokenScheme(scheme: string): PresentedToken['scheme'] | undefined {
  if (scheme === 'Bearer') return scheme;
  const name = scheme.toLowerCase();
  return name === 'bearer' ? 'Bearer' : name === 'dpop' ? 'DPoP' : undefined;
}

/**
 * Returns whether a request has several lines of a header. Node keeps the first of several Authorization headers and
 * joins others: only the raw list has them all.
 *
 * @param name in lower case
 */
export function isRepeated(name: string, { rawHeaders, raw }: IncomingRequest): boolean {
  const lines = rawHeaders ?? raw?.rawHeaders;
  if (lines === undefined) return false;
  let count = 0;
  for (let index = 0; index < lines.length; index += 2) {
    const line = lines[index] as string;
    if (line.length === name.length && line.toLowerCase() === name) count += 1;
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
