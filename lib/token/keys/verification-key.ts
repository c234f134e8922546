import type { KeyObject } from 'node:crypto';
import { type SignatureRule, signatureRules } from './signature-algorithms.js';

/** A public key, and how it verifies signatures. Works that out once: Node computes facts about a key at each use. */
export class VerificationKey {
  readonly kid?: string;
  /** `alg` of the JWK. Absent if it has none. If so, only the type of the key limits its algorithms. */
  readonly alg?: string;
  readonly key: KeyObject;
  readonly #rules: ReadonlyMap<string, SignatureRule>;

  constructor({ kid, alg, key }: { kid?: string | undefined; alg?: string | undefined; key: KeyObject }) {
    if (kid !== undefined) this.kid = kid;
    if (alg !== undefined) this.alg = alg;
    this.key = key;
    const rules = signatureRules(key);
    this.#rules = alg === undefined ? rules : new Map([...rules].filter(([algorithm]) => algorithm === alg));
    Object.freeze(this);
  }

  /** Whether it can verify any signature. `false` if it is too short, or of a type without an algorithm. */
  get isUsable(): boolean {
    return this.#rules.size > 0;
  }

  /** Returns how it verifies signatures of an algorithm; `undefined` if it is not for that algorithm. */
  ruleFor(algorithm: string): SignatureRule | undefined {
    return this.#rules.get(algorithm);
  }
}
