import { AgingMap } from './aging-map.js';

/**
 * A map with a maximum number of entries. A new entry replaces the one that was set longest ago. Reading renews no
 * entry.
 */
export class BoundedMap<Key, Value> extends AgingMap<Key, Value> {
  constructor(private readonly maxEntries: number) {
    super();
  }

  /** Sets an entry and makes it the newest, also if it replaces one of the same key. */
  override set(key: Key, value: Value): void {
    this.delete(key);
    if (this.size >= this.maxEntries) this.shift();
    super.set(key, value);
  }
}
