import { ClaimsMemory } from '../claims-memory.js';
import type { KeyHeader, KeySet, VerificationKey } from '../keys/key-set.js';
import { SieveCache, type SieveEntry } from '../sieve-cache.js';
import type { Clock } from '../validity.js';
import type { VerifiedAccessToken } from '../verified-access-token.js';
import { TokenEndings } from './token-endings.js';
import type { TokenIdentity } from './token-identity.js';

/** The key that has verified a token, and how it is found. */
export interface VerifiedBy {
  readonly keys: KeySet;
  readonly key: VerificationKey;
  readonly header: KeyHeader;
}

/** What is known about the verified tokens of a process since its start. */
export interface TokenCacheStatistics {
  /** Tokens that were found. Neither their signature was verified nor their server asked. */
  readonly hits: number;
  /** Tokens that were not found, bad ones included. */
  readonly misses: number;
  /** Tokens that were removed because others needed their place. */
  readonly evictions: number;
  /** Tokens that are remembered. */
  readonly tokens: number;
  /** Their estimated size in memory. */
  readonly bytes: number;
}

class Entry implements SieveEntry {
  isUsed = false;
  newer: this | undefined = undefined;
  older: this | undefined = undefined;

  constructor(
    readonly key: string,
    readonly ending: number,
    readonly bytes: number,
    readonly verified: VerifiedAccessToken,
    readonly keys: KeySet,
    readonly verifiedBy: VerificationKey,
    readonly header: KeyHeader,
    /** Seconds since the epoch. */
    readonly since: number,
    /** Seconds since the epoch. */
    readonly until: number,
  ) {}
}

export const DEFAULT_TOKEN_CACHE_BYTES = 8_388_608;

const MAX_AGE_SECONDS = 300;

/** Octets of the digest of a token, and of the objects around its claims. */
const AROUND = 240;

/**
 * Remembers tokens whose signature was verified, so that the next request does not verify it again. Remembers no
 * verdict: the caller checks `exp` and `nbf` at every use, and `acr` and `auth_time` are assessed elsewhere every time.
 * Keeps a digest, never the token. Keeps a token for 300 seconds at most, and forgets it if its key leaves the key set.
 */
export class VerifiedTokens {
  readonly #entries: SieveCache<Entry>;
  readonly #endings = new TokenEndings();
  readonly #memory = new ClaimsMemory();
  #hits = 0;
  #misses = 0;

  constructor(maxBytes: number) {
    this.#entries = new SieveCache(maxBytes, ({ ending }) => this.#endings.remove(ending));
  }

  get statistics(): TokenCacheStatistics {
    const { size: tokens, bytes, evictions } = this.#entries;
    return { hits: this.#hits, misses: this.#misses, evictions, tokens, bytes };
  }

  /** Returns a known token that has not expired; `undefined` for any other. Counts it as a hit or a miss. */
  get(token: TokenIdentity, now: number): VerifiedAccessToken | undefined {
    const entry = this.#find(token, now);
    if (entry === undefined) {
      this.#misses += 1;
      return undefined;
    }
    entry.isUsed = true;
    this.#hits += 1;
    return entry.verified;
  }

  /** Returns a known token as {@link get} does. Counts nothing, and does not count as a use. */
  peek(token: TokenIdentity, now: number): VerifiedAccessToken | undefined {
    return this.#find(token, now)?.verified;
  }

  add(
    { digest, ending }: TokenIdentity,
    verified: VerifiedAccessToken,
    { keys, key, header }: VerifiedBy,
    { now, clockTolerance }: Clock,
  ): void {
    this.#forgetOld(now);
    const until = Math.min(now + MAX_AGE_SECONDS, (verified.claims['exp'] as number) + clockTolerance);
    const bytes = AROUND + this.#memory.estimate(verified.claims);
    this.#endings.add(ending);
    this.#entries.add(new Entry(digest, ending, bytes, verified, keys, key, header, now, until));
  }

  #find(token: TokenIdentity, now: number): Entry | undefined {
    if (!this.#endings.mayInclude(token)) return undefined;
    const entry = this.#entries.get(token.digest);
    if (entry === undefined || (isTimely(entry, now) && isCurrentKey(entry))) return entry;
    this.#entries.delete(entry);
    return undefined;
  }

  /** The entries stand in the order of insertion, so that the old ones are at the end. */
  #forgetOld(now: number): void {
    for (let { oldest } = this.#entries; oldest !== undefined && !isTimely(oldest, now); { oldest } = this.#entries) {
      this.#entries.delete(oldest);
    }
  }
}

/** Returns whether the time of an entry is not over. It is over too if the clock was set back behind its start. */
function isTimely({ since, until }: Entry, now: number): boolean {
  return now >= since && now < until;
}

/**
 * Returns whether a key is current. It is not if it has left the key set, or while the key set has to be fetched again.
 */
function isCurrentKey({ keys, verifiedBy, header }: Entry): boolean {
  try {
    const found = keys.keyFor(header);
    if (found instanceof Promise) found.catch(() => undefined);
    return found === verifiedBy;
  } catch {
    return false;
  }
}
