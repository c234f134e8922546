// A client application: openid-client for the protocol, and the client half of this package for step-up.
import * as oauth from 'openid-client';
import { authorizationError, authorizationParameters, stepUpFetch, verifyStepUp } from '../../dist/esm/client/index.js';
import { Browser } from './browser.mjs';
import { CALLBACK, SECRET } from './parties.mjs';
import { Stranded } from './stranded.mjs';

/** Pages a sign-in may take: one for each question, and some that ask whether to go on. */
const MAX_PAGES = 6;

/**
 * One user at one client, with a browser. Keeps the tokens of the latest sign-in, as an application keeps them in its
 * session.
 */
export class Client {
  /** `undefined` until the user has signed in. */
  tokens;
  /** What the user had to give at the latest visit to the authorization server, in order. */
  asked = [];

  constructor(stage, configuration, user, browser) {
    this.stage = stage;
    this.configuration = configuration;
    this.user = user;
    this.browser = browser;
  }

  static async create(stage, { clientId, user, browser = new Browser(CALLBACK), issuer = stage.server.issuer }) {
    return new Client(stage, await configurationOf(stage.server, clientId, issuer), user, browser);
  }

  /** Has tokens bound to a new key of this client from now on. */
  async bind() {
    this.dpop = await this.#newKey();
  }

  /** Another client that the same user visits with the same browser. */
  beside(clientId) {
    const { stage, user, browser } = this;
    return Client.create(stage, { clientId, user, browser });
  }

  /**
   * Sends the user to the authorization server and fetches tokens with what comes back: authorization code and PKCE.
   *
   * @throws AuthorizationFailed for an error that the authorization server sends to the client
   * @throws Stranded where it shows a page that leads nowhere
   */
  async signIn(parameters = {}) {
    this.tokens = await this.visit(parameters);
    return this;
  }

  async visit(parameters) {
    const pkceCodeVerifier = oauth.randomPKCECodeVerifier();
    const expectedState = oauth.randomState();
    const expectedNonce = oauth.randomNonce();
    const url = oauth.buildAuthorizationUrl(this.configuration, {
      redirect_uri: CALLBACK,
      scope: this.scope,
      ...this.stage.server.parameters,
      ...parameters,
      state: expectedState,
      nonce: expectedNonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    });
    const callback = await this.#authorize(url);
    const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
    try {
      const how = { ...(this.dpop !== undefined && { DPoP: this.dpop }) };
      return tokensOf(await oauth.authorizationCodeGrant(this.configuration, callback, checks, undefined, how));
    } catch (error) {
      throw authorizationError(error) ?? error;
    }
  }

  get scope() {
    return this.stage.scope;
  }

