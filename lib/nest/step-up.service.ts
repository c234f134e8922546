import { type ExecutionContext, Inject, Injectable, InternalServerErrorException, type Type } from '@nestjs/common';
import type { AuthorizationServer } from '../authorization-servers/index.js';
import {
  type Assessment,
  type AuthenticationEvent,
  type AuthenticationRequirements,
  assess,
  mergeRequirements,
} from '../core/index.js';
import { type MaybePromise, whenReady } from '../token/index.js';
import type { Advice } from './advice/advice.js';
import { StepUpLog } from './advice/log.js';
import type { Authenticated, Authenticator } from './authentication/authenticator.js';
import { isMachine, isRefusedDelegation } from './authentication/client-or-delegate.js';
import { ExistingAuthenticator } from './authentication/passport.authenticator.js';
import { TokenAuthenticator } from './authentication/token.authenticator.js';
import { type ChallengedEvent, StepUpChallenges } from './refusal/challenger.js';
import {
  AccessTokenException,
  InsufficientUserAuthenticationException,
} from './refusal/insufficient-user-authentication.exception.js';
import { type RequireAcrArguments, requirementsFrom } from './requirements/require-acr-arguments.js';
import { resolve } from './requirements/requirements-function.js';
import { type Handler, type Route, type RouteDescription, Routes } from './requirements/route.js';
import { RouteRequirement } from './requirements/translated-requirements.js';
import { Vocabularies } from './requirements/vocabularies.js';
import { STEP_UP_SETTINGS, type StepUpSettings } from './step-up.options.js';
import { StepUpAnswer } from './transports/http-headers.js';
import { type Exchange, exchangeAt, exchangeOf, type Request } from './transports/invocation.js';

/**
 * Judges requests against authentication requirements: the work behind {@link AcrGuard}, and for decisions inside a
 * handler. Judges anew each time; no verdict is cached, shared or remembered for a user or a socket.
 */
@Injectable()
export class StepUpService {
  readonly #routes: Routes;
  #compiled: readonly Route[] = [];
  readonly #authenticator: Authenticator;
  readonly #servers: ReadonlyMap<string | undefined, AuthorizationServer>;
  readonly #challenges: StepUpChallenges;
  // one verdict for an invocation, however many guards ask; the next GraphQL field or message is another context
  readonly #admitted = new WeakMap<ExecutionContext, MaybePromise<boolean>>();
  readonly #contexts = new WeakMap<object, ExecutionContext>();
  readonly #users = new WeakMap<ExecutionContext, unknown>();

  constructor(
    @Inject(STEP_UP_SETTINGS) protected readonly settings: StepUpSettings,
    private readonly answer: StepUpAnswer,
    private readonly log: StepUpLog,
  ) {
    this.#routes = new Routes(settings.requirements, new Vocabularies(settings.servers));
    this.#servers = new Map(settings.servers.map((server) => [server.issuer, server]));
    this.#challenges = new StepUpChallenges(settings, log);
    this.#authenticator =
      settings.passport === 'register'
        ? new TokenAuthenticator(settings, log)
        : new ExistingAuthenticator(settings, log);
  }

  /**
   * What {@link AcrGuard} does: lets an invocation through that meets its route's requirements.
   *
   * @throws InsufficientUserAuthenticationException with the challenge, already written to the response
   * @throws AccessTokenException for a missing or refused token, a lacking scope, or a token that can never be enough
   */
  admit(context: ExecutionContext): MaybePromise<boolean> {
    const known = this.#admitted.get(context);
    if (known !== undefined && !this.#isReplaced(context)) return known;
    const admitted = this.#guarded(context, () => this.#admit(context));
    this.#admitted.set(context, admitted);
    return admitted;
  }

  /**
   * What {@link AccessTokenGuard} does: lets an invocation through that has a valid access token or needs none.
   *
   * @throws AccessTokenException for a missing or refused token
   */
  admitAuthenticated(context: ExecutionContext): MaybePromise<boolean> {
    return this.#guarded(context, () => {
      const { description, isInherited } = this.#routeOf(context);
      if (description.access === 'public') return true;
      const isMarkedHere = description.access === 'required' && !isInherited;
      if (!isMarkedHere && this.settings.isPublic?.(context) === true) return true;
      return whenReady(this.#identify(exchangeOf(context)), () => true);
    });
  }

