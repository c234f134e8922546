import { Injectable } from '@nestjs/common';
import type { StepUpStore } from 'nestjs-step-up/client';
import type { Owner } from './owner.js';

interface Entry {
  readonly value: string;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

type Entries = Map<string, Entry>;

/** What is kept for one session of a user. */
export interface StoreOfSession extends StepUpStore {
  peek(name: string): string | undefined;
}

/** The oldest entries of a user make room for the newest ones of the same user. */
const MAX_BYTES_PER_USER = 32_768;

/**
 * Keeps texts of signed-in users for a limited time, in the memory of one process. A user displaces nothing of another
 * user, and strangers keep nothing here, so that the number of accounts bounds the memory. With several processes, keep
 * the texts in a database that gives a value out and deletes it in one step, such as `GETDEL` of Redis. Of two requests
 * for one text only one gets it. A session, read at the start of a request and written at its end, does not promise that.
 */
@Injectable()
export class UserStore {
  readonly #users = new Map<string, Entries>();

  /** Size of all that is kept. */
  get bytes(): number {
    return [...this.#users.values()].reduce((sum, entries) => sum + bytesOf(entries), 0);
  }

  /** Returns the part of one session. It does not find what was put for another one. */
  of({ key, user }: Owner): StoreOfSession {
    const userName = JSON.stringify([user.issuer, user.subject]);
    const own = (name: string) => JSON.stringify([key, name]);
    return {
      put: (name, value, ttl) => this.#put(userName, own(name), value, ttl),
      peek: (name) => this.#peek(userName, own(name)),
      take: (name) => {
        const value = this.#peek(userName, own(name));
        this.#users.get(userName)?.delete(own(name));
        return value;
      },
    };
  }

  #put(userName: string, name: string, value: string, ttl: number): void {
    const bytes = Buffer.byteLength(name) + Buffer.byteLength(value);
    if (bytes > MAX_BYTES_PER_USER) throw new RangeError(`an entry has more than ${MAX_BYTES_PER_USER} bytes`);
    this.#forgetExpired();
    const entries: Entries = this.#users.get(userName) ?? new Map();
    this.#users.set(userName, entries);
    // A map keeps the place of a name that is set again.
    entries.delete(name);
    entries.set(name, { value, bytes, expiresAt: Date.now() + ttl * 1000 });
    for (const oldest of entries.keys()) {
      if (bytesOf(entries) <= MAX_BYTES_PER_USER) break;
      entries.delete(oldest);
    }
  }

  #peek(userName: string, name: string): string | undefined {
    const entry = this.#users.get(userName)?.get(name);
    return entry !== undefined && entry.expiresAt > Date.now() ? entry.value : undefined;
  }

  #forgetExpired(): void {
    const now = Date.now();
    for (const [userName, entries] of this.#users) {
      for (const [name, { expiresAt }] of entries) if (expiresAt <= now) entries.delete(name);
      if (entries.size === 0) this.#users.delete(userName);
    }
  }
}

function bytesOf(entries: Entries): number {
  return [...entries.values()].reduce((sum, { bytes }) => sum + bytes, 0);
}
