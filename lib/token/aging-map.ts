/**
 * A map that tells its oldest key. To iterate over a `Map` anew costs more the more was deleted at its front: V8 keeps
 * the places of deleted entries until it copies the map. This one has one iterator, which goes on from where it is.
 */
export class AgingMap<Key, Value> {
  readonly #entries = new Map<Key, Value>();
  // Everything before its place is deleted.
  readonly #keys = this.#entries.keys();
  #oldest: IteratorResult<Key> | undefined;

  get size(): number {
    return this.#entries.size;
  }

  /** The key that was set longest ago; `undefined` if there is none. */
  get oldest(): Key | undefined {
    // An iterator that was asked at the end stays there.
    if (this.#entries.size === 0) return undefined;
    this.#oldest ??= this.#keys.next();
    return this.#oldest.value;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  has(key: Key): boolean {
    return this.#entries.has(key);
  }

  /** Sets an entry and makes it the newest, also if it replaces one of the same key. */
  set(key: Key, value: Value): void {
    this.delete(key);
    this.#entries.set(key, value);
  }

  delete(key: Key): boolean {
    if (this.#oldest?.value === key) this.#oldest = undefined;
    return this.#entries.delete(key);
  }
}
