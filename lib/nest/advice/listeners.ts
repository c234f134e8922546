/** A set of listeners. A listener that throws or rejects affects neither the caller nor the other listeners. */
export class Listeners<T> {
  readonly #listeners = new Set<(heard: T) => void>();

  constructor(private readonly failed: (error: unknown) => void) {}

  get size(): number {
    return this.#listeners.size;
  }

  /** Returns an unsubscribe function. */
  add(listener: (heard: T) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(heard: T): void {
    for (const listener of this.#listeners) this.call(listener, heard);
  }

  /** Calls one listener as {@link tell} does. */
  call(listener: (heard: T) => void, heard: T): void {
    try {
      Promise.resolve(listener(heard)).catch(this.failed);
    } catch (error) {
      this.failed(error);
    }
  }
}
