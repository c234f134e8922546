/** A time in which something is not tried again. Not active before it is first started. */
export class Cooldown {
  #startedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly seconds: number) {}

  start(): void {
    this.#startedAt = Date.now();
  }

  get isActive(): boolean {
    return secondsSince(this.#startedAt) < this.seconds;
  }

  /** Whole seconds until it ends, at least one. */
  get retryAfter(): number {
    return Math.max(1, Math.ceil(this.seconds - secondsSince(this.#startedAt)));
  }
}

/**
 * The seconds since a time in milliseconds. A clock that was set back counts as time that has passed: better asked once too
 * often than trusted too long.
 */
export function secondsSince(time: number): number {
  const elapsed = (Date.now() - time) / 1000;
  return elapsed < 0 ? Number.POSITIVE_INFINITY : elapsed;
}
