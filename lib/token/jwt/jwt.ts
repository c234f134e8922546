import { isUtf8 } from 'node:buffer';
import type { Claims } from '../../core/index.js';
import { refuse } from '../refuse.js';

/** A JWT as it was sent: nothing in it is verified. */
export interface UnverifiedJwt {
  readonly header: Claims;
  readonly payload: Claims;
}

/** Longer tokens are refused unread; HTTP servers cut headers off at about this length anyway. */
const MAX_TOKEN_CHARACTERS = 16_384;
const BASE64URL = /^[A-Za-z0-9_-]+$/;

/**
 * Refuses, before any work is done on it, what is no text or too long. A handshake may carry either.
 *
 * @throws AccessTokenRefused `invalid_token`
 */
export function checkSize(token: unknown): asserts token is string {
  if (typeof token !== 'string') refuse('token_unreadable');
  if (token.length > MAX_TOKEN_CHARACTERS) refuse('token_too_long');
}

/**
 * Takes a JWT apart. Of members of the same name the last one counts.
 *
 * @throws AccessTokenRefused `invalid_token` for what is too long, has not three parts (an encrypted token has five), is
 * not base64url of UTF-8, or is no JSON object.
 * @see [RFC 7519 §7.2](https://www.rfc-editor.org/rfc/rfc7519.html#section-7.2)
 */
export function readJwt(token: string): UnverifiedJwt {
  checkSize(token);
  const [header, payload, signature, ...more] = token.split('.', 5);
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0) {
    refuse('jwt_malformed');
  }
  if (!isBase64Url(signature)) refuse('jwt_unsigned');
  return { header: readPart(header), payload: readPart(payload) };
}

/**
 * Returns whether a token is meant to be a JWT, so that it is verified as one or refused, but never asked about as opaque:
 * what the authorization server accepts in some loose spelling would pass none of the rules for JWTs. Several servers
 * overlook dots at the end, so three parts or more are enough.
 */
export function isJwt(token: string): boolean {
  const parts = token.split('.', 6);
  if (parts.length < 3) return false;
  const header = parts.find((part) => part !== '') ?? '';
  return Buffer.from(header, 'base64').toString().trimStart().startsWith('{');
}

function readPart(part: string): Record<string, unknown> {
  const value = isBase64Url(part) ? parse(Buffer.from(part, 'base64url')) : undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuse('jwt_unreadable');
  }
  return value as Record<string, unknown>;
}

/** No number of whole octets leaves a single character over. */
function isBase64Url(part: string): boolean {
  return part.length % 4 !== 1 && BASE64URL.test(part);
}

function parse(json: Buffer): unknown {
  try {
    return isUtf8(json) ? JSON.parse(json.toString()) : undefined;
  } catch {
    return undefined;
  }
}
