import {
  AccessTokenRefused,
  AccessTokenVerifier,
  AuthorizationServerUnavailable,
  checkLifetime,
  type MaybePromise,
  presentedToken,
  type VerifiedAccessToken,
  whenReady,
} from '../token/index.js';
import type { Authenticated, Authenticator } from './step-up.authenticator.js';
import { AccessTokenException } from './step-up.exception.js';
import type { Exchange } from './step-up.exchange.js';
import type { StepUpSettings } from './step-up.options.js';

/**
 * Authenticates by the access token of the request, verified here. One verification for a request, whoever asks first;
 * only what this instance verified counts, never what stands in `request.user`.
 */
export class TokenAuthenticator implements Authenticator {
  readonly #verifier: AccessTokenVerifier;
  readonly #authenticated = new WeakMap<object, MaybePromise<Authenticated>>();

  constructor(private readonly settings: StepUpSettings) {
    this.#verifier = new AccessTokenVerifier(settings.servers, settings.clockTolerance);
  }

  authenticate(exchange: Exchange): MaybePromise<Authenticated> {
    try {
      const found = this.#authenticate(exchange);
      return found instanceof Promise ? found.catch((error) => this.#refuse(error)) : found;
    } catch (error) {
      return this.#refuse(error);
    }
  }

  /** The event behind a token that came without a request, such as in a handshake. */
  authenticateToken(token: string): MaybePromise<Authenticated> {
    try {
      const verified = whenReady(this.#verifier.verify(token), (known) => this.#identify(known, undefined));
      return verified instanceof Promise ? verified.catch((error) => this.#refuse(error)) : verified;
    } catch (error) {
      return this.#refuse(error);
    }
  }

  #authenticate(exchange: Exchange): MaybePromise<Authenticated> {
    const known = this.#authenticated.get(exchange.request);
    if (known !== undefined) return whenReady(known, (authenticated) => this.#stillValid(authenticated));

    const authenticated = whenReady(this.#verifier.verify(this.#tokenOf(exchange)), (verified) =>
      this.#identify(verified, exchange),
    );
    // a socket outlives its messages, and a broker's context may be shared: their tokens are looked at every time
    if (exchange.transport === 'http' || exchange.transport === 'graphql') {
      this.#authenticated.set(exchange.request, authenticated);
    }
    return authenticated;
  }

  #tokenOf({ request, context }: Exchange): string {
    const elsewhere = context && this.settings.accessToken?.(context);
    if (elsewhere !== undefined && elsewhere !== '') return elsewhere;
    const presented = presentedToken(request);
    if (presented === undefined) throw AccessTokenException.missing(this.settings);
    if (presented.scheme === 'DPoP') {
      throw new AccessTokenRefused('invalid_token', 'Proof of possession is not supported here; send a bearer token');
    }
    return presented.token;
  }

  #identify({ claims, event }: VerifiedAccessToken, exchange: Exchange | undefined): MaybePromise<Authenticated> {
    // a copy, as handlers may write to request.user and the claims may serve the next request
    const own = { ...claims };
    const user = this.settings.user === undefined ? own : this.settings.user(own, exchange?.context);
    return whenReady(user, (identified) => {
      if (identified === undefined || identified === null || identified === false) {
        throw new AccessTokenRefused('invalid_token', 'The user of the access token is not known here');
      }
      return { user: identified, event, claims };
    });
  }

  #stillValid(authenticated: Authenticated): Authenticated {
    checkLifetime(authenticated.claims, { now: Date.now() / 1000, clockTolerance: this.settings.clockTolerance });
    return authenticated;
  }

  #refuse(error: unknown): never {
    if (error instanceof AccessTokenRefused) throw AccessTokenException.refused(error, this.settings);
    if (error instanceof AuthorizationServerUnavailable) throw AccessTokenException.unavailable(error);
    throw error;
  }
}
