// A client application: openid-client for the protocol, and the client half of this package for step-up.
import { createHash, randomUUID } from 'node:crypto';
import { exportJWK, SignJWT } from 'jose';
import * as oauth from 'openid-client';
import { authorizationError, authorizationParameters, stepUpFetch, verifyStepUp } from '../../dist/esm/client/index.js';
import { Browser } from './browser.mjs';
import { CALLBACK, SECRET } from './parties.mjs';

/** Pages a sign-in may take, one for each question. */
const MAX_PAGES = 4;

/**
 * One user at one client, with a browser. Keeps the tokens of the latest sign-in, as an application keeps them in its
 * session.
 */
export class Client {
  /** `undefined` until the user has signed in. */
  tokens;
  /** What the user had to give at the latest visit to the authorization server, in order. */
  asked = [];

  constructor(stage, configuration, user, browser, binding) {
    this.stage = stage;
    this.configuration = configuration;
    this.user = user;
    this.browser = browser;
    /** The key that its tokens are bound to, and how it proves that key; `undefined` for bearer tokens. */
    this.binding = binding;
  }

  static async create(
    stage,
    { clientId, user, browser = new Browser(CALLBACK), issuer = stage.server.issuer, isBound = false },
  ) {
    const configuration = await configurationOf(issuer, clientId);
    return new Client(stage, configuration, user, browser, isBound ? await bindingOf(configuration) : undefined);
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
      ...parameters,
      state: expectedState,
      nonce: expectedNonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    });
    const callback = await this.#authorize(url);
    const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
    try {
      const options = { DPoP: this.binding?.handle };
      return tokensOf(await oauth.authorizationCodeGrant(this.configuration, callback, checks, undefined, options));
    } catch (error) {
      throw authorizationError(error) ?? error;
    }
  }

  get scope() {
    return ['openid', this.stage.server.scope].filter(Boolean).join(' ');
  }

  async #authorize(url) {
    this.asked = [];
    let at = await this.browser.open(url);
    while (!(at instanceof URL)) {
      const answer = at.form === undefined ? undefined : this.stage.server.fillIn(at, this.user);
      if (answer === undefined || this.asked.length === MAX_PAGES) throw new Stranded(at, this.asked);
      this.asked.push(answer.question);
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
   * Sends a request to the API, and where it is challenged has the user step up and sends it again.
   *
   * @returns the answer, and the step-up, if there was one: what was asked and what came of it
   */
  async request(api, path, { mode, timeout } = {}) {
    const { idToken } = this.tokens;
    const steps = [];
    const send = stepUpFetch({
      origins: [api.url],
      accessToken: () => this.tokens.accessToken,
      ...(timeout !== undefined && { timeout }),
      ...(this.binding !== undefined && { dpopProof: (target) => this.binding.proof(target) }),
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
        step.result = verifyStepUp(tokens.idToken, {
          ...challenge,
          challengedAt,
          subject: idToken.sub,
          issuer: idToken.iss,
        });
        if (step.result.outcome !== 'satisfied') return undefined;
        this.tokens = tokens;
        return tokens.accessToken;
      },
    });
    const response = await send(new URL(path, api.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ amount: 100 }),
    });
    return { ...(await api.answerOf(response)), steps };
  }
}

/** A new key: openid-client proves it to the authorization server, jose to the API. */
async function bindingOf(configuration) {
  const keys = await oauth.randomDPoPKeyPair('ES256', { extractable: true });
  const handle = oauth.getDPoPHandle(configuration, keys);
  const jwk = await exportJWK(keys.publicKey);
  const proof = async ({ method, url, accessToken, nonce }) =>
    new SignJWT({ htm: method, htu: url, nonce, ath: createHash('sha256').update(accessToken).digest('base64url') })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
      .setJti(randomUUID())
      .setIssuedAt()
      .sign(keys.privateKey);
  return { handle, proof, jkt: await handle.calculateThumbprint() };
}

/** Calls an API as openid-client does, with a proof of the given key. */
export async function callBound({ configuration }, { handle }, url, token) {
  try {
    const options = { DPoP: handle };
    return await oauth.fetchProtectedResource(
      configuration,
      token,
      new URL(url),
      'POST',
      undefined,
      undefined,
      options,
    );
  } catch (error) {
    if (error instanceof oauth.WWWAuthenticateChallengeError) return error.response;
    throw error;
  }
}

/** The user was left on a page that does not lead back to the client. */
export class Stranded extends Error {
  constructor({ status, title, url }, asked) {
    super(`left with status ${status} on "${title}" at ${url.pathname}, after ${asked.join(' and ') || 'nothing'}`);
    this.status = status;
    this.asked = asked;
  }
}

/** Tokens of the client itself, where there is no user. */
export async function clientCredentials(server, clientId) {
  const configuration = await configurationOf(server.issuer, clientId);
  return tokensOf(await oauth.clientCredentialsGrant(configuration, server.scope ? { scope: server.scope } : {}));
}

/** What the authorization server tells a client about a token. */
export async function introspect(server, clientId, token) {
  return oauth.tokenIntrospection(await configurationOf(server.issuer, clientId), token);
}

export async function metadataOf(server) {
  return (await configurationOf(server.issuer, server.clients.app)).serverMetadata();
}

function configurationOf(issuer, clientId) {
  return oauth.discovery(new URL(issuer), clientId, undefined, oauth.ClientSecretBasic(SECRET), {
    execute: [oauth.allowInsecureRequests], // http is for the loopback interface alone
  });
}

function tokensOf(response) {
  return {
    accessToken: response.access_token,
    refreshToken: response.refresh_token,
    idTokenText: response.id_token,
    idToken: response.claims(),
  };
}
