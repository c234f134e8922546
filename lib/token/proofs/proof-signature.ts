import { constants, type KeyObject, verify } from 'node:crypto';

const HASHES: Readonly<Record<string, string>> = { '256': 'sha256', '384': 'sha384', '512': 'sha512' };

/**
 * Returns whether the signature of a JWT is valid. Checks no claim, and not whether the key fits the algorithm.
 *
 * @see [RFC 7518 §3](https://www.rfc-editor.org/rfc/rfc7518.html#section-3)
 */
export function hasValidSignature(jwt: string, algorithm: string, key: KeyObject): boolean {
  const end = jwt.lastIndexOf('.');
  const input = Buffer.from(jwt.slice(0, end));
  const signature = Buffer.from(jwt.slice(end + 1), 'base64url');
  const hash = HASHES[algorithm.slice(2)];
  if (algorithm.startsWith('Ed')) return verify(null, input, key, signature);
  if (algorithm.startsWith('ES')) return verify(hash, input, { key, dsaEncoding: 'ieee-p1363' }, signature);
  if (algorithm.startsWith('RS')) return verify(hash, input, key, signature);
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return verify(hash, input, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }, signature);
}
