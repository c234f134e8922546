import { type LinkedEntry, LinkedList } from './linked-list.js';

class Entry<Key, Value> implements LinkedEntry {
  newer: this | undefined = undefined;
  older: this | undefined = undefined;

  constructor(
    readonly key: Key,
    readonly value: Value,
  ) {}
}

/**
 * A map that tells its oldest entry. A `Map` alone does not do: to iterate over it anew costs more the more was deleted at
 * its front, and an iterator that is kept holds every table of the map since its last step, with all that was deleted.
 */
export class AgingMap<Key, Value> {
  readonly #entries = new Map<Key, Entry<Key, Value>>();
  readonly #order = new LinkedList<Entry<Key, Value>>();

  get size(): number {
    return this.#entries.size;
  }

  /** The entry that was set longest ago; `undefined` if there is none. */
  get oldest(): { readonly key: Key; readonly value: Value } | undefined {
    return this.#order.oldest;
  }

  /** Deletes the entry that was set longest ago, and returns its value; `undefined` if there is none. */
  shift(): Value | undefined {
    const { oldest } = this;
    if (oldest !== undefined) this.delete(oldest.key);
    return oldest?.value;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  has(key: Key): boolean {
    return this.#entries.has(key);
  }

  /** Sets an entry and makes it the newest, also if it replaces one of the same key. */
  set(key: Key, value: Value): void {
    this.delete(key);
    const entry = new Entry(key, value);
    this.#order.add(entry);
    this.#entries.set(key, entry);
  }

  delete(key: Key): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#order.remove(entry);
    return this.#entries.delete(key);
  }
}
