/** Seconds, before the first doubling. */
const FIRST_DELAY = 0.1;
/** Seconds. A server that is back is asked within this time. */
const MAX_DELAY = 1;

/**
 * The time between two attempts to reach a server that nothing replaces. Doubles with each failure, up to 1 second.
 * Between a half and the whole of it is used, by chance, so that the instances of an API do not ask all at once.
 */
export class RetryDelay {
  #failures = 0;
  #seconds = 0;

  /** @param random returns a number from `0` to less than `1` */
  constructor(private readonly random: () => number = Math.random) {}

  /** The present delay in seconds. `0` before the first failure. */
  get seconds(): number {
    return this.#seconds;
  }

  noteFailure(): void {
    const longest = Math.min(MAX_DELAY, FIRST_DELAY * 2 ** this.#failures);
    this.#failures += 1;
    this.#seconds = longest * (0.5 + this.random() / 2);
  }

  noteSuccess(): void {
    this.#failures = 0;
    this.#seconds = 0;
  }
}
