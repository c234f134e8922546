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
  /** How many newer tokens came back without any of the values, one after the other. */
  readonly ignored: number;
}

/** So many newer tokens without the values: one may be of a sign-in that has nothing to do with the challenge. */
const IGNORED = 2;

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
   * Remembers a challenge, and returns whether earlier ones of the same session led to nothing: whether two tokens in turn
   * were newer than the challenge before, and had none of the values that were asked for then.
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
      .update(JSON.stringify([issuer, subject, clientId, claims['sid']]))
      .digest('base64');
    const earlier = this.#of(key, now);
    const isSame = earlier?.tokenOf === tokenOf && earlier.acrValues.join(' ') === acrValues.join(' ');
    const isNewer = earlier !== undefined && tokenOf > earlier.tokenOf && tokenOf >= Math.floor(earlier.challengedAt);
    const isHeard =
      earlier !== undefined && [acr, ...acrs].some((value) => earlier.acrValues.includes(value as string));
    const ignored = earlier === undefined || isHeard ? 0 : earlier.ignored + (isNewer ? 1 : 0);
    // the same token again, as of several requests at a time, would only postpone the challenge
    if (!isSame) this.#challenges.set(key, { challengedAt: now, acrValues, tokenOf, ignored });
    return isNewer && ignored >= IGNORED;
  }

  #of(key: string, now: number): RecentChallenge | undefined {
    const challenge = this.#challenges.get(key);
    return challenge !== undefined && now - challenge.challengedAt <= TTL ? challenge : undefined;
  }
}

function isInSeconds(moment: unknown): moment is number {
  return typeof moment === 'number' && moment >= 0 && moment <= MILLISECONDS_FROM;
}
