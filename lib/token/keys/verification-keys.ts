import { createPublicKey, type KeyObject } from 'node:crypto';
import type { SigningKey } from 'jwks-rsa';
import { refuse } from '../refuse.js';

/** A public key of an authorization server. The same object as long as the key stays in the key set unchanged. */
export interface VerificationKey {
  readonly kid?: string;
  /** `alg` of the JWK. Absent if it has none. */
  readonly alg?: string;
  readonly key: KeyObject;
}

/** The members of a token's header that name its key. */
export interface KeyHeader {
  kid?: string;
  alg: string;
}

interface Entry {
  readonly verificationKey: VerificationKey;
  readonly algorithms: ReadonlySet<string>;
}

const RSA_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const MIN_RSA_BITS = 2048;
const CURVE_ALGORITHMS = new Map([
  ['prime256v1', 'ES256'],
  ['secp384r1', 'ES384'],
  ['secp521r1', 'ES512'],
]);

/**
 * The imported keys of one key document.
 *
 * @see [RFC 7517 §4](https://www.rfc-editor.org/rfc/rfc7517.html#section-4)
 */
export class VerificationKeys {
  private readonly entries: ReadonlyMap<string, Entry>;
  private readonly byKid = new Map<string, Entry[]>();

  /** @param previous reuses the objects of these keys if the new document has them unchanged */
  constructor(signingKeys: readonly SigningKey[], previous?: VerificationKeys) {
    const entries = new Map<string, Entry>();
    for (const signingKey of signingKeys) {
      const pem = signingKey.getPublicKey();
      const identity = JSON.stringify([signingKey.kid, signingKey.alg, pem]);
      entries.set(identity, previous?.entries.get(identity) ?? importKey(signingKey, pem));
    }
    this.entries = entries;
    for (const entry of entries.values()) {
      const { kid } = entry.verificationKey;
      if (kid === undefined) continue;
      const sameKid = this.byKid.get(kid);
      if (sameKid === undefined) this.byKid.set(kid, [entry]);
      else sameKid.push(entry);
    }
  }

  /** Whether any key can verify a signature. `false` if all are too short or of a type without an algorithm. */
  get usable(): boolean {
    return [...this.entries.values()].some(({ algorithms }) => algorithms.size > 0);
  }

  /**
   * Returns the key that a header names; `undefined` if there is none. Among all keys if the header has no `kid`, or
   * several keys of one `kid`, exactly one must fit the algorithm.
   *
   * @throws AccessTokenRefused `invalid_token` if no key of that `kid` fits the algorithm, or if several keys fit
   */
  find({ kid, alg }: KeyHeader): VerificationKey | undefined {
    const candidates = kid === undefined ? this.entries.values() : this.byKid.get(kid);
    if (candidates === undefined) return undefined;
    let found: VerificationKey | undefined;
    for (const { verificationKey, algorithms } of candidates) {
      if (!algorithms.has(alg)) continue;
      if (found !== undefined) refuse('key_ambiguous');
      found = verificationKey;
    }
    if (found === undefined && kid !== undefined) {
      refuse('key_mismatch');
    }
    return found;
  }
}

function importKey({ kid, alg }: SigningKey, pem: string): Entry {
  const key = createPublicKey(pem);
  const algorithms = algorithmsOf(key);
  return {
    // jwks-rsa leaves kid and alg out if the JWK has none, although its types say otherwise.
    verificationKey: Object.freeze({ ...(kid !== undefined && { kid }), ...(alg !== undefined && { alg }), key }),
    algorithms: new Set(alg === undefined ? algorithms : algorithms.filter((algorithm) => algorithm === alg)),
  };
}

/**
 * Returns the algorithms that a key can verify. Empty for an RSA key below 2,048 bits, and for types and curves without
 * one.
 *
 * @see [RFC 7518 §3](https://www.rfc-editor.org/rfc/rfc7518.html#section-3)
 */
export function algorithmsOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): readonly string[] {
  if (type === 'rsa') return (details?.modulusLength ?? 0) >= MIN_RSA_BITS ? RSA_ALGORITHMS : [];
  if (type === 'ed25519') return ['EdDSA'];
  const algorithm = type === 'ec' ? CURVE_ALGORITHMS.get(details?.namedCurve ?? '') : undefined;
  return algorithm === undefined ? [] : [algorithm];
}
