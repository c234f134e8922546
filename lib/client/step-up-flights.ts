import type { StepUpChallenge } from './challenge.js';
import { requirementKey } from './challenge-order.js';

/** What `stepUp` gives: the new access token, or nothing. */
export type StepUpResult = string | undefined;

interface Flight {
  readonly result: Promise<StepUpResult>;
  /** When it ended, on the clock that counts attempts. */
  landed: number;
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
 * The step-ups under way, by refused token and requirement. A result goes only to requests that were refused with that
 * very token, and only to those sent before it was known: whoever comes later with the old token asks anew. It is
 * forgotten with the last request sent with the token.
 */
export class StepUpFlights {
  readonly #tokens = new Map<string, RefusedToken>();
  #clock = 0;

  /** How many tokens are remembered. */
  get size(): number {
    return this.#tokens.size;
  }

  attempt(token: string): Attempt {
    const refused = this.#tokens.get(token) ?? { attempts: 0, flights: new Map<string, Flight>() };
    this.#tokens.set(token, refused);
    refused.attempts += 1;
    this.#clock += 1;
    const sent = this.#clock;
    return {
      join: (challenge, begin) => {
        const key = requirementKey(challenge);
        const known = refused.flights.get(key);
        if (known !== undefined && sent < known.landed) return { result: known.result, joined: true };
        const flight: Flight = { result: begin(), landed: Number.POSITIVE_INFINITY };
        refused.flights.set(key, flight);
        const land = () => {
          this.#clock += 1;
          flight.landed = this.#clock;
        };
        flight.result.then(land, land);
        return { result: flight.result, joined: false };
      },
      end: () => {
        refused.attempts -= 1;
        if (refused.attempts === 0) this.#tokens.delete(token);
      },
    };
  }
}
