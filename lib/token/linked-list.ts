/** An entry of a {@link LinkedList}. Its creator leaves both members alone. */
export interface LinkedEntry {
  newer: this | undefined;
  older: this | undefined;
}

/** Entries in the order in which they were added. An entry is added and removed at one cost, wherever it stands. */
export class LinkedList<Entry extends LinkedEntry> {
  #newest: Entry | undefined;
  #oldest: Entry | undefined;

  /** The entry that was added longest ago; `undefined` if there is none. */
  get oldest(): Entry | undefined {
    return this.#oldest;
  }

  /** Adds an entry that is in no list. */
  add(entry: Entry): void {
    entry.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  /** Removes an entry of this list. */
  remove(entry: Entry): void {
    const { newer, older } = entry;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    entry.newer = undefined;
    entry.older = undefined;
  }
}
