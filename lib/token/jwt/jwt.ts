import { isUtf8 } from 'node:buffer';
import type { Claims } from '../../core/index.js';
import { refuse } from '../refuse.js';
import { decodeBase64Url } from './base64url.js';

/** The parts of a JWT. Nothing in it is verified. */
export interface UnverifiedJwt {
  readonly header: Claims;
  readonly payload: Claims;
  /** Number of characters of the header as it was sent. */
  readonly headerCharacters: number;
  /** Header and payload as they were sent: what the signature covers. ASCII. */
  readonly signingInput: string;
  readonly signature: Buffer;
}

/** Longer tokens are refused unread. HTTP servers limit headers to about this length too. */
const MAX_TOKEN_CHARACTERS = 16_384;
const BASE64URL = /^[A-Za-z0-9_-]+$/;
/** What a decoder of UTF-8 puts in the place of octets that are none. A text may also have it of its own. */
const REPLACEMENT = '\ufffd';

/**
 * Checks that a token is a string of at most 16,384 characters, before it costs any work, and no header with its scheme. A
 * handshake may carry anything.
 *
 * @throws AccessTokenRefused `invalid_token` if it is not
 */
export function checkSize(token: unknown): asserts token is string {
  if (typeof token !== 'string') refuse('token_unreadable');
  if (token.length > MAX_TOKEN_CHARACTERS) refuse('token_too_long');
  if (SCHEME.test(token)) refuse('scheme_before_token');
}

const SCHEME = /^(?:Bearer|DPoP) /i;

/** Finds the header of a token among those that were decoded before. */
export interface KnownHeaders {
  /** @param characters length of the header as it was sent */
  find(token: string, characters: number): Claims | undefined;
}

/**
 * Decodes a JWT. Does not verify it. Of members with the same name the last one counts.
 *
 * @param known finds headers that were decoded before. Default is none.
 * @throws AccessTokenRefused `invalid_token` if it is too long, has other than three parts (an encrypted token has
 * five), or a part is not base64url of a JSON object in UTF-8
 * @see [RFC 7519 §7.2](https://www.rfc-editor.org/rfc/rfc7519.html#section-7.2)
 */
export function readJwt(token: string, known?: KnownHeaders): UnverifiedJwt {
  checkSize(token);
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  // As many octets as characters: all of them are ASCII.
  if (second < 0 || sent.write(token) !== token.length) refuseParts(token);
  const signature = decodedCopy(second + 1, token.length) ?? refuseParts(token);
  const header = known?.find(token, first) ?? readPart(token, 0, first);
  return {
    header,
    payload: readPart(token, first + 1, second),
    headerCharacters: first,
    signingInput: token.slice(0, second),
    signature,
  };
}

/**
 * The octets of the token that is being read, and those of its part. Shared by all tokens, as nothing waits while they are
 * in use. A character has three octets in UTF-8 at most.
 */
const sent = Buffer.alloc(MAX_TOKEN_CHARACTERS * 3);
const decoded = Buffer.alloc((MAX_TOKEN_CHARACTERS / 4) * 3);

function decodedCopy(begin: number, end: number): Buffer | undefined {
  const octets = Buffer.allocUnsafe(((end - begin) * 3) >> 2);
  return decodeBase64Url(sent, begin, end, octets) === undefined ? undefined : octets;
}

/** Refuses a token that does not consist of three parts in base64url. */
function refuseParts(token: string): never {
  const [, , signature, ...more] = token.split('.', 4);
  if (signature === undefined || more.length > 0) refuse('jwt_malformed');
  if (!isBase64Url(signature)) refuse('jwt_unsigned');
  refuse('jwt_unreadable');
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

function readPart(token: string, begin: number, end: number): Record<string, unknown> {
  const length = decodeBase64Url(sent, begin, end, decoded) ?? refuseParts(token);
  const value = parse(length);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuse('jwt_unreadable');
  }
  return value as Record<string, unknown>;
}

/** Returns whether a part is base64url. No number of whole octets leaves a remainder of one character. */
function isBase64Url(part: string): boolean {
  return part.length % 4 !== 1 && BASE64URL.test(part);
}

/** Parses what stands at the start of the decoded octets. */
function parse(length: number): unknown {
  const text = decoded.toString('utf8', 0, length);
  try {
    return text.includes(REPLACEMENT) && !isUtf8(decoded.subarray(0, length)) ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
