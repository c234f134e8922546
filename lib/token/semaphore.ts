interface SemaphoreOptions {
  /** Maximum number of holders at the same time. */
  concurrency: number;
  /** Maximum number of waiting callers. */
  maxQueue: number;
  /** Seconds for which a caller waits at most. */
  queueTimeout: number;
}

/** Limits how many operations run at the same time. Waiting callers get it in the order of their calls. */
export class Semaphore {
  #held = 0;
  // A Set iterates in the order of insertion: the first has waited longest.
  readonly #queue = new Set<() => void>();

  constructor(private readonly options: SemaphoreOptions) {}

  /** Whether the next caller has to wait. */
  get isFull(): boolean {
    return this.#held >= this.options.concurrency;
  }

  /** Acquires the semaphore, and waits if it is full. Resolves to `false` if too many wait, or after the timeout. */
  async acquire(): Promise<boolean> {
    if (!this.isFull) {
      this.#held += 1;
      return true;
    }
    if (this.#queue.size >= this.options.maxQueue) return false;
    return new Promise<boolean>((resolve) => {
      const proceed = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.#queue.delete(proceed);
        resolve(false);
      }, this.options.queueTimeout * 1000);
      this.#queue.add(proceed);
    });
  }

  /** Releases the semaphore to the caller that has waited longest. */
  release(): void {
    const [next] = this.#queue;
    if (next === undefined) {
      this.#held -= 1;
      return;
    }
    this.#queue.delete(next);
    next();
  }
}
