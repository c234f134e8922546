import { Injectable } from '@nestjs/common';
import { type SessionData, Store } from 'express-session';

interface Entry {
  /** Whose session it is. */
  readonly userName: string;
  readonly json: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** With one more, the oldest session of the same user ends. */
const MAX_SESSIONS_PER_USER = 5;

/**
 * Sessions in the memory of one process. Only signed-in users have one, and a user ends no session of another user. With
 * several processes, take one of the stores that express-session lists.
 */
@Injectable()
export class SessionStore extends Store {
  readonly #sessions = new Map<string, Entry>();

  /** Size of all sessions. */
  get bytes(): number {
    return [...this.#sessions.values()].reduce((sum, { json }) => sum + Buffer.byteLength(json), 0);
  }

  override get(id: string, callback: (error: unknown, session?: SessionData) => void): void {
    const entry = this.#sessions.get(id);
    const session = entry !== undefined && entry.expiresAt > Date.now() ? JSON.parse(entry.json) : undefined;
    callback(null, session);
  }

  override set(id: string, session: SessionData, callback?: (error?: unknown) => void): void {
    this.#forgetExpired();
    const { user, cookie } = session;
    const userName = JSON.stringify([user?.issuer, user?.subject]);
    const expiresAt = cookie.expires?.getTime() ?? Number.POSITIVE_INFINITY;
    this.#sessions.set(id, { userName, json: JSON.stringify(session), expiresAt });
    const ids = [...this.#sessions].filter(([, entry]) => entry.userName === userName).map(([ownId]) => ownId);
    for (const oldest of ids.slice(0, -MAX_SESSIONS_PER_USER)) this.#sessions.delete(oldest);
    callback?.();
  }

  override destroy(id: string, callback?: (error?: unknown) => void): void {
    this.#sessions.delete(id);
    callback?.();
  }

  #forgetExpired(): void {
    const now = Date.now();
    for (const [id, { expiresAt }] of this.#sessions) if (expiresAt <= now) this.#sessions.delete(id);
  }
}
