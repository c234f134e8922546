import type { KeyObject } from 'node:crypto';
import { compactVerify } from 'jose';
import { verify } from 'jsonwebtoken';
import type { MaybePromise } from '../maybe-promise.js';
import { refuse } from '../refuse.js';

/**
 * Verifies the signature of a JWT, and no claim. Uses jsonwebtoken, the verifier inside passport-jwt, and jose for
 * EdDSA, which jsonwebtoken does not support. Synchronous except for EdDSA.
 *
 * @throws AccessTokenRefused `invalid_token` if the signature is not valid
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
