/** A time during which something is not tried again. Not active before the first `start()`. */
export class Cooldown {
  #startedAt = Number.NEGATIVE_INFINITY;

  /** @param seconds its length */
  constructor(private readonly seconds: number) {}

  start(): void {
    this.#startedAt = Date.now();
  }

  get isActive(): boolean {
    return secondsSince(this.#startedAt) < this.seconds;
  }

  /** Whole seconds until it ends, at least `1`. */
  get retryAfter(): number {
    return Math.max(1, Math.ceil(this.seconds - secondsSince(this.#startedAt)));
  }
}

/**
 * Returns the seconds since a time in milliseconds. Infinite if the clock was set back: one request too many is better
 * than trust for too long.
 */
export function secondsSince(time: number): number {
  const elapsed = (Date.now() - time) / 1000;
  return elapsed < 0 ? Number.POSITIVE_INFINITY : elapsed;
}
