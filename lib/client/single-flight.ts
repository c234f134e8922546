import type { StepUpChallenge } from './challenge.js';
import { requirementKey } from './repeated-challenge.js';

/** What `stepUp` gives: the new access token, or nothing. */
export type StepUpResult = string | undefined;

interface Flight {
  readonly result: Promise<StepUpResult>;
  /** Its place in the sequence of attempts and results; infinite until then. */
  settledAt: number;
}

interface RefusedToken {
  attempts: number;
  readonly flights: Map<string, Flight>;
}

/** One sending of a request with one token. */
export interface Attempt {
  /** Steps up, or joins the step-up that others, refused with the same token and requirement, have begun. */
  join(
    challenge: StepUpChallenge,
    begin: () => Promise<StepUpResult>,
  ): { result: Promise<StepUpResult>; joined: boolean };
  end(): void;
}

/**
 * Step-ups that have not settled, by refused token and requirement. A result goes only to requests that were refused
 * with that very token, and only to those sent before it was known: a later request with the old token asks again. It
 * is forgotten with the last request sent with the token.
 */
export class SingleFlight {
  readonly #tokens = new Map<string, RefusedToken>();
  #sequence = 0;

  /** How many tokens are remembered. */
  get size(): number {
    return this.#tokens.size;
  }

  attempt(token: string): Attempt {
    const refused = this.#tokens.get(token) ?? { attempts: 0, flights: new Map<string, Flight>() };
    this.#tokens.set(token, refused);
    refused.attempts += 1;
    this.#sequence += 1;
    const sent = this.#sequence;
    return {
      join: (challenge, begin) => {
        const key = requirementKey(challenge);
        const known = refused.flights.get(key);
        if (known !== undefined && sent < known.settledAt) return { result: known.result, joined: true };
        const flight: Flight = { result: begin(), settledAt: Number.POSITIVE_INFINITY };
        refused.flights.set(key, flight);
        const settle = () => {
          this.#sequence += 1;
          flight.settledAt = this.#sequence;
        };
        flight.result.then(settle, settle);
        return { result: flight.result, joined: false };
      },
      end: () => {
        refused.attempts -= 1;
        if (refused.attempts === 0) this.#tokens.delete(token);
      },
    };
  }
}
