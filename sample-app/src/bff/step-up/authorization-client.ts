import { Inject, Injectable } from '@nestjs/common';
import { type AuthorizationResponse, authorizationError } from 'nestjs-step-up/client';
import * as oauth from 'openid-client';
import { CLIENT_OPTIONS, type ClientOptions } from './client.options.js';
import { StepUpFailure } from './step-up-failure.js';

/** One way of a user to the authorization server and back. Belongs where only the browser that began it finds it. */
export interface AuthorizationAttempt {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

export interface Tokens {
  readonly accessToken: string;
  readonly idToken: string;
  readonly claims: oauth.IDToken;
}

/** Seconds the authorization server has to respond. */
const TIMEOUT = 5;
const UNREACHABLE = new Set(['OAUTH_TIMEOUT', 'OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_RESPONSE_IS_NOT_JSON']);

/** The confidential client: all that goes to the authorization server and comes from it, by openid-client. */
@Injectable()
export class AuthorizationClient {
  #configuration: oauth.Configuration | undefined;

  constructor(@Inject(CLIENT_OPTIONS) private readonly options: ClientOptions) {}

  /** Returns the authorization server's metadata, which says what it offers. */
  async metadata(): Promise<Readonly<oauth.ServerMetadata>> {
    return (await this.#discovered()).serverMetadata();
  }

  /** Returns a new attempt. Each request needs its own. */
  createAttempt(): AuthorizationAttempt {
    return { state: oauth.randomState(), nonce: oauth.randomNonce(), codeVerifier: oauth.randomPKCECodeVerifier() };
  }

  /**
   * Returns the URL to send the user to. If the server offers it, the request is pushed (PAR), so that nothing on the
   * way takes `acr_values` or `max_age` out of it. Does not keep the attempt.
   *
   * @see [RFC 9126](https://www.rfc-editor.org/rfc/rfc9126.html)
   */
  async request(
    { state, nonce, codeVerifier }: AuthorizationAttempt,
    parameters: Readonly<Record<string, string>> = {},
  ): Promise<URL> {
    const configuration = await this.#discovered();
    const request = {
      scope: `openid ${this.options.scope}`,
      resource: this.options.resource,
      ...parameters,
      redirect_uri: `${this.options.url}/callback`,
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    };
    if (configuration.serverMetadata().pushed_authorization_request_endpoint === undefined) {
      return oauth.buildAuthorizationUrl(configuration, request);
    }
    return oauth.buildAuthorizationUrlWithPAR(configuration, request).catch(rethrow);
  }

  /**
   * Fetches the tokens. Verifies `state`, `iss`, and nonce, audience and signature of the ID token.
   *
   * @throws AuthorizationFailed of nestjs-step-up/client for an error of the authorization server
   * @throws StepUpFailure if the server cannot be reached, or its response does not belong to the attempt
   */
  async finish(callback: URL, { state, nonce, codeVerifier }: AuthorizationAttempt): Promise<Tokens> {
    const configuration = await this.#discovered();
    const checks = {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: codeVerifier,
      idTokenExpected: true,
    };
    const tokens = await oauth.authorizationCodeGrant(configuration, callback, checks).catch(rethrow);
    return {
      accessToken: tokens.access_token,
      idToken: tokens.id_token as string,
      claims: tokens.claims() as oauth.IDToken,
    };
  }

  /** Returns where the user signs out of the authorization server as well; `undefined` if it offers no such thing. */
  async signOutUrl(): Promise<URL | undefined> {
    const configuration = await this.#discovered();
    if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
    // An id_token_hint would show the ID token to the browser.
    return oauth.buildEndSessionUrl(configuration, { post_logout_redirect_uri: `${this.options.url}/` });
  }

  /** Asks for the metadata once, at the first need: this server starts without the authorization server. */
  async #discovered(): Promise<oauth.Configuration> {
    if (this.#configuration === undefined) {
      const { issuer, clientId, clientSecret, fetch } = this.options;
      const isLoopback = new URL(issuer).protocol === 'http:';
      this.#configuration = await oauth
        .discovery(new URL(issuer), clientId, undefined, oauth.ClientSecretBasic(clientSecret), {
          // http is for the loopback interface alone.
          execute: [...(isLoopback ? [oauth.allowInsecureRequests] : []), oauth.enableNonRepudiationChecks],
          timeout: TIMEOUT,
        })
        .catch(rethrow);
      if (fetch !== undefined) this.#configuration[oauth.customFetch] = fetch as oauth.CustomFetch;
    }
    return this.#configuration;
  }
}

function rethrow(error: Error & { code?: string }): never {
  const refused = authorizationError(error as AuthorizationResponse);
  if (refused !== undefined) throw refused;
  const isUnreachable = error instanceof TypeError || UNREACHABLE.has(error.code ?? '');
  const code = isUnreachable ? 'authorization_server_unreachable' : 'authorization_response_invalid';
  throw new StepUpFailure(code, { cause: error });
}
