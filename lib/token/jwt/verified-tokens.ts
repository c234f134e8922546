import { hash } from 'node:crypto';
import { BoundedMap } from '../bounded-map.js';
import { type Clock, checkValidity } from '../validity.js';
import type { VerifiedAccessToken } from '../verified-access-token.js';

interface Entry {
  readonly verified: VerifiedAccessToken;
  readonly isKeyCurrent: () => boolean;
  /** Seconds since the epoch. */
  readonly since: number;
}

const MAX_ENTRIES = 1000;
const MAX_AGE_SECONDS = 300;

/**
 * Remembers tokens whose signature was verified, so that the next request does not verify it again. Remembers no
 * verdict: it checks `exp` and `nbf` at every use, and `acr` and `auth_time` are assessed elsewhere every time. Keeps a
 * digest, never the token. Keeps at most 1,000 tokens for 300 seconds each, and forgets a token if its key leaves the
 * key set.
 */
export class VerifiedTokens {
  readonly #entries = new BoundedMap<string, Entry>(MAX_ENTRIES);

  /** Returns the digest by which a token is found. */
  static digest(token: string): string {
    return hash('sha256', token, 'base64');
  }

  /**
   * Returns a known token; `undefined` for an unknown one.
   *
   * @throws AccessTokenRefused `invalid_token` if the token is known and has expired, or is not valid yet
   */
  get(digest: string, clock: Clock): VerifiedAccessToken | undefined {
    const verified = this.find(digest, clock);
    if (verified !== undefined) checkValidity(verified.claims, clock);
    return verified;
  }

  /** Returns a known token, whether or not it has expired; `undefined` for an unknown one. */
  find(digest: string, { now }: Pick<Clock, 'now'>): VerifiedAccessToken | undefined {
    const entry = this.#entries.get(digest);
    if (entry === undefined) return undefined;
    const age = now - entry.since;
    // Negative if the clock was set back. In that case verify again.
    if (!(age >= 0 && age < MAX_AGE_SECONDS) || !entry.isKeyCurrent()) {
      this.#entries.delete(digest);
      return undefined;
    }
    return entry.verified;
  }

  add(digest: string, verified: VerifiedAccessToken, isKeyCurrent: () => boolean, { now }: Clock): void {
    this.#entries.set(digest, { verified, isKeyCurrent, since: now });
  }
}
