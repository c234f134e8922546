// One authorization server with the API beside it, and what scenarios need to play on both.
import { createRequire } from 'node:module';
import { startApi } from './api.mjs';
import { Client, metadataOf } from './client.mjs';
import { ADA, API, SECRET } from './parties.mjs';

const { profiles } = createRequire(import.meta.url)('../../dist/authorization-servers/index.js');

export class Stage {
  #closing = [];

  constructor(server) {
    this.server = server;
    this.profile = typeof server.profile === 'string' ? profiles[server.profile] : server.profile;
  }

  static async open(server) {
    const stage = new Stage(server);
    stage.api = await stage.#keep(startApi(server));
    return stage;
  }

  metadata = () => metadataOf(this.server);

  /** A user who has signed in with a browser of their own at one of the server's clients. */
  signedIn = async (parameters = {}, { at = 'app', as = ADA, isBound = false } = {}) => {
    const client = await this.#client({ clientId: this.server.clients[at], user: as, isBound });
    return client.signIn(parameters);
  };

  /** The API as it asks about tokens: about those that tell nothing themselves, or to notice a revocation. */
  introspecting = async (what, options = {}) => {
    const when = this.server.introspect[what];
    const introspection = { clientId: API, clientSecret: SECRET, when, ...options };
    return this.#keep(startApi(this.server, { introspection }));
  };

  /** The API as it accepts tokens that are bound by DPoP, which it introspects where `what` says so. */
  accepting = async (dpop, what) => {
    const introspection = what && { clientId: API, clientSecret: SECRET, when: this.server.introspect[what] };
    return this.#keep(startApi(this.server, { boundTokens: 'accepted', introspection }, { dpop }));
  };

  /** The server as it comes, without names for its levels: an API for it, and a client. */
  stock = async () => {
    const { issuer, first, second } = this.server.levels;
    const server = { ...this.server, issuer, acr: { pwd: first, mfa: second } };
    const api = await this.#keep(startApi(server));
    return { api, client: await this.#client({ clientId: server.clients.app, user: ADA, issuer }) };
  };

  async close() {
    for (const closable of this.#closing.splice(0)) await closable.close();
  }

  #client(options) {
    return Client.create(this, options);
  }

  async #keep(starting) {
    const started = await starting;
    this.#closing.push(started);
    return started;
  }
}
