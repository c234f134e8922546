import type { AuthenticationRequirements } from '../../core/index.js';
import {
  AccessTokenRefused,
  AccessTokenVerifier,
  AuthorizationServerUnavailable,
  andThen,
  checkStillValid,
  lacksRequired,
  type MaybePromise,
  orElse,
  type Presentation,
  presentedScheme,
  presentedToken,
  type ResolvedServers,
  type TokenScheme,
  type VerifiedAccessToken,
} from '../../token/index.js';
import { adviceSubject } from '../advice/advice.js';
import { callOption, callSynchronousOption } from '../advice/callback.js';
import type { StepUpLog } from '../advice/log.js';
import type { Verifications } from '../advice/verifications.js';
import { AccessTokenException } from '../refusal/access-token.exception.js';
import { TokenAdvice } from '../refusal/token-advice.js';
import type { StepUpSettings } from '../step-up-settings.js';
import { connectionOf } from '../transports/connection.js';
import type { Invocation } from '../transports/invocation.js';
import type { Request } from '../transports/request.js';
import type { ResponseHeaders } from '../transports/response-headers.js';
import { onlyToken } from '../transports/token-locations.js';
import type { Transport } from '../transports/transport.js';
import type { Authenticated, Authenticator } from './authenticator.js';
import type { RequestRecords } from './request-record.js';

interface SentToken {
  readonly token: string;
  readonly scheme: TokenScheme;
}

/**
 * Authenticates by the access token of the request, which it verifies itself, and by the proof of the key that the token
 * is bound to. Verifies once for a request that ends with its operation, and every time for one that outlives it. Never
 * trusts `request.user`.
 */
export class TokenAuthenticator implements Authenticator {
  readonly #verifier: AccessTokenVerifier;

  /** @throws StepUpConfigurationError for a private key of `introspection` that cannot be used */
  constructor(
    private readonly settings: StepUpSettings,
    private readonly log: StepUpLog,
    private readonly verifications: Verifications,
    private readonly headers: ResponseHeaders,
    resolved: ResolvedServers | undefined,
    private readonly records: RequestRecords,
  ) {
    const advice = new TokenAdvice(settings, log);
    const { servers, clockTolerance, tokenCacheBytes, possession } = settings;
    this.#verifier = new AccessTokenVerifier(
      servers,
      clockTolerance,
      {
        warn: (code, issuer, message) => log.advise({ code, ...adviceSubject(issuer, servers, message) }),
        unavailable: (failure) => advice.noteUnavailable(failure),
        tokenCacheBytes,
        possession,
      },
      resolved,
    );
    verifications.countBy(this.#verifier);
  }

  authenticate(invocation: Invocation): MaybePromise<Authenticated | AccessTokenException> {
    return orElse(
      () => this.#authenticate(invocation) ?? AccessTokenException.missing(this.settings),
      (error) => this.#refusalOf(error, this.#schemeOf(invocation)),
    );
  }

  authenticateToken(token: string): MaybePromise<Authenticated> {
    return orElse(
      () => this.#verify({ token, scheme: 'Bearer' }, undefined),
      (error) => {
        throw this.#refusalOf(error);
      },
    );
  }

  /** Returns `undefined` if the request has no token. */
  #authenticate(invocation: Invocation): MaybePromise<Authenticated | AccessTokenException> | undefined {
    const { request, transport } = invocation;
    if (!transport.ownsRequest(request)) {
      const token = this.#tokenOf(invocation, false);
      return token === undefined ? undefined : this.#verify(token, invocation);
    }
    const record = this.records.get(request);
    const known = record?.known;
    // The option "accessToken" can find another token for each field of a GraphQL request. It needs a context.
    const mayDiffer = this.settings.accessToken !== undefined && invocation.context !== undefined;
    if (known !== undefined && (!mayDiffer || known.token === this.#tokenOf(invocation)?.token)) {
      return andThen(known.authenticated, (authenticated) => this.#stillValid(authenticated));
    }
    const sent = this.#tokenOf(invocation);
    if (sent === undefined) return undefined;
    const { token } = sent;
    const received = this.#receivedWith(request, token);
    if (received !== undefined) {
      this.#handOutNonce(sent.scheme, invocation);
      return andThen(received, (authenticated) => this.#stillValid(authenticated));
    }
    // GraphQL asks again for each field.
    if (record?.refused?.token === token) return this.#refusalOf(record.refused.error, sent.scheme);
    try {
      const authenticated = this.#verify(sent, invocation);
      this.records.of(request).known = { token, authenticated };
      return authenticated;
    } catch (error) {
      this.records.of(request).refused = { token, error };
      return this.#refusalOf(error, sent.scheme);
    }
  }

  /**
   * Returns what is known of the request of Node behind that of Fastify, which is all that middleware has. A proof is
   * accepted once. Compares the token, because several requests of a framework can stand for one of Node.
   */
  #receivedWith({ raw }: Request, token: string): MaybePromise<Authenticated> | undefined {
    const known = typeof raw === 'object' && raw !== null ? this.records.get(raw)?.known : undefined;
    return known?.token === token ? known.authenticated : undefined;
  }

  /** @param isOwned whether the request ends with its operation */
  #tokenOf({ request, context, transport }: Invocation, isOwned = true): SentToken | undefined {
    const { accessToken, schemes } = this.settings;
    const elsewhere = context && accessToken && callSynchronousOption('accessToken', () => accessToken(context));
    if (elsewhere !== undefined && elsewhere !== '') return { token: elsewhere, scheme: 'Bearer' };
    const presented = isOwned ? presentedToken(request) : this.#tokenOfConnection(request, context, transport);
    if (presented?.scheme === 'DPoP' && schemes === undefined) {
      throw new AccessTokenRefused('proof_unsupported');
    }
    return presented;
  }

