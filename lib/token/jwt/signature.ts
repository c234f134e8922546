import type { VerificationKey } from '../keys/verification-key.js';
import { type Refuse, refuse } from '../refuse.js';
import type { UnverifiedJwt } from './jwt.js';

/**
 * Verifies the signature of a JWT. Checks no claim, and not whether the algorithm is allowed.
 *
 * @param algorithm `alg` of the header
 * @throws AccessTokenRefused `invalid_token` if the signature is not valid, or if the key is not one of the algorithm
 * @see [RFC 7515 §5.2](https://www.rfc-editor.org/rfc/rfc7515.html#section-5.2)
 */
export function verifySignature(
  { signingInput, signature }: Pick<UnverifiedJwt, 'signingInput' | 'signature'>,
  algorithm: string,
  key: VerificationKey,
  report: Refuse = refuse,
): void {
  if (!key.verifies(algorithm, signingInput, signature)) report('signature_invalid');
}
