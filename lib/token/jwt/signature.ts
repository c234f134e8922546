import type { KeyObject } from 'node:crypto';
import { compactVerify } from 'jose';
import { verify } from 'jsonwebtoken';
import { AccessTokenRefused } from '../errors.js';
import type { MaybePromise } from '../maybe-promise.js';

/**
 * Verifies the signature of a JWT and nothing else. jsonwebtoken, the verifier inside passport-jwt, knows no EdDSA, for
 * which jose steps in. Synchronous but for EdDSA.
 *
 * @throws AccessTokenRefused `invalid_token`
 */
export function verifySignature(token: string, algorithm: string, key: KeyObject): MaybePromise<void> {
  if (algorithm === 'EdDSA') return compactVerify(token, key, { algorithms: ['EdDSA'] }).then(() => undefined, refuse);
  try {
    verify(token, key, {
      algorithms: [algorithm as 'RS256'],
      complete: true,
      ignoreExpiration: true,
      ignoreNotBefore: true,
    });
  } catch {
    refuse();
  }
}

function refuse(): never {
  throw new AccessTokenRefused('invalid_token', 'The signature of the access token is not valid');
}
