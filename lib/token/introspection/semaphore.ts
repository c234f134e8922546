interface SemaphoreOptions {
  /** How many may hold it at the same time. */
  concurrency: number;
  /** How many more may wait for it. */
  maxQueue: number;
  /** Seconds for which one waits at most. */
  queueTimeout: number;
}

/** Lets a limited number of things happen at a time, in the order in which they were asked for. */
export class Semaphore {
  #held = 0;
  // a Set keeps its order: the first has waited longest
  readonly #queue = new Set<() => void>();

  constructor(private readonly options: SemaphoreOptions) {}

  /** Whether the next one has to wait. */
  get isFull(): boolean {
    return this.#held >= this.options.concurrency;
  }

  /** Waits for its turn. `false` if too many wait already, and if it does not come in time. */
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

  /** Ends a turn. The one that has waited longest has the next. */
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