  /** The token by which a connection was renewed stands in for that of its handshake. */
  #tokenOfConnection(request: Request, context: Invocation['context'], transport: Transport): SentToken | undefined {
    const connection = connectionOf(transport.connectionHoldersOf?.(request, context) ?? []);
    if (connection?.isRefused) return undefined;
    if (connection?.token !== undefined) return { token: connection.token, scheme: 'Bearer' };
    const { accessToken, tokenLocations } = this.settings;
    const tokens = transport.tokensOf(request, context, tokenLocations);
    if (tokens.length === 0 && context !== undefined && accessToken === undefined) this.#adviseOnPlace(transport);
    return onlyToken(tokens);
  }

  #adviseOnPlace({ name }: Transport): void {
    this.log.adviseOn('token_place_missing', 'accessToken', () => ({
      message: `what comes by "${name}" has no place for a token, so that every call is refused`,
      fix:
        'give a function that finds it in the payload, or leave its place in "tokenLocations" on: see ' +
        'docs/transports.md',
    }));
  }

  #verify({ token, scheme }: SentToken, invocation: Invocation | undefined): MaybePromise<Authenticated> {
    const presentation = this.#presentation(scheme, invocation);
    return andThen(this.verifications.verify(this.#verifier, token, presentation), (verified) =>
      andThen(this.#userOf(verified, invocation), (user) => this.#asAuthenticated(user, token, verified, scheme)),
    );
  }

  /** Returns how a token was sent; `undefined` if no token has to be bound. Hands out the nonce for the next proof. */
  #presentation(scheme: TokenScheme, invocation: Invocation | undefined): Presentation | undefined {
    if (this.settings.possession === undefined) return undefined;
    const request = invocation?.transport.ownsRequest(invocation.request) ? invocation.request : undefined;
    if (request !== undefined) this.#handOutNonce(scheme, invocation as Invocation);
    return { scheme, request };
  }

  #handOutNonce(scheme: TokenScheme, invocation: Invocation): void {
    const nonce = this.#nonceFor(scheme);
    if (nonce !== undefined) this.headers.writeNonce(invocation, nonce);
  }

  #nonceFor(scheme: TokenScheme): string | undefined {
    return scheme === 'DPoP' ? this.#verifier.nonce() : undefined;
  }

  /** Returns the scheme whose challenge has the error of a refusal. */
  #schemeOf({ request }: Invocation): TokenScheme {
    return this.settings.schemes === undefined ? 'Bearer' : presentedScheme(request);
  }

  #userOf({ claims, event, server }: VerifiedAccessToken, invocation: Invocation | undefined): unknown {
    // A copy, because handlers can write to request.user and the claims can serve the next request.
    const own = { ...claims };
    const { user } = this.settings;
    if (user === undefined) return own;
    // An introspection response can lack both.
    const named = Object.assign(own, { sub: event.subject as string, iss: server.issuer });
    return callOption('user', () => user(named, invocation?.context));
  }

  #asAuthenticated(user: unknown, token: string, verified: VerifiedAccessToken, scheme: TokenScheme): Authenticated {
    if (user === undefined || user === null || user === false) {
      throw new AccessTokenRefused('user_unknown');
    }
    const { event, claims, server } = verified;
    const known: Authenticated =
      scheme === 'Bearer' ? { user, event, claims, server } : { user, event, claims, server, scheme };
    if (server.introspection === undefined) return known;
    const complete = (requirements: AuthenticationRequirements) =>
      lacksRequired(verified, requirements)
        ? orElse(
            () =>
              andThen(this.#verifier.complete(token, verified, requirements), (completed) => ({
                ...known,
                event: completed.event,
                claims: completed.claims,
              })),
            (error) => {
              throw this.#refusalOf(error, scheme);
            },
          )
        : known;
    return { ...known, complete };
  }

  #stillValid(authenticated: Authenticated): Authenticated {
    checkStillValid(authenticated.claims, { now: Date.now() / 1000, clockTolerance: this.settings.clockTolerance });
    return authenticated;
  }

  /**
   * Returns the refusal for an error of the verification.
   *
   * @throws every other error
   */
  #refusalOf(error: unknown, scheme: TokenScheme = 'Bearer'): AccessTokenException {
    if (error instanceof AccessTokenRefused) {
      return AccessTokenException.refused(error, this.settings, scheme, this.#nonceFor(scheme));
    }
    if (error instanceof AuthorizationServerUnavailable) return AccessTokenException.unavailable(error);
    throw error;
  }
}
