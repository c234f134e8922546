import { isUtf8 } from 'node:buffer';
import type { Claims } from '../../core/index.js';
import { refuse } from '../refuse.js';

/** The parts of a JWT. Nothing in it is verified. */
export interface UnverifiedJwt {
  readonly header: Claims;
  readonly payload: Claims;
  /** Header and payload as they were sent: what the signature covers. ASCII. */
  readonly signingInput: string;
  /** As it was sent, in base64url. */
  readonly signature: string;
}

/** Longer tokens are refused unread. HTTP servers limit headers to about this length too. */
const MAX_TOKEN_CHARACTERS = 16_384;
const BASE64URL = /^[A-Za-z0-9_-]+$/;

/**
 * Checks that a token is a string of at most 16,384 characters, before it costs any work. A handshake may carry
 * anything.
 *
 * @throws AccessTokenRefused `invalid_token` if it is not
 */
export function checkSize(token: unknown): asserts token is string {
  if (typeof token !== 'string') refuse('token_unreadable');
  if (token.length > MAX_TOKEN_CHARACTERS) refuse('token_too_long');
}

/**
 * Decodes a JWT. Does not verify it. Of members with the same name the last one counts.
 *
 * @throws AccessTokenRefused `invalid_token` if it is too long, has other than three parts (an encrypted token has
 * five), or a part is not base64url of a JSON object in UTF-8
 * @see [RFC 7519 §7.2](https://www.rfc-editor.org/rfc/rfc7519.html#section-7.2)
 */
export function readJwt(token: string): UnverifiedJwt {
  checkSize(token);
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  if (first < 0 || second < 0 || token.indexOf('.', second + 1) >= 0) refuse('jwt_malformed');
  const signature = token.slice(second + 1);
  if (!isBase64Url(signature)) refuse('jwt_unsigned');
  return {
    header: readPart(token.slice(0, first)),
    payload: readPart(token.slice(first + 1, second)),
    signingInput: token.slice(0, second),
    signature,
  };
}

/**
 * Returns whether a token looks like a JWT. Such a token is never introspected as opaque: a server that accepts a loose
 * spelling of it would bypass the rules for JWTs. Several servers ignore dots at the end, so that more than three parts
 * count.
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

/** Returns whether a part is base64url. No number of whole octets leaves a remainder of one character. */
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
