import { hash } from 'node:crypto';
import { AgingMap } from '../aging-map.js';

/** What tells one proof from another. */
export interface ProofIdentity {
  /** The thumbprint of its key. */
  readonly key: string;
  readonly jti: string;
  /** Seconds since the epoch, by the clock of the client. */
  readonly iat: number;
}

interface Used {
  readonly key: string;
  readonly iat: number;
  /** Seconds since the epoch, by our clock. */
  readonly until: number;
}

/** What is left of the proofs of a key that are forgotten. */
type Forgotten = Pick<Used, 'iat' | 'until'>;

const MAX_PROOFS = 100_000;

/** Returns the digest that stands for a proof. Nothing of the proof can be read from it. */
export function proofDigest({ key, jti }: Pick<ProofIdentity, 'key' | 'jti'>): string {
  return hash('sha256', `${key} ${jti}`, 'base64url');
}

/**
 * Remembers proofs until they are too old to be accepted, so that each is accepted once. Remembers 100,000. Only proofs
 * of accepted tokens come here, so that strangers fill nothing.
 *
 * If more are used within their time, the oldest are forgotten, and from then on a proof of the same key is refused if
 * it is not newer than the forgotten ones. So no proof is accepted twice, and the proofs of other keys stay accepted,
 * whoever fills the memory: the clock of one client does not go backwards. Of the keys of forgotten proofs it remembers
 * 100,000 too. Beyond them a proof of any key is refused if it is not newer than what was forgotten.
 *
 * @see [RFC 9449 §11.1](https://www.rfc-editor.org/rfc/rfc9449.html#section-11.1)
 */
export class UsedProofs {
  readonly #used = new AgingMap<string, Used>();
  /** By key: the newest of the forgotten proofs. */
  readonly #forgotten = new AgingMap<string, Forgotten>();
  /** The newest of the proofs that no key remembers. */
  #floor = Number.NEGATIVE_INFINITY;

  /** @param ttl seconds after its first use during which a proof could be accepted again */
  constructor(
    private readonly ttl: number,
    private readonly maxProofs = MAX_PROOFS,
  ) {}

  /** The number of proofs and keys that are remembered. */
  get size(): number {
    return this.#used.size + this.#forgotten.size;
  }

  /**
   * Records the use of a proof. Returns `false` if it was used before, or if that is no longer known.
   *
   * @param now seconds since the epoch
   */
  use(proof: ProofIdentity, now: number): boolean {
    const { key, iat } = proof;
    expire(this.#used, now);
    expire(this.#forgotten, now);
    const floor = Math.max(this.#floor, this.#forgotten.get(key)?.iat ?? Number.NEGATIVE_INFINITY);
    const digest = proofDigest(proof);
    if (iat <= floor || this.#used.has(digest)) return false;
    if (this.#used.size >= this.maxProofs) this.#forgetOldest();
    this.#used.set(digest, { key, iat, until: now + this.ttl });
    return true;
  }

  #forgetOldest(): void {
    const { key, iat, until } = this.#used.shift() as Used;
    const known = this.#forgotten.get(key)?.iat ?? iat;
    // Again at the end, where the entries are that are kept for longest.
    this.#forgotten.set(key, { iat: Math.max(known, iat), until });
    if (this.#forgotten.size > this.maxProofs) {
      this.#floor = Math.max(this.#floor, (this.#forgotten.shift() as Forgotten).iat);
    }
  }
}

/** Deletes the entries whose time is over. */
function expire(entries: AgingMap<string, Forgotten>, now: number): void {
  while (entries.oldest !== undefined && entries.oldest.value.until < now) entries.shift();
}
