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
  presentedToken,
  type ResolvedServers,
  type VerifiedAccessToken,
} from '../../token/index.js';
import { adviceSubject } from '../advice/advice.js';
import { callOption } from '../advice/callback.js';
import type { StepUpLog } from '../advice/log.js';
import type { Verifications } from '../advice/verifications.js';
import { AccessTokenException } from '../refusal/access-token.exception.js';
import { TokenAdvice } from '../refusal/token-advice.js';
import type { StepUpSettings } from '../step-up.options.js';
import { Attachment } from '../transports/attachment.js';
import type { Invocation } from '../transports/invocation.js';
import type { Authenticated, Authenticator } from './authenticator.js';

/**
 * Authenticates by the access token of the request, which it verifies itself. Verifies once for a request that ends
 * with its operation, and every time for one that outlives it. Never trusts `request.user`.
 */
export class TokenAuthenticator implements Authenticator {
  readonly #verifier: AccessTokenVerifier;
  readonly #known = new Attachment<{ readonly token: string; readonly authenticated: MaybePromise<Authenticated> }>();
  readonly #refused = new Attachment<{ readonly token: string; readonly error: unknown }>();

  /** @throws StepUpConfigurationError for a private key of `introspection` that cannot be used */
  constructor(
    private readonly settings: StepUpSettings,
    log: StepUpLog,
    private readonly verifications: Verifications,
    resolved: ResolvedServers | undefined,
  ) {
    const advice = new TokenAdvice(settings, log);
    this.#verifier = new AccessTokenVerifier(
      settings.servers,
      settings.clockTolerance,
      {
        warn: (code, issuer, message) => log.advise({ code, ...adviceSubject(issuer, settings.servers, message) }),
        unavailable: (failure) => advice.noteUnavailable(failure),
        tokenCacheBytes: settings.tokenCacheBytes,
      },
      resolved,
    );
    verifications.countBy(this.#verifier);
  }

  authenticate(invocation: Invocation): MaybePromise<Authenticated> {
    const authenticated = this.#refusing(() => this.#authenticate(invocation));
    // Outside, because it costs as much to catch and throw an error again as to create it.
    if (authenticated === undefined) throw AccessTokenException.missing(this.settings);
    return authenticated;
  }

  authenticateToken(token: string): MaybePromise<Authenticated> {
    return this.#refusing(() => this.#verify(token, undefined));
  }

  /** Returns `undefined` if the request has no token. */
  #authenticate(invocation: Invocation): MaybePromise<Authenticated> | undefined {
    const { request, transport } = invocation;
    if (!transport.ownsRequest(request)) {
      const token = this.#tokenOf(invocation);
      return token === undefined ? undefined : this.#verify(token, invocation);
    }
    const known = this.#known.get(request);
    // The option "accessToken" can find another token for each field of a GraphQL request. It needs a context.
    const mayDiffer = this.settings.accessToken !== undefined && invocation.context !== undefined;
    if (known !== undefined && (!mayDiffer || known.token === this.#tokenOf(invocation))) {
      return andThen(known.authenticated, (authenticated) => this.#stillValid(authenticated));
    }
    const token = this.#tokenOf(invocation);
    if (token === undefined) return undefined;
    // GraphQL asks again for each field.
    const refused = this.#refused.get(request);
    if (refused?.token === token) throw refused.error;
    try {
      const authenticated = this.#verify(token, invocation);
      this.#known.set(request, { token, authenticated });
      return authenticated;
    } catch (error) {
      this.#refused.set(request, { token, error });
      throw error;
    }
  }

  #tokenOf({ request, context }: Invocation): string | undefined {
    const { accessToken } = this.settings;
    const elsewhere = context && accessToken && callOption('accessToken', () => accessToken(context));
    if (elsewhere !== undefined && elsewhere !== '') return elsewhere;
    const presented = presentedToken(request);
    if (presented?.scheme === 'DPoP') {
      throw new AccessTokenRefused('proof_unsupported');
    }
    return presented?.token;
  }

  #verify(token: string, invocation: Invocation | undefined): MaybePromise<Authenticated> {
    return andThen(this.verifications.verify(this.#verifier, token), (verified) =>
      andThen(this.#userOf(verified, invocation), (user) => this.#asAuthenticated(user, token, verified)),
    );
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

  #asAuthenticated(user: unknown, token: string, verified: VerifiedAccessToken): Authenticated {
    if (user === undefined || user === null || user === false) {
      throw new AccessTokenRefused('user_unknown');
    }
    const { event, claims, server } = verified;
    if (server.introspection === undefined) return { user, event, claims, server };
    const complete = (requirements: AuthenticationRequirements) =>
      lacksRequired(verified, requirements)
        ? this.#refusing(() =>
            andThen(this.#verifier.complete(token, verified, requirements), (completed) => ({
              user,
              event: completed.event,
              claims: completed.claims,
              server,
            })),
          )
        : { user, event, claims, server };
    return { user, event, claims, server, complete };
  }

  #stillValid(authenticated: Authenticated): Authenticated {
    checkStillValid(authenticated.claims, { now: Date.now() / 1000, clockTolerance: this.settings.clockTolerance });
    return authenticated;
  }

  /** Converts errors of the verification into refusals. */
  #refusing<T>(authenticate: () => T): T {
    return orElse<T, never>(authenticate, (error) => this.#refuse(error)) as T;
  }

  #refuse(error: unknown): never {
    if (error instanceof AccessTokenRefused) throw AccessTokenException.refused(error, this.settings);
    if (error instanceof AuthorizationServerUnavailable) throw AccessTokenException.unavailable(error);
    throw error;
  }
}
