import { type ExecutionContext, HttpException, HttpStatus } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { type AuthorizationServer, checkProfile, readClaim } from '../../authorization-servers/index.js';
import { type AuthenticationEvent, StepUpConfigurationError } from '../../core/index.js';
import { isRegistered, tokenOfStrategy } from '../../passport/index.js';
import {
  AccessTokenRefused,
  AuthorizationServerUnavailable,
  authenticationEvent,
  checkStillValid,
  type MaybePromise,
  orElse,
  presentedToken,
  type ResolvedServers,
  readJwt,
} from '../../token/index.js';
import { subjectOf } from '../advice/advice.js';
import { callOption, callSynchronousOption } from '../advice/callback.js';
import type { StepUpLog } from '../advice/log.js';
import { AccessTokenException } from '../refusal/access-token.exception.js';
import type { StepUpSettings } from '../step-up-settings.js';
import { Attachment } from '../transports/attachment.js';
import { type Invocation, invocationOf } from '../transports/invocation.js';
import type { Request } from '../transports/request.js';
import type { Authenticated, Authenticator } from './authenticator.js';
import { assertSameUser } from './user-property.js';

type Claims = Readonly<Record<string, unknown>>;

const RFC_9068 = { profile: checkProfile(undefined, 'profile') };

/** An authentication event, and its server if that is known. */
interface KnownEvent {
  readonly event: AuthenticationEvent;
  readonly server: AuthorizationServer | undefined;
}

/**
 * Authenticates by the means of the application: the user on the request, else the Passport strategy that it names.
 * Refuses a request without a user, unless the event names a subject. Verifies no token.
 */
export class PassportAuthenticator implements Authenticator {
  readonly #guard: InstanceType<ReturnType<typeof AuthGuard>>;
  readonly #again = new WeakMap<object, Set<string>>();
  readonly #ofStrategy = new Attachment<unknown>();

  constructor(
    private readonly settings: StepUpSettings,
    private readonly log: StepUpLog,
    private readonly resolved?: ResolvedServers,
  ) {
    class StrategyGuard extends AuthGuard(settings.strategyName) {
      override getRequest(context: ExecutionContext): Request {
        return invocationOf(context).request;
      }
    }
    this.#guard = new StrategyGuard();
  }

  async authenticate(invocation: Invocation): Promise<Authenticated> {
    if (!this.#isAuthenticated(invocation)) await this.#authenticate(invocation);
    const user = userOn(invocation);
    const claims = recordOf(user);
    this.#checkLifetime(claims);
    const token = this.#acceptedClaims(invocation);
    const { event, server } = await this.#eventOf(invocation, user, token);
    if (!isSomebody(user) && event.subject === undefined) throw AccessTokenException.missing(this.settings);
    if (event.subject !== undefined) assertSameUser(user, undefined, event);
    // A delegate counts, also if validate() drops `act`.
    const act = claims['act'] ?? token?.['act'];
    return { user, event, claims: act === undefined ? claims : { ...claims, act }, server };
  }

  /**
   * Ignores a user who is on the request before such a handler: a guard of the strategy runs after ours and puts
   * another user there. Stores names, because tracing can wrap handlers after the boot.
   */
  authenticateAgain(controller: object, method: string): void {
    this.#again.set(controller, (this.#again.get(controller) ?? new Set()).add(method));
  }

  authenticateToken(): never {
    throw new StepUpConfigurationError(
      'authenticate() needs "passport": \'register\'; tokens are verified by a strategy of yours',
    );
  }

  #isAuthenticated(invocation: Invocation): boolean {
    const { request, context, transport } = invocation;
    const user = userOn(invocation);
    if (!isSomebody(user)) return false;
    const isOfStrategy = this.#ofStrategy.get(request) === user;
    // A socket can outlive the token by which the strategy knew the user.
    if (!transport.ownsRequest(request) && isOfStrategy) return false;
    const isAgain =
      context !== undefined && this.#again.get(context.getClass())?.has(context.getHandler().name) === true;
    return !isAgain || isOfStrategy;
  }

