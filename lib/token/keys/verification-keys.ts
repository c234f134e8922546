import { createPublicKey } from 'node:crypto';
import type { SigningKey } from 'jwks-rsa';
import type { Refuser } from '../refuse.js';
import type { Thumbprints } from './thumbprints.js';
import { VerificationKey } from './verification-key.js';

/** The members of a token's header that name its key. */
export interface KeyHeader {
  kid?: string | undefined;
  alg: string;
  /** Thumbprint of its certificate: `x5t#S256` or `x5t`. Counts if the header has no `kid`, and keys have thumbprints. */
  thumbprint?: string | undefined;
}

/**
 * The imported keys of one key document.
 *
 * @see [RFC 7517 §4](https://www.rfc-editor.org/rfc/rfc7517.html#section-4)
 */
export class VerificationKeys {
  private readonly keys: ReadonlyMap<string, VerificationKey>;
  private readonly byKid = new Map<string, VerificationKey[]>();
  private readonly byAlgorithm = new Map<string, VerificationKey[]>();
  private readonly byThumbprint = new Map<string, VerificationKey[]>();

  /**
   * @param thumbprints of the certificates of the keys
   * @param previous reuses the objects of these keys if the new document has them unchanged
   */
  constructor(signingKeys: readonly SigningKey[], thumbprints: Thumbprints = new Map(), previous?: VerificationKeys) {
    const keys = new Map<string, VerificationKey>();
    for (const signingKey of signingKeys) {
      // jwks-rsa leaves kid and alg out if the JWK has none, although its types say otherwise.
      const { kid, alg } = signingKey;
      const pem = signingKey.getPublicKey();
      const identity = JSON.stringify([kid, alg, pem]);
      const known = keys.get(identity) ?? previous?.keys.get(identity);
      const key = known ?? new VerificationKey({ kid, alg, key: createPublicKey(pem) });
      keys.set(identity, key);
      for (const thumbprint of thumbprints.get(pem) ?? []) addTo(this.byThumbprint, thumbprint, key);
    }
    this.keys = keys;
    for (const key of keys.values()) {
      if (key.kid !== undefined) addTo(this.byKid, key.kid, key);
      for (const algorithm of key.algorithms) addTo(this.byAlgorithm, algorithm, key);
    }
  }

  /** Whether any key can verify a signature. `false` if all are too short, too long, or of a type without an algorithm. */
  get usable(): boolean {
    return [...this.keys.values()].some(({ algorithms }) => algorithms.length > 0);
  }

  /**
   * Returns the key that a header names by `kid`, or without one by a thumbprint; `undefined` if there is none. Among
   * all keys if the header names none, or several keys of one name, exactly one must fit the algorithm.
   *
   * @throws AccessTokenRefused `invalid_token` if no key of that `kid` fits the algorithm, or if several keys fit
   */
  find(header: KeyHeader, refuse: Refuser): VerificationKey | undefined {
    const { kid, alg } = header;
    const candidates = kid === undefined ? this.#without(header) : this.byKid.get(kid);
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

  /** Returns the keys that a header without `kid` can mean. */
  #without({ alg, thumbprint }: KeyHeader): Iterable<VerificationKey> | undefined {
    const isNamed = thumbprint !== undefined && this.byThumbprint.size > 0;
    return isNamed ? this.byThumbprint.get(thumbprint) : this.byAlgorithm.get(alg);
  }
}

function addTo(keys: Map<string, VerificationKey[]>, name: string, key: VerificationKey): void {
  const same = keys.get(name);
  if (same === undefined) keys.set(name, [key]);
  else if (!same.includes(key)) same.push(key);
}
