// Signing in with the authorization code flow and PKCE, by oauth4webapi. Access tokens are kept in memory alone: after a
// page load the session at the authorization server gives a new one, without asking the user (prompt=none).
import * as oauth from '/vendor/oauth4webapi/index.js';
import { recall, remember } from './journeys.mjs';

const LOOPBACK = { [oauth.allowInsecureRequests]: true }; // http is for the loopback interface alone

export class Authorization {
  #server;
  #client;
  #scope;
  #redirectUri;

  static async load({ issuer, clientId, scope }) {
    const authorization = new Authorization();
    const response = await oauth.discoveryRequest(new URL(issuer), LOOPBACK);
    authorization.#server = await oauth.processDiscoveryResponse(new URL(issuer), response);
    authorization.#client = { client_id: clientId };
    authorization.#scope = scope;
    authorization.#redirectUri = `${location.origin}/`;
    return authorization;
  }

  /**
   * Leaves the page for the authorization server.
   *
   * @param parameters what the request carries besides, such as the `acr_values` and `max_age` of a challenge
   * @param journey what this page wants to know again when the user comes back
   */
  async leave(parameters, journey) {
    const codeVerifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const nonce = oauth.generateRandomNonce();
    remember(state, { ...journey, codeVerifier, nonce, maxAge: parameters.max_age });

    const url = new URL(this.#server.authorization_endpoint);
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: this.#client.client_id,
      redirect_uri: this.#redirectUri,
      scope: this.#scope,
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
      ...parameters,
    });
    location.assign(url);
  }

  /**
   * Takes up what the authorization server sent the user back with.
   *
   * @returns the journey, with a token or with the error it ended in; `undefined` where the user comes from nowhere
   */
  async comeBack() {
    const url = new URL(location.href);
    if (!url.searchParams.has('state')) return undefined;
    history.replaceState(null, '', '/');
    const state = url.searchParams.get('state');
    const journey = recall(state);
    if (journey === undefined) return undefined;

    try {
      const parameters = oauth.validateAuthResponse(this.#server, this.#client, url, state);
      const response = await oauth.authorizationCodeGrantRequest(
        this.#server,
        this.#client,
        oauth.None(),
        parameters,
        this.#redirectUri,
        journey.codeVerifier,
        LOOPBACK,
      );
      const tokens = await oauth.processAuthorizationCodeResponse(this.#server, this.#client, response, {
        expectedNonce: journey.nonce,
        requireIdToken: true,
        // the new sign-in has to be as recent as it was asked to be
        ...(journey.maxAge !== undefined && { maxAge: Number(journey.maxAge) }),
      });
      return { ...journey, accessToken: tokens.access_token, user: oauth.getValidatedIdTokenClaims(tokens) };
    } catch (error) {
      if (error instanceof oauth.AuthorizationResponseError) return { ...journey, error: error.error };
      console.error(error);
      return { ...journey, error: 'failed' };
    }
  }

  /** Leaves the page to end the session at the authorization server. */
  signOut() {
    const url = new URL(this.#server.end_session_endpoint);
    url.search = new URLSearchParams({
      client_id: this.#client.client_id,
      post_logout_redirect_uri: this.#redirectUri,
    });
    location.assign(url);
  }
}
