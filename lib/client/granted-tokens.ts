import type { StepUpChallenge } from './challenge.js';
import { now } from './now.js';
import { isCoveredBy } from './repeated-challenge.js';

interface GrantedToken {
  readonly challenge: StepUpChallenge;
  /** Seconds since the epoch. */
  readonly since: number;
  /** How the API answered the request that was repeated with it. */
  accepted?: boolean;
}

/** Far more than a page has; on a server the oldest is forgotten, which costs a prompt at most. */
const MAX_TOKENS = 1_000;

/**
 * Remembers which challenge a token was got for, so that an API that goes on asking is found out at once, in whatever
 * request it asks.
 */
export function grantedTokens() {
  const tokens = new Map<string, GrantedToken>();
  return {
    add(token: string, challenge: StepUpChallenge): void {
      const [oldest] = tokens.keys();
      if (tokens.size >= MAX_TOKENS && oldest) tokens.delete(oldest);
      tokens.set(token, { challenge, since: now() });
    },

    /** Notes how the API answered the first request with it. */
    judge(token: string, accepted: boolean): void {
      const granted = tokens.get(token);
      if (granted) granted.accepted ??= accepted;
    },

    /**
     * Returns the challenge that a token was got for, if it makes another prompt pointless. An acr does not age. A
     * sign-in does: a token that was accepted once may be too old soon, as the authorization server need not have asked
     * the user.
     */
    find(token: string, challenge: StepUpChallenge): StepUpChallenge | undefined {
      const granted = tokens.get(token);
      if (!granted || !isCoveredBy(challenge, granted.challenge)) return undefined;
      const { maxAge } = challenge;
      const ages = maxAge !== undefined && (granted.accepted || now() - granted.since >= maxAge);
      return ages ? undefined : granted.challenge;
    },
  };
}
