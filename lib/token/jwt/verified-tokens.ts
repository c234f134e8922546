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
/** Seconds. */
const MAX_AGE_SECONDS = 300;

/**
 * Tokens whose signature was verified, so that it is not verified again for the next request. Remembers no verdict: `exp`
 * and `nbf` are judged at every use, `acr` and `auth_time` are judged elsewhere every time. Holds a digest, never the token.
 * Forgets a token after five minutes, and when its key leaves the key set; the oldest go first beyond a thousand. One whose
 * `exp` has passed is refused for as long as it is remembered.
 */
export class VerifiedTokens {
  readonly #entries = new BoundedMap<string, Entry>(MAX_ENTRIES);

  /** The digest under which a token is known. */
  static digest(token: string): string {
    return hash('sha256', token, 'base64');
  }

  /** @throws AccessTokenRefused `invalid_token` if the token is known and its time is over */
  get(digest: string, clock: Clock): VerifiedAccessToken | undefined {
    const entry = this.#entries.get(digest);
    if (entry === undefined) return undefined;
    const age = clock.now - entry.since;
    // less than nothing if the clock was set back: better verified once too often than trusted too long
    if (!(age >= 0 && age < MAX_AGE_SECONDS) || !entry.isKeyCurrent()) {
      this.#entries.delete(digest);
      return undefined;
    }
    checkValidity(entry.verified.claims, clock);
    return entry.verified;
  }

  add(digest: string, verified: VerifiedAccessToken, isKeyCurrent: () => boolean, { now }: Clock): void {
    this.#entries.set(digest, { verified, isKeyCurrent, since: now });
  }
}
