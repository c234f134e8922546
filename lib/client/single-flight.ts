import type { StepUpChallenge } from './challenge.js';
import { StepUpAbandoned } from './errors.js';
import { isCoveredBy } from './repeated-challenge.js';
import { untilAborted } from './wait.js';

/** What `stepUp` gives: the new access token, or nothing. */
export type StepUpResult = string | undefined;

/** A step-up that was begun for a refused token. */
export interface Flight {
  /** Settles when the step-up does, and never rejects. */
  readonly settled: Promise<unknown>;
  /** Waits for the result. If the last of those who wait leaves, the step-up ends. */
  wait(signal: AbortSignal | undefined): Promise<StepUpResult>;
}

/** One sending of a request with one token. */
export interface Attempt {
  /** Finds a step-up that will do for the challenge: under way, or done since the attempt began. */
  find(challenge: StepUpChallenge): Flight | undefined;
  /** Finds any step-up that is under way for the token. */
  underWay(): Flight | undefined;
  /** Begins a step-up. Its signal ends when nobody waits for it any more. */
  begin(challenge: StepUpChallenge, prompt: (signal: AbortSignal) => Promise<StepUpResult>): Flight;
  end(): void;
}

interface OwnFlight extends Flight {
  readonly challenge: StepUpChallenge;
  isSettled: boolean;
  abandon(): void;
}

interface RefusedToken {
  attempts: number;
  flights: OwnFlight[];
}

type PageListener = (event: { readonly persisted?: boolean }) => unknown;
interface Page {
  addEventListener?(type: 'pageshow', listener: PageListener): void;
  removeEventListener?(type: 'pageshow', listener: PageListener): void;
}

/**
 * Step-ups by refused token. A result goes only to requests that were refused with that very token, and only to those
 * sent before it was known: a later request with the old token asks again. It is forgotten with the last request sent
 * with the token. A page that was left and is shown again gives up what was under way.
 */
export class SingleFlight {
  readonly tokens = new Map<string, RefusedToken>();

  attempt(token: string): Attempt {
    const refused = this.tokens.get(token) ?? { attempts: 0, flights: [] };
    this.tokens.set(token, refused);
    refused.attempts += 1;
    // what was known before the request was sent is no answer to its refusal
    const known = refused.flights.filter(({ isSettled }) => isSettled);
    return {
      find: (challenge) =>
        refused.flights.find((flight) => !known.includes(flight) && isCoveredBy(challenge, flight.challenge)),
      underWay: () => refused.flights.find(({ isSettled }) => !isSettled),
      begin: (challenge, prompt) => this.#begin(refused, challenge, prompt),
      end: () => {
        refused.attempts -= 1;
        if (refused.attempts === 0) this.tokens.delete(token);
      },
    };
  }

  /** Gives up all that is under way. */
  abandon(): void {
    for (const { flights } of this.tokens.values()) for (const flight of flights) flight.abandon();
  }

  #begin(
    refused: RefusedToken,
    challenge: StepUpChallenge,
    prompt: (signal: AbortSignal) => Promise<StepUpResult>,
  ): Flight {
    const controller = new AbortController();
    const page = globalThis as Page;
    let waiting = 0;
    const result = untilAborted(prompt(controller.signal), controller.signal, () => new StepUpAbandoned());
    const abandon = () => {
      // a step-up that is given up is not there any more for the next click
      refused.flights = refused.flights.filter((other) => other !== flight);
      controller.abort();
    };
    const showAgain: PageListener = ({ persisted }) => persisted && abandon();
    const settle = () => {
      flight.isSettled = true;
      page.removeEventListener?.('pageshow', showAgain);
    };
    const flight: OwnFlight = {
      challenge,
      isSettled: false,
      abandon,
      settled: result.then(settle, () => {
        settle();
        controller.abort();
      }),
      wait: async (signal) => {
        waiting += 1;
        try {
          return await untilAborted(result, signal);
        } finally {
          waiting -= 1;
          if (waiting === 0 && !flight.isSettled) abandon();
        }
      },
    };
    refused.flights.push(flight);
    page.addEventListener?.('pageshow', showAgain);
    return flight;
  }
}
