import { Injectable } from '@nestjs/common';
import type { StepUpStore } from 'nestjs-step-up/client';

interface Entry {
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Entries that are kept at most; the oldest make room. */
const MOST_ENTRIES = 10_000;

/**
 * Texts that are found for a limited time, in the memory of one process: with several, keep them in a database that
 * gives a value out and deletes it in one step (`GETDEL` of Redis). Of two requests for one key only one gets it, which
 * a session, read at the start of a request and written at its end, could not promise.
 */
@Injectable()
export class ExpiringStore {
  readonly #entries = new Map<string, Entry>();

  /** The part of one session: what was put for another is not found. */
  of(session: string): StepUpStore & { peek(key: string): string | undefined } {
    const own = (key: string) => `${session} ${key}`;
    return {
      put: (key, value, lifetime) => this.#put(own(key), { value, expiresAt: Date.now() + lifetime * 1000 }),
      peek: (key) => this.#peek(own(key)),
      take: (key) => {
        const value = this.#peek(own(key));
        this.#entries.delete(own(key));
        return value;
      },
    };
  }

  #put(key: string, entry: Entry): void {
    const now = Date.now();
    for (const [name, { expiresAt }] of this.#entries) if (expiresAt <= now) this.#entries.delete(name);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size < MOST_ENTRIES) break;
      this.#entries.delete(oldest);
    }
    this.#entries.set(key, entry);
  }

  #peek(key: string): string | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.expiresAt > Date.now() ? entry.value : undefined;
  }
}
