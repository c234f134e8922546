import { verify } from 'node:crypto';
import type { VerificationKey } from '../keys/verification-key.js';
import { type Refuse, refuse } from '../refuse.js';
import type { UnverifiedJwt } from './jwt.js';

/**
 * Verifies the signature of a JWT with the crypto module of Node. Checks no claim, and not whether the algorithm is
 * allowed.
 *
 * @param algorithm `alg` of the header
 * @throws AccessTokenRefused `invalid_token` if the signature is not valid, or if the key is not one of the algorithm
 * @see [RFC 7515 §5.2](https://www.rfc-editor.org/rfc/rfc7515.html#section-5.2)
 */
export function verifySignature(
  { signingInput, signature }: Pick<UnverifiedJwt, 'signingInput' | 'signature'>,
  algorithm: string,
  verificationKey: VerificationKey,
  report: Refuse = refuse,
): void {
  const rule = verificationKey.ruleFor(algorithm);
  const octets = Buffer.from(signature, 'base64url');
  const isValid =
    octets.length === rule?.signatureBytes && verify(rule.digest, Buffer.from(signingInput), rule.key, octets);
  if (!isValid) report('signature_invalid');
}
