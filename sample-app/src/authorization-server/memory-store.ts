import type { Adapter, AdapterPayload } from 'oidc-provider';

interface Entry {
  readonly payload: AdapterPayload;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Where the authorization server keeps sessions, codes and grants: in memory, for as long as the process runs. */
export class MemoryStore {
  readonly #entries = new Map<string, Entry>();

  /** One model's share of the store, in the form oidc-provider asks for. */
  readonly adapter = (model: string): Adapter => ({
    upsert: async (id, payload, expiresIn = Number.POSITIVE_INFINITY) => {
      this.#forgetExpired();
      this.#entries.set(`${model}:${id}`, { payload, expiresAt: Date.now() + expiresIn * 1000 });
    },
    find: async (id) => this.#find(`${model}:${id}`),
    findByUid: async (uid) => this.#all(model).find((payload) => payload.uid === uid),
    findByUserCode: async (code) => this.#all(model).find((payload) => payload.userCode === code),
    consume: async (id) => {
      const payload = this.#find(`${model}:${id}`);
      if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000);
    },
    destroy: async (id) => {
      this.#entries.delete(`${model}:${id}`);
    },
    revokeByGrantId: async (grantId) => {
      for (const [key, { payload }] of this.#entries) {
        if (key.startsWith(`${model}:`) && payload.grantId === grantId) this.#entries.delete(key);
      }
    },
  });

  /** Moves the sign-ins of an account into the past. */
  ageSessions(accountId: string, seconds: number): void {
    for (const session of this.#all('Session')) {
      if (session['accountId'] === accountId) session['loginTs'] = Number(session['loginTs']) - seconds;
    }
  }

  #find(key: string): AdapterPayload | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.expiresAt > Date.now() ? entry.payload : undefined;
  }

  #all(model: string): AdapterPayload[] {
    return [...this.#entries.keys()]
      .filter((key) => key.startsWith(`${model}:`))
      .map((key) => this.#find(key))
      .filter((payload) => payload !== undefined);
  }

  #forgetExpired(): void {
    const now = Date.now();
    for (const [key, { expiresAt }] of this.#entries) if (expiresAt <= now) this.#entries.delete(key);
  }
}