  /**
   * Tells whether the authentication behind a request meets requirements, given as `@RequireAcr` takes them. Truthful in
   * report mode too. Not met, and without reasons, is whatever somebody else than the user does by a token with `act`, unless
   * `delegation` is `'accept'`.
   *
   * @param at an ExecutionContext, the request, or what `@StepUpContext()` gave
   * @throws AccessTokenException where no user can be told
   * @throws InternalServerErrorException for requirements that are wrong; the log says how
   */
  async assess(at: unknown, ...required: RequireAcrArguments): Promise<Assessment> {
    const exchange = this.#exchangeAt(at);
    return this.#guarded(exchange, async () => {
      const authenticated = await this.#identify(exchange);
      const requirements = await this.#requirementsOf(exchange, required);
      if (requirements === undefined) return { met: true };
      const { event, claims } = await completed(authenticated, requirements);
      if (isRefusedDelegation(claims, this.#servers.get(event.issuer))) return { met: false, reasons: [] };
      const translated = new RouteRequirement(requirements, this.#routes.vocabularies).for(event.issuer);
      if (translated === undefined) return { met: false, reasons: ['acr_unmet'] };
      return this.assessEvent(event, translated);
    });
  }

  /**
   * Requires more inside a handler, once it knows what is at stake. Call it on validated input and before any side effect.
   * Challenges for the route's requirements merged with the given ones, lest the next token meet one and miss the other.
   *
   * @example `if (transfer.amount > 100_000) await this.stepUp.require(at, 'phr')`
   * @param at an ExecutionContext, the request, or what `@StepUpContext()` gave
   * @throws InsufficientUserAuthenticationException where they are not met
   * @throws AccessTokenException as {@link admit} does
   * @throws InternalServerErrorException for requirements that are wrong; the log says how
   */
  async require(at: unknown, ...required: RequireAcrArguments): Promise<void> {
    const exchange = this.#exchangeAt(at);
    await this.#guarded(exchange, async () => {
      const authenticated = await this.#identify(exchange);
      const requirements = await this.#requirementsOf(exchange, required);
      if (requirements === undefined) return;
      const complete = await completed(authenticated, requirements);
      this.judge(exchange, complete, new RouteRequirement(requirements, this.#routes.vocabularies));
    });
  }

  /**
   * The user behind a token that comes without a request, such as in a socket's handshake. Not with `'existing'`.
   *
   * @throws AccessTokenException for a refused token
   * @throws TypeError with `'existing'`
   */
  async authenticate(token: string): Promise<Authenticated> {
    if (!(this.#authenticator instanceof TokenAuthenticator)) {
      throw new TypeError('authenticate() needs "passport": \'register\'; tokens are verified by a strategy of yours');
    }
    return this.#authenticator.authenticateToken(token);
  }

  /**
   * The user of a request that Passport hands to our strategy.
   *
   * @internal
   */
  userOf(request: Request): MaybePromise<unknown> {
    const exchange = exchangeAt(request);
    return this.#guarded(exchange, () => whenReady(this.#identify(exchange), ({ user }) => user));
  }

  /**
   * What each handler of the application requires, in the order in which Nest knows them, and what the audits advise on it.
   * Empty before the boot.
   */
  routes(): readonly RouteDescription[] {
    return Object.freeze(this.#compiled.map(({ description }) => description));
  }

  /** Calls a listener for each refusal for want of a sufficient authentication. Gives back what takes it off again. */
  onChallenged(listener: (event: ChallengedEvent) => void): () => void {
    return this.#challenges.onChallenged(listener);
  }

  /**
   * Calls a listener for what works, but probably not as meant: findings at boot, in the metadata of authorization servers
   * and in tokens, each once for what it is about. What was found before is told at once. Gives back what takes the
   * listener off again.
   */
  onAdvice(listener: (advice: Advice) => void): () => void {
    return this.log.onAdvice(listener);
  }

  /**
   * Refuses a handler that took the place of a decorated one unseen, such as one that a controller made for each request
   * binds to itself: it has no guard of its own.
   *
   * @internal
   */
  recognise(context: ExecutionContext): MaybePromise<boolean> {
    return this.#guarded(context, () => this.#routeOf(context) !== undefined);
  }

  /**
   * Compiles the routes of the application, so that what is wrong with one stops the boot.
   *
   * @internal
   */
  compile(handlers: readonly (readonly [controller: Type, handler: Handler])[]): readonly Route[] {
    this.#compiled = handlers.map(([controller, handler]) => this.#routes.of(controller, handler));
    return this.#compiled;
  }

  /**
   * Whether the boot may ask authorization servers: not where a test stands in for them.
   *
   * @internal
   */
  get asksAuthorizationServers(): boolean {
    return true;
  }

  /**
   * With a strategy of the application: judges the user of the strategy on this handler, whoever is on the request.
   *
   * @internal
   */
  authenticateAnew(controller: Type, handler: Handler): void {
    if (this.#authenticator instanceof ExistingAuthenticator) this.#authenticator.authenticateAnew(controller, handler);
  }

  #admit(context: ExecutionContext): MaybePromise<boolean> {
    const route = this.#routeOf(context);
    const { access } = route.description;
    if (access === 'open' || access === 'public') return true;
    if (route.isInherited && access === 'required' && this.settings.isPublic?.(context) === true) return true;

    const exchange = exchangeOf(context);
    return whenReady(this.#identify(exchange), (authenticated) => {
      this.#contexts.set(exchange.request, context);
      this.#users.set(context, authenticated.user);
      if (access === 'skipped') return true;
      return whenReady(route.requirementFor(context), (requirement) =>
        requirement === undefined
          ? true
          : whenReady(completed(authenticated, requirement.requirements), (complete) => {
              this.judge(exchange, complete, requirement);
              return true;
            }),
      );
    });
  }

  /** Tells whether a guard in between has put another user on the request than the one that was judged. */
  #isReplaced(context: ExecutionContext): boolean {
    if (!this.#users.has(context)) return false;
    const { request, transport } = exchangeOf(context);
    return (transport === 'http' || transport === 'graphql') && request.user !== this.#users.get(context);
  }

  /** A bare request stands for the invocation that was admitted with it. */
  #exchangeAt(at: unknown): Exchange {
    const exchange = exchangeAt(at);
    const context = exchange.context ?? this.#contexts.get(exchange.request);
    return context === exchange.context || context === undefined ? exchange : exchangeOf(context);
  }

  #routeOf(context: ExecutionContext): Route {
    return this.#routes.of(context.getClass(), context.getHandler() as Handler);
  }

