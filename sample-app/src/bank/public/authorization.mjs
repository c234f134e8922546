// The authorization code flow with PKCE, by oauth4webapi. Knows nothing of step-ups: what a challenge asks for comes in
// as parameters.
import * as oauth from '/vendor/oauth4webapi/index.js';
import { navigationText } from './http-message.mjs';
import { recall, remember } from './journeys.mjs';
import { overheard } from './wire.mjs';

const LOOPBACK = { [oauth.allowInsecureRequests]: true }; // http is for the loopback interface alone
const redirectUri = `${location.origin}/`;

/** The authorization server cannot be reached. */
class AuthorizationServerDown extends Error {
  code = 'AUTHORIZATION_SERVER_DOWN';
}

export class Authorization {
  #issuer;
  #client;

  constructor({ issuer, clientId, scope }) {
    this.#issuer = new URL(issuer);
    this.#client = { client_id: clientId };
    this.scope = scope;
  }

  newState() {
    return oauth.generateRandomState();
  }

  /**
   * Makes an authorization request. It asks each time whether the server is there: a browser that is sent to one that is
   * not shows a page that leads nowhere.
   *
   * @param parameters what the request carries besides, such as the `acr_values` and `max_age` of a challenge
   * @param journey what this page wants to know again when the user comes back
   * @param state default is a new one
   * @returns its `state`, and the `url` to send the user to
   * @throws AuthorizationServerDown
   */
  async request(parameters, journey, state = this.newState()) {
    const server = await this.#server();
    const codeVerifier = oauth.generateRandomCodeVerifier();
    const nonce = oauth.generateRandomNonce();
    remember(state, { ...journey, codeVerifier, nonce });

    const url = new URL(server.authorization_endpoint);
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: this.#client.client_id,
      redirect_uri: redirectUri,
      scope: this.scope,
      ...parameters,
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    });
    return { state, url };
  }

  /** Forgets a request that the user was not sent away with. */
  abandon(state) {
    recall(state);
  }

  /**
   * Takes up what the authorization server sent the user back with.
   *
   * @returns the journey with `tokens`, or with the `error` it ended in, and the `messages` that went to and fro;
   * `undefined` if the user does not come from there
   */
  async comeBack() {
    const url = new URL(location.href);
    const state = url.searchParams.get('state');
    if (state === null) return undefined;
    history.replaceState(null, '', '/');
    const journey = recall(state);
    if (journey === undefined) return undefined;

    const messages = [navigationText(url)];
    try {
      return { ...journey, state, messages, tokens: await this.#tokens(url, state, journey, messages) };
    } catch (error) {
      if (!(error instanceof oauth.AuthorizationResponseError)) console.error(error);
      return { ...journey, state, messages, error };
    }
  }

  /** @returns where to send the user to end the session at the authorization server */
  async signOutUrl() {
    const url = new URL((await this.#server()).end_session_endpoint);
    url.search = new URLSearchParams({
      client_id: this.#client.client_id,
      post_logout_redirect_uri: redirectUri,
    });
    return url;
  }

  async #tokens(url, state, { codeVerifier, nonce }, messages) {
    const server = await this.#server();
    const listener = { sent: ([text]) => messages.push(text), received: ([text]) => messages.push(text) };
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      this.#client,
      oauth.None(),
      oauth.validateAuthResponse(server, this.#client, url, state),
      redirectUri,
      codeVerifier,
      { ...LOOPBACK, [oauth.customFetch]: overheard(listener) },
    );
    const tokens = await oauth.processAuthorizationCodeResponse(server, this.#client, response, {
      expectedNonce: nonce,
      requireIdToken: true,
    });
    return { accessToken: tokens.access_token, claims: oauth.getValidatedIdTokenClaims(tokens) };
  }

  async #server() {
    try {
      const response = await oauth.discoveryRequest(this.#issuer, LOOPBACK);
      return await oauth.processDiscoveryResponse(this.#issuer, response);
    } catch (error) {
      throw new AuthorizationServerDown('The authorization server cannot be reached', { cause: error });
    }
  }
}
