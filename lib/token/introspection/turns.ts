export interface TurnsLimits {
  /** How many have their turn at the same time. */
  atOnce: number;
  /** How many more may wait for theirs. */
  waiting: number;
  /** Seconds. */
  longestWait: number;
}

/** Lets a limited number of things happen at a time, in the order in which they were asked for. */
export class Turns {
  #taken = 0;
  // a Set keeps its order: the first has waited longest
  readonly #waiting = new Set<() => void>();

  constructor(private readonly limits: TurnsLimits) {}

  /** Waits for a turn. `false` where too many wait already, and where it did not come in time. */
  async take(): Promise<boolean> {
    if (this.#taken < this.limits.atOnce) {
      this.#taken += 1;
      return true;
    }
    if (this.#waiting.size >= this.limits.waiting) return false;
    return new Promise<boolean>((resolve) => {
      const turn = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(turn);
        resolve(false);
      }, this.limits.longestWait * 1000);
      this.#waiting.add(turn);
    });
  }

  /** Ends a turn; whoever has waited longest has the next one. */
  handOn(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#taken -= 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
