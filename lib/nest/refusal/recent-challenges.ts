import { hash } from 'node:crypto';
import { type AuthenticationEvent, MILLISECONDS_FROM } from '../../core/index.js';
import { BoundedMap } from '../../token/index.js';

/** Seconds for which a challenge is remembered. A user can sign in and return within that time. */
const TTL = 600;

/** Greatest number of sessions that are remembered. A new challenge then replaces the oldest one. */
const MAX_SESSIONS = 1000;

interface RecentChallenge {
  readonly challengedAt: number;
  readonly acrValues: readonly string[];
  /** When the refused token was issued or its user authenticated, whichever is later. Seconds since the epoch. */
  readonly tokenOf: number;
  /** How many newer tokens in a row had none of the values. */
  readonly ignored: number;
}

/** Newer tokens without the values after which a challenge counts as ignored. One alone can be of a user who gave up. */
const IGNORED = 2;

/**
 * Remembers for 600 seconds which sessions were challenged for an acr, to find authorization servers that ignore
 * `acr_values`. A session is a `sid`, or without it one sign-in: a user who signs in with several browsers ignores nothing.
 * Remembers no token that has neither. Identifies sessions by a hash. No verdict depends on it.
 */
export class RecentChallenges {
  readonly #challenges = new BoundedMap<string, RecentChallenge>(MAX_SESSIONS);

  // The claims of a known token are one object, so that its next challenge needs no key.
  readonly #ofTokens = new WeakMap<object, { readonly acrValues: readonly string[]; readonly until: number }>();

  get size(): number {
    return this.#challenges.size;
  }

  /**
   * Remembers a challenge. Returns whether earlier challenges of the same session had no effect: two tokens in a row
   * were newer than the previous challenge, and had none of the values that it asked for.
   *
   * @param claims of the refused token
   * @param now seconds since the epoch
   */
  isIgnored(
    event: AuthenticationEvent,
    claims: Readonly<Record<string, unknown>>,
    acrValues: readonly string[],
    now: number,
  ): boolean {
    if (this.#isRepeated(claims, acrValues, now)) return false;
    const { issuer, subject, clientId, acr, acrs = [], authTime } = event;
    const moments = [claims['iat'], authTime].filter(isInSeconds);
    const session = claims['sid'] ?? (isInSeconds(authTime) ? { authTime } : undefined);
    if (issuer === undefined || subject === undefined || session === undefined || moments.length === 0) return false;
    const tokenOf = Math.max(...moments);
    const key = hash('sha256', JSON.stringify([issuer, subject, clientId, session]), 'base64');
    const earlier = this.#of(key, now);
    const isSame = earlier?.tokenOf === tokenOf && earlier.acrValues.join(' ') === acrValues.join(' ');
    const isNewer = earlier !== undefined && tokenOf > earlier.tokenOf && tokenOf >= Math.floor(earlier.challengedAt);
    const isHeard =
      earlier !== undefined && [acr, ...acrs].some((value) => earlier.acrValues.includes(value as string));
    const ignored = earlier === undefined || isHeard ? 0 : earlier.ignored + (isNewer ? 1 : 0);
    // The same token again, such as in parallel requests, would only postpone the challenge.
    if (!isSame) this.#challenges.set(key, { challengedAt: now, acrValues, tokenOf, ignored });
    this.#ofTokens.set(claims, { acrValues, until: now + TTL });
    return isNewer && ignored >= IGNORED;
  }

  /** Returns whether the last challenge of this very token asked for the same. Such a challenge tells nothing new. */
  #isRepeated(claims: object, acrValues: readonly string[], now: number): boolean {
    const last = this.#ofTokens.get(claims);
    return last !== undefined && last.acrValues === acrValues && now <= last.until;
  }

  #of(key: string, now: number): RecentChallenge | undefined {
    const challenge = this.#challenges.get(key);
    return challenge !== undefined && now - challenge.challengedAt <= TTL ? challenge : undefined;
  }
}

function isInSeconds(moment: unknown): moment is number {
  return typeof moment === 'number' && moment >= 0 && moment <= MILLISECONDS_FROM;
}
