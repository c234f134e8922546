import { type StepUpChallenge, StepUpLoop } from '../../client/index.js';
import { findRepeated } from '../../client/repeated-challenge.js';

interface Answer {
  readonly challenge: StepUpChallenge;
  /** Seconds since the epoch. */
  readonly at: number;
}

interface Answers {
  /** The access token that the last sign-in gave. */
  readonly token: string;
  readonly answers: readonly Answer[];
}

/** Remembers for each call which challenges the user has answered, until the server accepts the call. */
export class AnsweredChallenges {
  readonly #byCall = new Map<string, Answers>();

  constructor(private readonly now: () => number) {}

  /** @throws StepUpLoop if the refused token is the answer to earlier challenges, and another prompt would be pointless */
  check(call: string, challenge: StepUpChallenge, refusedToken: string): void {
    const earlier = this.#answersOf(call, refusedToken).filter((answer) => !this.#isStale(answer));
    const repeated = findRepeated(
      earlier.map((answer) => answer.challenge),
      challenge,
    );
    if (repeated !== undefined) throw new StepUpLoop([repeated, challenge]);
  }

  /** Notes that the user has answered a challenge, which had refused one token, and got another. */
  add(call: string, challenge: StepUpChallenge, refusedToken: string, token: string): void {
    const answers = [...this.#answersOf(call, refusedToken), { challenge, at: this.now() }];
    this.#byCall.set(call, { token, answers });
  }

  accept(call: string): void {
    this.#byCall.delete(call);
  }

  #answersOf(call: string, refusedToken: string): readonly Answer[] {
    const known = this.#byCall.get(call);
    return known?.token === refusedToken ? known.answers : [];
  }

  /** A sign-in ages while the host waits with its call. An acr does not. */
  #isStale({ challenge: { maxAge }, at }: Answer): boolean {
    return maxAge !== undefined && maxAge > 0 && this.now() - at >= maxAge;
  }
}
