import { GRAPHQL, transferByGraphql } from './graphql.mjs';
import { refusalIn } from './refusal.mjs';
import { SOCKET, transferBySocket } from './socket.mjs';

/** The bank's API, as the page uses it. */
export class Bank {
  #stepUps;
  #fetch;
  #fetchWithToken;
  #listener;

  /**
   * @param stepUps sends the access token, and answers step-up challenges
   * @param fetch for what goes over HTTP
   * @param listener hears what goes over the socket
   */
  constructor({ stepUps, fetch, listener }) {
    this.#stepUps = stepUps;
    this.#fetch = fetch;
    this.#fetchWithToken = stepUps.fetch(fetch);
    this.#listener = listener;
  }

  /** The request that step-ups for a transfer are counted for. */
  static target(way) {
    const { method, path } = { http: { method: 'POST', path: '/transfers' }, graphql: GRAPHQL, socket: SOCKET }[way];
    return { method, url: new URL(path, location.origin).href };
  }

  accounts() {
    return outcome(this.#overHttp('/accounts'));
  }

  /**
   * @param way `http`, `graphql` or `socket`
   * @returns `data`, or the bank's `error` and `error_description`
   * @throws what `stepUpFetch` and `exchange` reject with
   */
  transfer({ way, ...order }) {
    const send = {
      http: () =>
        this.#overHttp('/transfers', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(order),
        }),
      graphql: () =>
        this.#stepUps.exchange(({ token }) => transferByGraphql(order, token, this.#fetch), Bank.target(way)),
      socket: () =>
        this.#stepUps.exchange(({ token }) => transferBySocket(order, token, this.#listener), Bank.target(way)),
    }[way];
    return outcome(send());
  }

  async #overHttp(path, init) {
    const response = await this.#fetchWithToken(path, { ...init, cache: 'no-store' });
    const body = await response.json().catch(() => undefined);
    return response.ok ? body : { error: 'unknown', ...body };
  }
}

async function outcome(sent) {
  const body = await sent;
  const error = refusalIn(body);
  if (error === undefined) return { data: body?.data?.transfer ?? body };
  return { error: { error_description: 'The bank could not do this.', ...error } };
}
