import { AccessTokenRefused } from './errors.js';

/** A JWT as it was sent: nothing in it is verified. */
export interface UnverifiedJwt {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Longer tokens are refused unread; HTTP servers cut headers off at about this length anyway. */
const MAX_LENGTH = 16_384;
const BASE64URL = /^[A-Za-z0-9_-]+$/;

/**
 * Takes a JWT apart.
 *
 * @throws AccessTokenRefused `invalid_token` for what is too long, has not three parts (an encrypted token has five), is
 * not base64url, or is no JSON object.
 * @see [RFC 7519 §7.2](https://www.rfc-editor.org/rfc/rfc7519.html#section-7.2)
 */
export function readJwt(token: string): UnverifiedJwt {
  if (token.length > MAX_LENGTH) throw new AccessTokenRefused('invalid_token', 'The access token is too long');
  const [header, payload, signature, ...more] = token.split('.', 5);
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0) {
    throw new AccessTokenRefused('invalid_token', 'The access token is not a signed JWT');
  }
  if (!BASE64URL.test(signature)) throw new AccessTokenRefused('invalid_token', 'The access token is not signed');
  return { header: readPart(header), payload: readPart(payload) };
}

function readPart(part: string): Record<string, unknown> {
  const value = BASE64URL.test(part) ? parse(Buffer.from(part, 'base64url').toString()) : undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AccessTokenRefused('invalid_token', 'The access token is not a readable JWT');
  }
  return value as Record<string, unknown>;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
