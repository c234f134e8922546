import { type ExecutionContext, HttpException, HttpStatus } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { type AuthorizationServer, checkProfile, readClaim } from '../../authorization-servers/index.js';
import type { AuthenticationEvent } from '../../core/index.js';
import { isRegistered } from '../../passport/index.js';
import {
  AccessTokenRefused,
  authenticationEvent,
  authenticationOf,
  presentedToken,
  readJwt,
} from '../../token/index.js';
import { subjectOf } from '../advice/advice.js';
import type { StepUpLog } from '../advice/log.js';
import { AccessTokenException } from '../refusal/access-token.exception.js';
import type { StepUpSettings } from '../step-up.options.js';
import { type Invocation, invocationOf } from '../transports/invocation.js';
import type { Request } from '../transports/transport.js';
import type { Authenticated, Authenticator } from './authenticator.js';

const RFC_9068 = checkProfile(undefined, 'profile');

/** Authenticates by the application's own means: what has set `request.user`, else the Passport strategy it names. */
export class PassportAuthenticator implements Authenticator {
  readonly #guard: InstanceType<ReturnType<typeof AuthGuard>>;
  readonly #again = new WeakMap<object, Set<string>>();
  readonly #users = new WeakMap<Request, unknown>();

  constructor(
    private readonly settings: StepUpSettings,
    private readonly log: StepUpLog,
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
    const { user } = invocation.request;
    const event = await this.#eventOf(invocation);
    const claims = recordOf(user);
    // whoever acts for the user counts, even where validate() forgets to mention it
    const act = claims['act'] ?? acceptedClaims(invocation.request)?.['act'];
    return { user, event, claims: act === undefined ? claims : { ...claims, act } };
  }

  /**
   * Takes no notice of a user who is on the request before such a handler: a guard of the strategy runs after ours and
   * will put another one there. By names, as tracing may wrap handlers after the boot.
   */
  authenticateAgain(controller: object, method: string): void {
    this.#again.set(controller, (this.#again.get(controller) ?? new Set()).add(method));
  }

  authenticateToken(): never {
    throw new TypeError('authenticate() needs "passport": \'register\'; tokens are verified by a strategy of yours');
  }

  #isAuthenticated({ request, context, transport }: Invocation): boolean {
    const { user } = request;
    // Passport says `false` where nobody has authenticated
    if (!isPresent(user) || user === false) return false;
    // a socket may have outlived the token by which the strategy knew the user
    if (!transport.ownsRequest(request) && this.#users.get(request) === user) return false;
    const isAgain =
      context !== undefined && this.#again.get(context.getClass())?.has(context.getHandler().name) === true;
    return !isAgain || this.#users.get(request) === user;
  }

  async #authenticate({ request, context, transport }: Invocation): Promise<void> {
    const { strategyName, authenticationEvent } = this.settings;
    if (context === undefined) throw AccessTokenException.missing(this.settings);
    // Passport would leave the user on a socket, where the next message would find it and not be judged again
    const isStrategyOfUse = transport.carriesUser && isRegistered(strategyName);
    if (!isStrategyOfUse) {
      if (authenticationEvent !== undefined) return;
      throw new TypeError(
        `No user is on the request and Passport has no strategy "${strategyName}"; register it as a provider, ` +
          'or name yours in "strategyName"',
      );
    }
    try {
      await this.#guard.canActivate(context);
      this.#users.set(request, request.user);
    } catch (error) {
      throw this.#refusal(error, request);
    }
  }

  #refusal(error: unknown, request: Request): unknown {
    if (!(error instanceof HttpException) || error.getStatus() !== HttpStatus.UNAUTHORIZED) return error;
    try {
      if (presentedToken(request) === undefined) return AccessTokenException.missing(this.settings);
    } catch (refused) {
      if (refused instanceof AccessTokenRefused) return AccessTokenException.refused(refused, this.settings);
    }
    const refused = new AccessTokenRefused('invalid_token', 'The access token is not accepted');
    return AccessTokenException.refused(refused, this.settings);
  }

  async #eventOf({ request, context }: Invocation): Promise<AuthenticationEvent> {
    const { authenticationEvent } = this.settings;
    if (authenticationEvent === undefined) return this.#eventOfUser(request);
    if (context === undefined)
      throw new TypeError('"authenticationEvent" needs an ExecutionContext; hand on @StepUpContext()');
    const event = await authenticationEvent(context);
    if (typeof event !== 'object' || event === null) {
      throw new TypeError(
        '"authenticationEvent" cannot tell the event of this request; return {} where none is recorded',
      );
    }
    return this.#withIssuer(event);
  }

  #eventOfUser(request: Request): AuthenticationEvent {
    const user = recordOf(request.user);
    const token = acceptedClaims(request) ?? {};
    const { iss } = user;
    const profile = this.#profileOf(iss);
    const { acr, authTime } = profile.claims;
    const dropped = [acr, authTime].find(
      (path) => isPresent(readClaim(token, path)) && !isPresent(readClaim(user, path)),
    );
    if (dropped !== undefined) this.#refuseDropped(dropped.join('.'));
    const { issuer, ...event } = authenticationEvent(user, { issuer: String(iss), profile });
    const own = this.#withIssuer(typeof iss === 'string' ? { ...event, issuer } : event);
    // what report mode waives, and no more: nobody here has verified the token
    if (dropped !== undefined) return { ...own, ...authenticationOf(token, profile) };
    if (!isPresent(readClaim(user, acr)) && !isPresent(readClaim(user, authTime))) {
      this.log.warnOnce(
        'event_missing',
        subjectOf(iss, this.settings.servers),
        'neither acr nor auth_time is in the token; the authorization server has to be told to put them there',
      );
    }
    return own;
  }

  /** To record must not refuse what was not refused before: report mode is content with what the token says. */
  #refuseDropped(claim: string): void {
    const { strategyName, mode } = this.settings;
    const message =
      `The access token carries "${claim}", but request.user does not: the validate() of the Passport strategy ` +
      `"${strategyName}" drops it; return it there, or give the option "authenticationEvent"`;
    if (mode === 'enforce') throw new TypeError(message);
    this.log.warnOnce('event_dropped', strategyName, message);
  }

  #profileOf(iss: unknown): AuthorizationServer['profile'] {
    const { servers } = this.settings;
    const server = isPresent(iss) || servers.length > 1 ? servers.find(({ issuer }) => issuer === iss) : servers[0];
    return server?.profile ?? RFC_9068;
  }

  #withIssuer(event: AuthenticationEvent): AuthenticationEvent {
    const [only, ...others] = this.settings.servers;
    if (event.issuer !== undefined || only === undefined) return event;
    if (others.length === 0) return { ...event, issuer: only.issuer };
    throw new TypeError(
      'The authentication event has no issuer and several authorization servers are configured; ' +
        'let request.user carry "iss", or the option "authenticationEvent" return "issuer"',
    );
  }
}

function recordOf(user: unknown): Readonly<Record<string, unknown>> {
  return typeof user === 'object' && user !== null ? (user as Record<string, unknown>) : {};
}

/** What the token says that the application's strategy accepted; `undefined` where there is none that can be read. */
function acceptedClaims(request: Request): Readonly<Record<string, unknown>> | undefined {
  try {
    const presented = presentedToken(request);
    return presented && readJwt(presented.token).payload;
  } catch {
    return undefined;
  }
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}