  /** Authenticates, and makes sure that the user the handler receives is the one whose event is judged. */
  #identify(exchange: Exchange): MaybePromise<Authenticated> {
    return whenReady(this.authenticateExchange(exchange), (authenticated) => {
      const { request, transport } = exchange;
      const isOneRequest = transport === 'http' || transport === 'graphql';
      if (isOneRequest && request.user !== authenticated.user) request.user = authenticated.user;
      return authenticated;
    });
  }

  /** The given requirements merged with the route's; `undefined` where a function adds nothing to nothing. */
  async #requirementsOf(
    exchange: Exchange,
    required: RequireAcrArguments,
  ): Promise<AuthenticationRequirements | undefined> {
    const { context } = exchange;
    const own = await this.#given(required, context);
    if (context === undefined) return own;
    const route = this.#routeOf(context);
    if (route.description.access !== 'required') return own;
    const declared = (await route.requirementFor(context))?.requirements;
    return declared !== undefined && own !== undefined ? mergeRequirements(declared, own) : (own ?? declared);
  }

  #given(
    required: RequireAcrArguments,
    context: ExecutionContext | undefined,
  ): MaybePromise<AuthenticationRequirements | undefined> {
    const where = 'StepUpService requirements';
    const requirements = requirementsFrom(required, where);
    if (typeof requirements === 'function') {
      if (context !== undefined) return resolve(requirements, context, where, this.#routes.vocabularies);
      throw new TypeError(`${where}: a function needs an ExecutionContext; hand on @StepUpContext()`);
    }
    this.#routes.vocabularies.check(requirements, where);
    return requirements;
  }

  /**
   * What tests replace: whose request it is, whether the event is enough, and what comes of it.
   *
   * @internal
   */
  protected authenticateExchange(exchange: Exchange): MaybePromise<Authenticated> {
    return this.#authenticator.authenticate(exchange);
  }

  /** @internal */
  protected assessEvent(event: AuthenticationEvent, requirements: AuthenticationRequirements): Assessment {
    return assess(event, requirements, { now: Date.now() / 1000, clockTolerance: this.settings.clockTolerance });
  }

  /**
   * Throws unless the requirement is met.
   *
   * @internal
   */
  protected judge(exchange: Exchange, { event, claims }: Authenticated, requirement: RouteRequirement): void {
    if (isRefusedDelegation(claims, this.#servers.get(event.issuer))) {
      throw AccessTokenException.stepUpImpossible(
        'Tokens issued to somebody acting for the user are not accepted here',
      );
    }
    const requirements = requirement.for(event.issuer);
    if (requirements === undefined) {
      throw AccessTokenException.stepUpImpossible(
        'The authorization server of this token offers no sufficient authentication',
      );
    }
    const assessment = this.assessEvent(event, requirements);
    if (assessment.met) return;

    const { reasons } = assessment;
    const lacksScope = reasons.includes('scope_missing');
    if (reasons.length > (lacksScope ? 1 : 0)) {
      if (isMachine(event, claims, this.#servers.get(event.issuer))) {
        throw AccessTokenException.stepUpImpossible('No user has authenticated for this token, so none can step up');
      }
      const route = exchange.context && this.#routeOf(exchange.context).description.name;
      this.#challenges.refuse({ route, event, claims, requirements, reasons });
    }
    if (lacksScope) throw AccessTokenException.insufficientScope(requirements.scope as string, this.settings);
  }

  /** Runs a judgement; what it throws is answered on the response first, lest another filter forget the challenge. */
  #guarded<T>(at: ExecutionContext | Exchange, judgement: () => MaybePromise<T>): MaybePromise<T> {
    try {
      const result = judgement();
      return result instanceof Promise ? result.catch((error) => this.#answer(at, error)) : result;
    } catch (error) {
      return this.#answer(at, error);
    }
  }

  #answer(at: ExecutionContext | Exchange, error: unknown): never {
    if (error instanceof InsufficientUserAuthenticationException || error instanceof AccessTokenException) {
      this.answer.writeHeaders('transport' in at ? at : exchangeOf(at), error);
      throw error;
    }
    if (error instanceof TypeError) {
      this.log.error('misconfigured', error.message);
      throw new InternalServerErrorException();
    }
    throw error;
  }
}

/** The authentication with all that its authorization server can tell of it, where that is needed and not in the token. */
function completed(authenticated: Authenticated, { maxAge }: AuthenticationRequirements): MaybePromise<Authenticated> {
  return maxAge === undefined || authenticated.withAuthTime === undefined
    ? authenticated
    : authenticated.withAuthTime();
}
