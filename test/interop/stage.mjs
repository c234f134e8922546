// One authorization server with the API beside it, and what scenarios need to play on both.
import { createRequire } from 'node:module';
import { authorizationParameters } from '../../dist/esm/client/index.js';
import { startApi } from './api.mjs';
import { Client, introspect, metadataOf } from './client.mjs';
import { ADA, API, SECRET } from './parties.mjs';
import { claimsOf } from './scenarios/playing.mjs';

const { profiles } = createRequire(import.meta.url)('../../dist/authorization-servers/index.js');

export class Stage {
  #closing = [];

  constructor(server) {
    this.server = server;
    this.profile = typeof server.profile === 'string' ? profiles[server.profile] : server.profile;
  }

  static async open(server) {
    const stage = new Stage(server);
    stage.api =
      server.introspect.of === 'app' ? await stage.introspecting('every') : await stage.#keep(startApi(server));
    return stage;
  }

  get scope() {
    return ['openid', this.server.scope].filter(Boolean).join(' ');
  }

  metadata = () => metadataOf(this.server);

  /** Parameters that ask for an acr as the client half does it with the profile of this server. */
  asking = async (acr) =>
    authorizationParameters(
      { scheme: 'Bearer', acrValues: [acr] },
      { ...this.profile.request, scope: this.scope, metadata: await this.metadata() },
    );

  /** A user who has signed in with a password and a code, by the way that this server has. */
  signedInWithMfa = async ({ at = this.server.mfa.at, parameters = {}, isBound } = {}) =>
    this.signedIn({ ...(await this.askingForMfa()), ...parameters }, { at, isBound });

  /** Has a user, who may have signed in already, give a code; at another client where the server wants it so. */
  stepUp = async (client, parameters = {}) => {
    const { at } = this.server.mfa;
    const other = at === 'app' ? client : await client.beside(this.server.clients[at]);
    return other.signIn({ ...(await this.askingForMfa()), ...parameters });
  };

  askingForMfa = async () => (this.server.mfa.at === 'app' ? this.asking(this.server.acr.mfa) : {});

  /** What the API learns of the authentication from an access token: by itself, or by introspection where it is opaque. */
  eventOf = async ({ accessToken }) =>
    this.#event(accessToken.split('.').length === 3 ? claimsOf(accessToken) : await this.introspection(accessToken));

  /** The same by introspection alone. */
  introspectedEventOf = async ({ accessToken }) => this.#event(await this.introspection(accessToken));

  /** When the user has signed in: as the API learns it, or the client where the API does not. */
  authTimeOf = async (tokens) => (await this.eventOf(tokens)).authTime ?? tokens.idToken.auth_time;

  /** The word for a string of the server, so that outcomes of servers compare. */
  wordOf = (acr) => Object.entries(this.server.acr).find(([, string]) => string === acr)?.[0] ?? acr ?? 'none';

  introspection = (token) => introspect(this.server, API, token);

  #event(claims) {
    const { acr = 'acr', authTime = 'auth_time' } = this.profile.claims ?? {};
    const at = (path) => [path].flat().reduce((value, name) => value?.[name], claims);
    return { acr: at(acr), authTime: at(authTime) };
  }

  /**
   * A user who has signed in with a browser of their own at one of the server's clients.
   *
   * @param isBound has tokens bound to a key of the client, by DPoP
   */
  signedIn = async (parameters = {}, { at = 'app', as = ADA, isBound = false } = {}) => {
    const client = await this.#client({ clientId: this.server.clients[at], user: as });
    if (isBound) await client.bind();
    return client.signIn(parameters);
  };

  /** The API as it asks about tokens: about those that tell nothing themselves, or to notice a revocation. */
  introspecting = async (what, options = {}, about = {}) => {
    const { endpoint, [what]: when } = this.server.introspect;
    const { clientAuthentication } = this.server;
    const introspection = {
      clientId: API,
      clientSecret: SECRET,
      when,
      ...(endpoint !== undefined && { endpoint }),
      ...(clientAuthentication !== undefined && { clientAuthentication }),
      ...options,
    };
    return this.#keep(startApi(this.server, { introspection, ...about }));
  };

  /** The API with the profile that has the name of the server. */
  ofNamedProfile = async () =>
    this.#keep(startApi({ ...this.server, profile: this.server.named ?? this.server.profile }));

  /** The API as it takes bound tokens too. */
  accepting = async (boundTokens) => this.#keep(startApi(this.server, { boundTokens }));

  /** The API as somebody else's: for another audience. */
  forAnotherAudience = async (audience) => this.#keep(startApi(this.server, { audience }));

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
