import * as oauth from 'openid-client';
import { type Observer, observedFetch } from '../shared/exchange.js';
import { BANK_SCOPE, WALKTHROUGH_CLIENT, WALKTHROUGH_REDIRECT } from '../shared/registration.js';
import { Browser } from './browser.js';
import { type Asked, type User, visit } from './user.js';

export interface SignedIn {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly idToken: string;
  /** Of the ID token. */
  readonly claims: oauth.IDToken | undefined;
  /** What the user had to give. Empty if the browser's session was enough. */
  readonly asked: Asked;
}

/** What a resource server's challenge asks an authorization request to carry. */
export type RequestedAuthentication = Readonly<Record<string, string>>;

/** The client of RFC 9470: an application that signs its user in with openid-client and calls the bank's API. */
export class Client {
  readonly #fetch: ReturnType<typeof observedFetch>;

  private constructor(
    private readonly bank: string,
    private readonly configuration: oauth.Configuration,
    /** The user's browser, with its session at the authorization server. */
    readonly browser: Browser,
    observe: Observer,
  ) {
    this.#fetch = observedFetch(observe);
  }

  /** Returns a client with a browser in which no user has signed in yet. */
  static async create(
    { bank, issuer }: { bank: string; issuer: string },
    observe: Observer = () => {},
  ): Promise<Client> {
    const configuration = await oauth.discovery(new URL(issuer), WALKTHROUGH_CLIENT, undefined, oauth.None(), {
      execute: [oauth.allowInsecureRequests], // http is for the loopback interface alone
    });
    configuration[oauth.customFetch] = observedFetch(observe) as oauth.CustomFetch;
    return new Client(bank, configuration, new Browser(WALKTHROUGH_REDIRECT, observe), observe);
  }

  /**
   * Sends the user to the authorization server and fetches tokens with what comes back: authorization code and PKCE.
   *
   * @throws AuthorizationResponseError of openid-client for an error such as `unmet_authentication_requirements`
   */
  async signIn(user: User, requested: RequestedAuthentication = {}): Promise<SignedIn> {
    const pkceCodeVerifier = oauth.randomPKCECodeVerifier();
    const expectedState = oauth.randomState();
    const expectedNonce = oauth.randomNonce();
    const url = oauth.buildAuthorizationUrl(this.configuration, {
      redirect_uri: WALKTHROUGH_REDIRECT,
      scope: `openid ${BANK_SCOPE}`,
      ...requested,
      state: expectedState,
      nonce: expectedNonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    });
    const { callback, asked } = await visit(this.browser, url, user);
    const tokens = await oauth.authorizationCodeGrant(this.configuration, callback, {
      pkceCodeVerifier,
      expectedState,
      expectedNonce,
      idTokenExpected: true,
    });
    const { access_token: accessToken, refresh_token: refreshToken = '', id_token: idToken = '' } = tokens;
    return { accessToken, refreshToken, idToken, claims: tokens.claims(), asked };
  }

  /** Asks for a new access token without the user. It stems from the same authentication, so it answers no challenge. */
  async refresh(refreshToken: string): Promise<string> {
    const tokens = await oauth.refreshTokenGrant(this.configuration, refreshToken);
    return tokens.access_token;
  }

  accounts(accessToken: string): Promise<Response> {
    return this.#fetch(`${this.bank}/accounts`, { headers: { authorization: `Bearer ${accessToken}` } });
  }

  transfer(accessToken: string, transfer: { from: string; to: string; amount: number }): Promise<Response> {
    return this.#fetch(`${this.bank}/transfers`, {
      method: 'POST',
      headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(transfer),
    });
  }
}
