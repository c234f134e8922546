import {
  AccessTokenRefused,
  AccessTokenVerifier,
  AuthorizationServerUnavailable,
  checkStillValid,
  lacksAuthTime,
  type MaybePromise,
  presentedToken,
  type VerifiedAccessToken,
  whenReady,
} from '../../token/index.js';
import type { StepUpLog } from '../advice/log.js';
import { AccessTokenException } from '../refusal/insufficient-user-authentication.exception.js';
import type { StepUpSettings } from '../step-up.options.js';
import { type Exchange, isUpgrade } from '../transports/invocation.js';
import type { Authenticated, Authenticator } from './authenticator.js';

/**
 * Authenticates by the access token of the request, verified here. One verification for a request, whoever asks first;
 * only what this instance verified counts, never what stands in `request.user`.
 */
export class TokenAuthenticator implements Authenticator {
  readonly #verifier: AccessTokenVerifier;
  readonly #known = new WeakMap<object, { token: string; authenticated: MaybePromise<Authenticated> }>();

  /** @throws TypeError for a private key of `introspection` that cannot be used */
  constructor(
    private readonly settings: StepUpSettings,
    log: StepUpLog,
  ) {
    this.#verifier = new AccessTokenVerifier(settings.servers, settings.clockTolerance, (code, issuer, message) =>
      log.warnOnce(code, issuer, message),
    );
  }

  authenticate(exchange: Exchange): MaybePromise<Authenticated> {
    return this.#answered(() => this.#authenticate(exchange));
  }

  /** The event behind a token that came without a request, such as in a handshake. */
  authenticateToken(token: string): MaybePromise<Authenticated> {
    return this.#answered(() => this.#verify(token, undefined));
  }

  #authenticate(exchange: Exchange): MaybePromise<Authenticated> {
    const { request, transport } = exchange;
    const known = this.#known.get(request);
    if (known !== undefined) {
      return whenReady(known.authenticated, (authenticated) =>
        isUpgrade(request) ? this.#verifyAnew(known.token, authenticated) : this.#stillValid(authenticated),
      );
    }
    const token = this.#tokenOf(exchange);
    const authenticated = this.#verify(token, exchange);
    // a socket outlives its messages, and a broker's context may be shared: their tokens are looked at every time
    if (transport === 'http' || transport === 'graphql') this.#known.set(request, { token, authenticated });
    if (isUpgrade(request) && authenticated instanceof Promise) authenticated.catch(() => this.#known.delete(request));
    return authenticated;
  }

  /** A key may have been withdrawn since, and a token revoked. Its user stays: several operations share the request. */
  #verifyAnew(token: string, { user }: Authenticated): MaybePromise<Authenticated> {
    return whenReady(this.#verifier.verify(token), (verified) => this.#asAuthenticated(user, token, verified));
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

  #verify(token: string, exchange: Exchange | undefined): MaybePromise<Authenticated> {
    return whenReady(this.#verifier.verify(token), (verified) =>
      whenReady(this.#userOf(verified, exchange), (user) => this.#asAuthenticated(user, token, verified)),
    );
  }

  #userOf({ claims }: VerifiedAccessToken, exchange: Exchange | undefined): unknown {
    // a copy, as handlers may write to request.user and the claims may serve the next request
    const own = { ...claims };
    return this.settings.user === undefined ? own : this.settings.user(own, exchange?.context);
  }

  #asAuthenticated(user: unknown, token: string, verified: VerifiedAccessToken): Authenticated {
    if (user === undefined || user === null || user === false) {
      throw new AccessTokenRefused('invalid_token', 'The user of the access token is not known here');
    }
    const { event, claims } = verified;
    if (!lacksAuthTime(verified)) return { user, event, claims };
    const withAuthTime = () =>
      this.#answered(() =>
        whenReady(this.#verifier.withAuthTime(token, verified), ({ event, claims }) => ({ user, event, claims })),
      );
    return { user, event, claims, withAuthTime };
  }

  #stillValid(authenticated: Authenticated): Authenticated {
    checkStillValid(authenticated.claims, { now: Date.now() / 1000, clockTolerance: this.settings.clockTolerance });
    return authenticated;
  }

  /** Turns what the verification throws into answers. */
  #answered(authenticate: () => MaybePromise<Authenticated>): MaybePromise<Authenticated> {
    try {
      const authenticated = authenticate();
      return authenticated instanceof Promise ? authenticated.catch((error) => this.#refuse(error)) : authenticated;
    } catch (error) {
      return this.#refuse(error);
    }
  }

  #refuse(error: unknown): never {
    if (error instanceof AccessTokenRefused) throw AccessTokenException.refused(error, this.settings);
    if (error instanceof AuthorizationServerUnavailable) throw AccessTokenException.unavailable(error);
    throw error;
  }
}
