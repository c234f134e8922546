import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable } from '@nestjs/common';
import { type Exchange, observedFetch } from '../../shared/exchange.js';

/** Hears what this server sends and receives while it handles one request of a browser. Changes nothing. */
@Injectable()
export class Journal {
  readonly #exchanges = new AsyncLocalStorage<Exchange[]>();

  /** The `fetch` for all that goes to the bank and to the authorization server. */
  readonly fetch = observedFetch((exchange) => this.#exchanges.getStore()?.push(exchange));

  /** Begins the journal of a request. */
  run(next: () => void): void {
    this.#exchanges.run([], next);
  }

  /** Returns what has been heard in this request so far: those with this path, or all. */
  exchanges(path?: string): readonly Exchange[] {
    const all = this.#exchanges.getStore() ?? [];
    return path === undefined ? all : all.filter(({ request }) => request.url.pathname === path);
  }
}