  async #authenticate({ request, context, transport }: Invocation): Promise<void> {
    const { strategyName, authenticationEvent } = this.settings;
    if (context === undefined) throw AccessTokenException.missing(this.settings);
    // Passport would leave the user on a socket. The next message would find that user and not be authenticated again.
    if (transport.carriesUser && isRegistered(strategyName)) {
      try {
        await this.#guard.canActivate(context);
        this.#ofStrategy.set(request, request.user);
      } catch (error) {
        throw this.#refusal(error, request);
      }
    } else if (authenticationEvent === undefined) {
      throw new StepUpConfigurationError(
        transport.carriesUser
          ? `No user is on the request and Passport has no strategy "${strategyName}"; let a guard that runs before ` +
              'AcrGuard (on the class, or below @RequireAcr) put the user there, register the strategy as a provider, or name ' +
              'yours in "strategyName"'
          : `Passport is not asked over ${transport.name}, and no user is on the client or the message context; put one ` +
              'there, give the option "authenticationEvent", or let "passport" be \'register\'',
      );
    }
  }

  #refusal(error: unknown, request: Request): unknown {
    if (!(error instanceof HttpException) || error.getStatus() !== HttpStatus.UNAUTHORIZED) return error;
    try {
      if (presentedToken(request) === undefined) return AccessTokenException.missing(this.settings);
    } catch (refused) {
      if (refused instanceof AccessTokenRefused) return AccessTokenException.refused(refused, this.settings);
    }
    const refused = new AccessTokenRefused('token_not_accepted');
    return AccessTokenException.refused(refused, this.settings);
  }

  /** Checks `exp`, because a session or a socket can keep a user for longer than the token is valid. */
  #checkLifetime({ exp }: Claims): void {
    if (exp === undefined) return;
    try {
      checkStillValid({ exp }, { now: Date.now() / 1000, clockTolerance: this.settings.clockTolerance });
    } catch (refused) {
      if (refused instanceof AccessTokenRefused) throw AccessTokenException.refused(refused, this.settings);
      throw refused;
    }
  }

  async #eventOf({ context }: Invocation, user: unknown, token: Claims | undefined): Promise<KnownEvent> {
    const { authenticationEvent } = this.settings;
    if (authenticationEvent === undefined) {
      const claims = recordOf(user);
      const server = await this.#serverOf(claims['iss']);
      return { event: this.#eventOfUser(claims, token, server), server };
    }
    if (context === undefined)
      throw new StepUpConfigurationError('"authenticationEvent" needs an ExecutionContext; hand on @StepUpContext()');
    const event: unknown = await callOption('authenticationEvent', () => authenticationEvent(context));
    if (event === null) throw AccessTokenException.missing(this.settings);
    if (typeof event !== 'object') {
      throw new StepUpConfigurationError(
        '"authenticationEvent" cannot tell the event of this request; return {} if none is recorded, and null if ' +
          'nobody has signed in',
      );
    }
    const known = this.#withIssuer(event);
    return { event: known, server: await this.#serverOf(known.issuer) };
  }

  /** Returns the server of an issuer, or without an issuer the only one. */
  #serverOf(issuer: unknown): MaybePromise<AuthorizationServer | undefined> {
    const { servers } = this.settings;
    if (!isPresent(issuer)) return this.#hasOneServer ? servers[0] : undefined;
    const configured = servers.find((server) => server.issuer === issuer);
    return configured ?? orElse(() => this.resolved?.resolve(issuer), refuseUnavailable);
  }

  get #hasOneServer(): boolean {
    return this.settings.servers.length === 1 && this.resolved === undefined;
  }

  /** Reads the event from the user on the request. The unverified token can refuse, but adds nothing. */
  #eventOfUser(
    user: Claims,
    token: Claims | undefined,
    { profile }: Pick<AuthorizationServer, 'profile'> = RFC_9068,
  ): AuthenticationEvent {
    const { iss } = user;
    const paths = [
      profile.claims.acr,
      profile.claims.authTime,
      ...(profile.methods === undefined ? [] : [profile.claims.amr]),
    ];
    const dropped = paths.find(
      (path) => token !== undefined && isPresent(readClaim(token, path)) && !isPresent(readClaim(user, path)),
    );
    if (dropped !== undefined) this.#refuseDropped(dropped.join('.'));
    else if (paths.every((path) => !isPresent(readClaim(user, path)))) this.#warnMissing(iss, token);
    const { issuer, ...event } = authenticationEvent(user, { issuer: String(iss), profile });
    return this.#withIssuer(typeof iss === 'string' ? { ...event, issuer } : event);
  }

  /** Throws only in enforce mode. Report mode must not refuse what was not refused before. */
  #refuseDropped(claim: string): void {
    const { strategyName, mode } = this.settings;
    const message =
      `The access token carries "${claim}", but request.user does not: the validate() of the Passport strategy ` +
      `"${strategyName}" drops it; return it there, or give the option "authenticationEvent"`;
    if (mode === 'enforce') throw new StepUpConfigurationError(message);
    this.log.advise({ code: 'claims_dropped_by_validate', subject: strategyName, message });
  }

  #warnMissing(iss: unknown, token: Claims | undefined): void {
    this.log.adviseOn('acr_and_auth_time_missing', subjectOf(iss, this.settings.servers), () => ({
      message:
        token === undefined
          ? 'neither acr nor auth_time is on request.user, and no token was found to compare it with; return them in ' +
            'validate(), or give the options "accessToken" or "authenticationEvent"'
          : 'neither acr nor auth_time is in the token; the issuer has to put them there, and docs/own-tokens.md says how if this ' +
            'application is the issuer',
    }));
  }

  #withIssuer(event: AuthenticationEvent): AuthenticationEvent {
    const [only] = this.settings.servers;
    if (event.issuer !== undefined || (only === undefined && this.resolved === undefined)) return event;
    if (only !== undefined && this.#hasOneServer) return { ...event, issuer: only.issuer };
    throw new StepUpConfigurationError(
      'The authentication event has no issuer and several authorization servers are possible; ' +
        'let request.user carry "iss", or the option "authenticationEvent" return "issuer"',
    );
  }

  /** Returns the claims of the token that the strategy of the application accepted; `undefined` if none can be read. */
  #acceptedClaims({ request, context }: Invocation): Claims | undefined {
    try {
      const { accessToken } = this.settings;
      const elsewhere = context && accessToken && callSynchronousOption('accessToken', () => accessToken(context));
      const token =
        elsewhere === undefined || elsewhere === ''
          ? (tokenOfStrategy(this.settings.strategyName, request) ?? presentedToken(request)?.token)
          : elsewhere;
      return token === undefined ? undefined : readJwt(token).payload;
    } catch (error) {
      if (error instanceof AccessTokenRefused) return undefined;
      throw error;
    }
  }
}

function userOn({ userHolders }: Invocation): unknown {
  for (const holder of userHolders) {
    const { user } = holder as { user?: unknown };
    if (isSomebody(user)) return user;
  }
  return undefined;
}

/** @throws AccessTokenException if the application cannot resolve an issuer */
function refuseUnavailable(error: unknown): never {
  throw error instanceof AuthorizationServerUnavailable ? AccessTokenException.unavailable(error) : error;
}

function recordOf(user: unknown): Claims {
  return typeof user === 'object' && user !== null ? (user as Claims) : {};
}

/** As in Passport, `false`, an empty text and zero are no user. */
function isSomebody(user: unknown): boolean {
  return Boolean(user);
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}
