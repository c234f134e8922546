import { createHash } from 'node:crypto';
import { type AuthenticationEvent, MILLISECONDS_FROM } from '../../core/index.js';
import { BoundedMap } from '../../token/index.js';

/** Seconds for which a challenge is remembered: long enough for a user to sign in, and come back. */
const TTL = 600;

/** Users that are remembered at most; the oldest challenge is forgotten for a new one. */
const MAX_USERS = 1000;

interface RecentChallenge {
  readonly challengedAt: number;
  readonly acrValues: readonly string[];
  /** When the refused token was issued or its user authenticated, whichever came later. Seconds since the epoch. */
  readonly tokenOf: number;
}

/**
 * Remembers for a short while who was challenged for an acr, to find out authorization servers that take no notice. Tells
 * users apart by a hash. No verdict depends on it.
 */
export class RecentChallenges {
  readonly #challenges = new BoundedMap<string, RecentChallenge>(MAX_USERS);

  get size(): number {
    return this.#challenges.size;
  }

  /**
   * Remembers a challenge, and tells whether it comes after an earlier one that led to nothing: whether this token is newer
   * than that challenge, and still has none of the values that were asked for then.
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
    const { issuer, subject, clientId, acr, acrs = [], authTime } = event;
    const moments = [claims['iat'], authTime].filter(isInSeconds);
    if (issuer === undefined || subject === undefined || moments.length === 0) return false;
    const tokenOf = Math.max(...moments);
    const key = createHash('sha256')
      .update(JSON.stringify([issuer, subject, clientId]))
      .digest('base64');
    const earlier = this.#of(key, now);
    const isSame = earlier?.tokenOf === tokenOf && earlier.acrValues.join(' ') === acrValues.join(' ');
    // the same token again, as of several requests at a time, would only postpone the challenge
    if (!isSame) this.#challenges.set(key, { challengedAt: now, acrValues, tokenOf });
    if (earlier === undefined || [acr, ...acrs].some((value) => earlier.acrValues.includes(value as string)))
      return false;
    return tokenOf > earlier.tokenOf && tokenOf >= Math.floor(earlier.challengedAt);
  }

  #of(key: string, now: number): RecentChallenge | undefined {
    const challenge = this.#challenges.get(key);
    return challenge !== undefined && now - challenge.challengedAt <= TTL ? challenge : undefined;
  }
}

function isInSeconds(moment: unknown): moment is number {
  return typeof moment === 'number' && moment >= 0 && moment <= MILLISECONDS_FROM;
}
