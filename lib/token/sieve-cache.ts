import { type LinkedEntry, LinkedList } from './linked-list.js';

/** An entry of a {@link SieveCache}. Its creator fills in the first two members and leaves the others alone. */
export interface SieveEntry extends LinkedEntry {
  readonly key: string;
  /** Estimated size in memory. */
  readonly bytes: number;
  /** Whether it was used since the hand has passed it. */
  isUsed: boolean;
}

/** Entries that the hand may spare for one that it removes. Bounds the work of one insertion. */
const MAX_SPARED = 64;

/**
 * Keeps entries up to a number of bytes, by the algorithm SIEVE: they stand in the order of insertion, and a hand moves
 * from the oldest to the newest. It removes the first entry that was not used since it came by, so that entries that
 * are used stay, and a flood of new ones passes through. Neither a use nor an insertion moves other entries.
 *
 * @see [SIEVE is Simpler than LRU, NSDI 2024](https://www.usenix.org/conference/nsdi24/presentation/zhang-yazhuo)
 */
export class SieveCache<Entry extends SieveEntry> {
  readonly #entries = new Map<string, Entry>();
  readonly #order = new LinkedList<Entry>();
  #hand: Entry | undefined;
  #bytes = 0;
  #evictions = 0;

  /** @param removed is told of each entry that leaves the cache, and of one that is too large to come in */
  constructor(
    private readonly maxBytes: number,
    private readonly removed: (entry: Entry) => void = () => undefined,
  ) {}

  /** Number of entries. */
  get size(): number {
    return this.#entries.size;
  }

  /** Sum of the estimated sizes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Number of entries that were removed because others needed their place. */
  get evictions(): number {
    return this.#evictions;
  }

  /** The entry that was added longest ago. */
  get oldest(): Entry | undefined {
    return this.#order.oldest;
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /** Adds an entry, also in the place of one with the same key. Does not add one that is larger than the whole cache. */
  add(entry: Entry): void {
    const former = this.#entries.get(entry.key);
    if (former !== undefined) this.delete(former);
    if (entry.bytes > this.maxBytes) {
      this.removed(entry);
      return;
    }
    while (this.#bytes + entry.bytes > this.maxBytes) this.#evict();
    this.#order.add(entry);
    this.#bytes += entry.bytes;
    this.#entries.set(entry.key, entry);
  }

  /** Removes an entry that is in the cache. */
  delete(entry: Entry): void {
    if (this.#hand === entry) this.#hand = entry.newer;
    this.#order.remove(entry);
    this.#bytes -= entry.bytes;
    this.#entries.delete(entry.key);
    this.removed(entry);
  }

  #evict(): void {
    let entry = this.#hand ?? (this.oldest as Entry);
    for (let spared = 0; entry.isUsed && spared < MAX_SPARED; spared += 1) {
      entry.isUsed = false;
      entry = entry.newer ?? (this.oldest as Entry);
    }
    this.#hand = entry.newer;
    this.delete(entry);
    this.#evictions += 1;
  }
}
