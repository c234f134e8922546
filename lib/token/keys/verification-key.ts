import { createVerify, type KeyObject, verify } from 'node:crypto';
import { type SignatureRule, signatureRules } from './signature-algorithms.js';

/**
 * A public key that verifies signatures. Works out once which algorithms it is for: Node reads such facts about a key
 * anew at each use.
 */
export class VerificationKey {
  readonly kid: string | undefined;
  /** `alg` of the JWK. `undefined` if it has none. In that case the type of the key alone limits its algorithms. */
  readonly alg: string | undefined;
  readonly key: KeyObject;
  readonly #rules: ReadonlyMap<string, SignatureRule>;

  constructor({ kid, alg, key }: { kid?: string | undefined; alg?: string | undefined; key: KeyObject }) {
    this.kid = kid;
    this.alg = alg;
    this.key = key;
    const rules = signatureRules(key);
    this.#rules =
      alg === undefined
        ? rules
        : new Map([...rules].filter(([algorithm]) => algorithmName(algorithm) === algorithmName(alg)));
    Object.freeze(this);
  }

  /** The algorithms that it is for. Empty if it is too short or too long, or of a type without one. */
  get algorithms(): readonly string[] {
    return [...this.#rules.keys()];
  }

  /** Returns whether it verifies signatures of an algorithm. */
  isFor(algorithm: string): boolean {
    return this.#rules.has(algorithm);
  }

  /**
   * Returns whether a signature is valid. `false` for an algorithm that the key is not for.
   *
   * @param input what is signed: each character is an octet
   */
  verifies(algorithm: string, input: string, signature: Buffer): boolean {
    const rule = this.#rules.get(algorithm);
    return rule?.signatureBytes === signature.length && isValid(rule, input, signature);
  }
}

/**
 * A `Verify` object costs 2 to 3 % less than `verify`, and takes the text without a buffer of its own. It cannot leave the
 * digest to the algorithm.
 */
function isValid({ digest, key }: SignatureRule, input: string, signature: Buffer): boolean {
  return digest === null
    ? verify(null, Buffer.from(input, 'latin1'), key, signature)
    : createVerify(digest).update(input, 'latin1').verify(key, signature);
}

/** Returns the one name of an algorithm that has two: RFC 9864 names EdDSA by its curve. */
export function algorithmName(algorithm: string): string {
  return algorithm === 'Ed25519' ? 'EdDSA' : algorithm;
}
