import type { KeyObject } from 'node:crypto';
import { compactVerify } from 'jose';
import { verify } from 'jsonwebtoken';
import type { MaybePromise } from '../maybe-promise.js';
import { refuse } from '../refuse.js';

/**
 * Verifies the signature of a JWT and nothing else. jsonwebtoken, the verifier inside passport-jwt, knows no EdDSA, for
 * which jose steps in. Synchronous but for EdDSA.
 *
 * @throws AccessTokenRefused `invalid_token`
 */
export function verifySignature(token: string, algorithm: string, key: KeyObject): MaybePromise<void> {
  if (algorithm === 'EdDSA')
    return compactVerify(token, key, { algorithms: ['EdDSA'] }).then(() => undefined, refuseSignature);
  try {
    verify(token, key, {
      algorithms: [algorithm as 'RS256'],
      complete: true,
      ignoreExpiration: true,
      ignoreNotBefore: true,
    });
  } catch {
    refuseSignature();
  }
}

function refuseSignature(): never {
  refuse('signature_invalid');
}
