import { createPublicKey } from 'node:crypto';
import type { SigningKey } from 'jwks-rsa';
import type { Refuser } from '../refuse.js';
import { VerificationKey } from './verification-key.js';

/** The members of a token's header that name its key. */
export interface KeyHeader {
  kid?: string;
  alg: string;
}

/**
 * The imported keys of one key document.
 *
 * @see [RFC 7517 §4](https://www.rfc-editor.org/rfc/rfc7517.html#section-4)
 */
export class VerificationKeys {
  private readonly keys: ReadonlyMap<string, VerificationKey>;
  private readonly byKid = new Map<string, VerificationKey[]>();

  /** @param previous reuses the objects of these keys if the new document has them unchanged */
  constructor(signingKeys: readonly SigningKey[], previous?: VerificationKeys) {
    const keys = new Map<string, VerificationKey>();
    for (const signingKey of signingKeys) {
      // jwks-rsa leaves kid and alg out if the JWK has none, although its types say otherwise.
      const { kid, alg } = signingKey;
      const pem = signingKey.getPublicKey();
      const identity = JSON.stringify([kid, alg, pem]);
      keys.set(identity, previous?.keys.get(identity) ?? new VerificationKey({ kid, alg, key: createPublicKey(pem) }));
    }
    this.keys = keys;
    for (const key of keys.values()) {
      if (key.kid === undefined) continue;
      const sameKid = this.byKid.get(key.kid);
      if (sameKid === undefined) this.byKid.set(key.kid, [key]);
      else sameKid.push(key);
    }
  }

  /** Whether any key can verify a signature. `false` if all are too short or of a type without an algorithm. */
  get usable(): boolean {
    return [...this.keys.values()].some(({ isUsable }) => isUsable);
  }

  /**
   * Returns the key that a header names; `undefined` if there is none. Among all keys if the header has no `kid`, or
   * several keys of one `kid`, exactly one must fit the algorithm.
   *
   * @throws AccessTokenRefused `invalid_token` if no key of that `kid` fits the algorithm, or if several keys fit
   */
  find({ kid, alg }: KeyHeader, refuse: Refuser): VerificationKey | undefined {
    const candidates = kid === undefined ? this.keys.values() : this.byKid.get(kid);
    if (candidates === undefined) return undefined;
    let found: VerificationKey | undefined;
    for (const key of candidates) {
      if (!key.isFor(alg)) continue;
      if (found !== undefined) refuse('key_ambiguous');
      found = key;
    }
    if (found === undefined && kid !== undefined) refuse('key_mismatch');
    return found;
  }
}
