import type { StepUpChallenge } from './challenge.js';
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
export class GrantedTokens {
  readonly #tokens = new Map<string, GrantedToken>();

  add(token: string, challenge: StepUpChallenge): void {
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size >= MAX_TOKENS && oldest !== undefined) this.#tokens.delete(oldest);
    this.#tokens.set(token, { challenge, since: Date.now() / 1000 });
  }

  /** Notes how the API answered the first request with it. */
  judge(token: string, accepted: boolean): void {
    const granted = this.#tokens.get(token);
    if (granted !== undefined) granted.accepted ??= accepted;
  }

  /**
   * Returns the challenge that a token was got for, if it makes another prompt pointless. An acr does not age. A sign-in
   * does: a token that was accepted once may be too old soon, as the authorization server need not have asked the user.
   */
  findRepeated(token: string, challenge: StepUpChallenge): StepUpChallenge | undefined {
    const granted = this.#tokens.get(token);
    if (granted === undefined || !isCoveredBy(challenge, granted.challenge)) return undefined;
    const { maxAge } = challenge;
    const ages = maxAge !== undefined && (granted.accepted === true || Date.now() / 1000 - granted.since >= maxAge);
    return ages ? undefined : granted.challenge;
  }

  clear(): void {
    this.#tokens.clear();
  }
}
