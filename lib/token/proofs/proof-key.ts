import { createPublicKey, hash } from 'node:crypto';
import { BoundedMap } from '../bounded-map.js';
import { algorithmName, VerificationKey } from '../keys/verification-key.js';
import { refuse } from '../refuse.js';

/** The members of a public JWK that its thumbprint covers, in the order of RFC 7638 §3.2. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
};
/** The members of RFC 7518 §6 that only private and symmetric keys have. */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const MAX_KEYS = 1000;

/** The public key of a proof: nothing but the members that its thumbprint covers. */
export interface ProofKey {
  readonly jwk: Readonly<Record<string, string>>;
  /** The SHA-256 thumbprint of RFC 7638. */
  readonly thumbprint: string;
}

/**
 * Reads the `jwk` of a proof. Does not import it.
 *
 * @param algorithm of the proof
 * @throws AccessTokenRefused `invalid_dpop_proof` for a JWK that is not a public key, that has a private one, or that says
 * it is for something else than signatures of this algorithm
 * @see [RFC 9449 §4.2](https://www.rfc-editor.org/rfc/rfc9449.html#section-4.2)
 */
export function readProofKey(value: unknown, algorithm: string): ProofKey {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse('proof_key_unusable');
  const given = value as Readonly<Record<string, unknown>>;
  if (PRIVATE.some((name) => Object.hasOwn(given, name)) || !isFor(algorithm, given)) refuse('proof_key_unusable');
  const kty = Object.hasOwn(given, 'kty') ? given['kty'] : undefined;
  if (typeof kty !== 'string' || !Object.hasOwn(REQUIRED, kty)) refuse('proof_key_unusable');
  const jwk: Record<string, string> = {};
  for (const name of REQUIRED[kty] as readonly string[]) {
    const member = Object.hasOwn(given, name) ? given[name] : undefined;
    if (typeof member !== 'string') refuse('proof_key_unusable');
    jwk[name] = member;
  }
  return { jwk, thumbprint: hash('sha256', JSON.stringify(jwk), 'base64url') };
}

/**
 * Returns whether what a JWK says of its use allows it to verify signatures of an algorithm.
 *
 * @see [RFC 7517 §4](https://www.rfc-editor.org/rfc/rfc7517.html#section-4)
 */
function isFor(algorithm: string, { alg, use, key_ops: operations }: Readonly<Record<string, unknown>>): boolean {
  const isOfAlgorithm =
    alg === undefined || (typeof alg === 'string' && algorithmName(alg) === algorithmName(algorithm));
  const mayVerify = operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
  return isOfAlgorithm && mayVerify && (use === undefined || use === 'sig');
}

/** The imported keys of proofs. Remembers up to 1,000, since an import costs more than a signature. */
export class ProofKeys {
  readonly #keys = new BoundedMap<string, VerificationKey>(MAX_KEYS);

  /**
   * Returns a key to verify a signature with.
   *
   * @throws AccessTokenRefused `invalid_dpop_proof` for a key that is not valid, is too short or too long, or does not fit
   * the algorithm
   */
  import({ jwk, thumbprint }: ProofKey, algorithm: string): VerificationKey {
    const known = this.#keys.get(thumbprint);
    const key = known ?? importKey(jwk);
    if (known === undefined) this.#keys.set(thumbprint, key);
    if (!key.isFor(algorithm)) refuse('proof_key_unusable');
    return key;
  }
}

function importKey(jwk: Readonly<Record<string, string>>): VerificationKey {
  try {
    return new VerificationKey({ key: createPublicKey({ key: jwk, format: 'jwk' }) });
  } catch {
    return refuse('proof_key_unusable');
  }
}