  async #authorize(url) {
    this.asked = [];
    let at = await this.browser.open(url);
    for (let pages = 0; !(at instanceof URL); pages += 1) {
      const answer = at.form === undefined ? undefined : this.stage.server.fillIn(at, this.user);
      if (answer === undefined || pages === MAX_PAGES) throw new Stranded(at, this.asked);
      // some pages ask nothing but whether to go on
      if (answer.question !== undefined) this.asked.push(answer.question);
      at = await this.browser.submit(at, answer.fields);
    }
    return at;
  }

  /** New tokens without the user. */
  async refresh(tokens = this.tokens) {
    return tokensOf(await oauth.refreshTokenGrant(this.configuration, tokens.refreshToken));
  }

  async revoke({ accessToken }) {
    await oauth.tokenRevocation(this.configuration, accessToken);
  }

  /**
   * Sends a request to the API with a proof of the key that the token is bound to, or of another one.
   *
   * @returns the answer, and how the very same request is sent again
   */
  async sendBound(api, path, { byAnotherKey = false } = {}) {
    let sent;
    this.configuration[oauth.customFetch] = (...request) => {
      sent = request;
      return fetch(...request);
    };
    const DPoP = byAnotherKey ? await this.#newKey() : this.dpop;
    const { accessToken } = this.tokens;
    const response = await oauth
      .fetchProtectedResource(this.configuration, accessToken, new URL(path, api.url), 'POST', null, undefined, {
        DPoP,
      })
      .catch((error) => {
        // a refusal with a challenge
        if (error.response === undefined) throw error;
        return error.response;
      });
    this.configuration[oauth.customFetch] = undefined;
    return { ...(await api.answerOf(response)), again: async () => api.answerOf(await fetch(...sent)) };
  }

  async #newKey() {
    return oauth.getDPoPHandle(this.configuration, await oauth.randomDPoPKeyPair('ES256'));
  }

  /**
   * Sends a request to the API, and where it is challenged has the user step up and sends it again.
   *
   * @param trusting takes the new token as it is, without a look at the ID token
   * @returns the answer, and the step-up, if there was one: what was asked and what came of it
   */
  async request(api, path, { mode, timeout, trusting = false } = {}) {
    const { idToken } = this.tokens;
    const steps = [];
    const send = stepUpFetch({
      origins: [api.url],
      accessToken: () => this.tokens.accessToken,
      ...(timeout !== undefined && { timeout }),
      stepUp: async (challenge, { challengedAt }) => {
        const step = { challenge };
        steps.push(step);
        const metadata = this.configuration.serverMetadata();
        const parameters = authorizationParameters(challenge, {
          ...this.stage.profile.request,
          ...(mode !== undefined && { mode }),
          scope: this.scope,
          metadata,
        });
        const tokens = await this.visit(parameters).catch((error) => {
          // whoever is left on a page of the authorization server does not come back to the client
          if (error instanceof Stranded) return new Promise(() => {});
          throw error;
        });
        step.asked = this.asked;
        step.idToken = tokens.idToken;
        step.result = verifyStepUp(tokens.idToken, {
          ...challenge,
          challengedAt,
          subject: idToken.sub,
          issuer: idToken.iss,
          // as strict as the API
          clockTolerance: 0,
        });
        if (step.result.outcome !== 'satisfied' && !trusting) return undefined;
        this.tokens = tokens;
        return tokens.accessToken;
      },
    });
    const request = send(new URL(path, api.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ amount: 100 }),
    });
    const response = await request.catch((error) => {
      throw Object.assign(error, { steps });
    });
    return { ...(await api.answerOf(response)), steps };
  }
}

/** Tokens of the client itself, where there is no user. */
export async function clientCredentials(server, clientId) {
  const configuration = await configurationOf(server, clientId);
  const scope = server.machineScope ?? server.scope;
  return tokensOf(
    await oauth.clientCredentialsGrant(configuration, { ...server.parameters, ...(scope !== undefined && { scope }) }),
  );
}

/** What the authorization server tells a client about a token. */
export async function introspect(server, clientId, token) {
  const found = await configurationOf(server, clientId);
  const { endpoint = found.serverMetadata().introspection_endpoint } = server.introspect;
  const metadata = { ...found.serverMetadata(), introspection_endpoint: endpoint };
  const configuration = new oauth.Configuration(metadata, clientId, undefined, authenticationAt(server));
  oauth.allowInsecureRequests(configuration);
  return oauth.tokenIntrospection(configuration, token);
}

export async function metadataOf(server) {
  return (await configurationOf(server, server.clients.app)).serverMetadata();
}

function configurationOf(server, clientId, issuer = server.issuer) {
  return oauth.discovery(new URL(issuer), clientId, undefined, authenticationAt(server), {
    execute: [oauth.allowInsecureRequests], // http is for the loopback interface alone
  });
}

function authenticationAt({ clientAuthentication }) {
  return clientAuthentication === 'client_secret_post'
    ? oauth.ClientSecretPost(SECRET)
    : oauth.ClientSecretBasic(SECRET);
}

function tokensOf(response) {
  return {
    accessToken: response.access_token,
    refreshToken: response.refresh_token,
    idTokenText: response.id_token,
    idToken: response.claims(),
  };
}
