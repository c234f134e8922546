import { type ExecutionContext, Inject, Injectable, InternalServerErrorException, type Type } from '@nestjs/common';
import type { AuthorizationServer } from '../../authorization-servers/index.js';
import {
  type Assessment,
  type AuthenticationEvent,
  type AuthenticationRequirements,
  assess,
  mergeRequirements,
  StepUpConfigurationError,
} from '../../core/index.js';
import { andThen, type MaybePromise } from '../../token/index.js';
import { CallbackFailed, callOption } from '../advice/callback.js';
import { StepUpLog } from '../advice/log.js';
import type { Authenticated, Authenticator } from '../authentication/authenticator.js';
import { isClientCredentialsToken } from '../authentication/client-credentials.js';
import { isRefusedDelegation } from '../authentication/delegate.js';
import { PassportAuthenticator } from '../authentication/passport.authenticator.js';
import { TokenAuthenticator } from '../authentication/token.authenticator.js';
import { assertSameUser, UserProperty } from '../authentication/user-property.js';
import { AccessTokenException } from '../refusal/access-token.exception.js';
import { type ChallengeReport, Challenger } from '../refusal/challenger.js';
import { InsufficientUserAuthenticationException } from '../refusal/insufficient-user-authentication.exception.js';
import type { Handler } from '../requirements/handler.js';
import type { RequireAcrArguments } from '../requirements/require-acr-arguments.js';
import { type Route, Routes } from '../requirements/route.js';
import { TranslatedRequirements } from '../requirements/translated-requirements.js';
import { UnknownWord, Vocabularies } from '../requirements/vocabularies.js';
import { STEP_UP_SETTINGS, type StepUpSettings } from '../step-up.options.js';
import { Attachment } from '../transports/attachment.js';
import { isReceived } from '../transports/http-request.js';
import { type Invocation, invocationOf, invocationOfRequest } from '../transports/invocation.js';
import { ResponseHeaders } from '../transports/response-headers.js';
import type { Request } from '../transports/transport.js';
import { handedOn, type Verdict, verdicts } from './verdict.js';

/**
 * Decides on every invocation: whose it is, what it requires, whether that is met. The guards and `StepUpService` are
 * shells over it, and tests replace it. Judges each invocation by itself; no verdict is cached, shared or remembered.
 */
@Injectable()
export class Admission {
  readonly routes: Routes;
  readonly authenticator: Authenticator;
  readonly #challenger: Challenger;
  readonly #servers: ReadonlyMap<string | undefined, AuthorizationServer>;
  readonly #invoked = new Attachment<ExecutionContext>();
  #userProperties: readonly UserProperty[] = [USER];
  /** The prototype of the contexts that Nest makes. */
  #contexts: object | undefined;
  #stoppedBy: Error | undefined;

  constructor(
    @Inject(STEP_UP_SETTINGS) protected readonly settings: StepUpSettings,
    private readonly headers: ResponseHeaders,
    private readonly log: StepUpLog,
  ) {
    this.routes = new Routes(settings.requirements, new Vocabularies(settings.servers));
    this.#servers = new Map(settings.servers.map((server) => [server.issuer, server]));
    this.#challenger = new Challenger(settings, log);
    this.authenticator =
      settings.passport === 'register'
        ? new TokenAuthenticator(settings, log)
        : new PassportAuthenticator(settings, log);
  }

  /** Whether the boot may ask authorization servers: not if a test stands in for them. */
  get asksAuthorizationServers(): boolean {
    return true;
  }

  /**
   * Refuses every invocation from now on: the boot has found a handler that nothing would guard.
   *
   * @param reason told in the log at every refusal
   */
  stop(reason: Error): void {
    this.#stoppedBy = reason;
  }

  /** Keeps the judged user also under the properties of requests that Passport was told to use. */
  keepUsersUnder(properties: readonly string[]): void {
    this.#userProperties = [
      USER,
      ...properties.filter((name) => name !== USER.name).map((name) => new UserProperty(name)),
    ];
  }

  /** Adds a listener for challenges. Returns what removes it. */
  onChallenged(listener: (report: ChallengeReport) => void): () => void {
    return this.#challenger.onChallenged(listener);
  }

  /**
   * Lets an invocation through that meets the requirements of its handler.
   *
   * @throws InsufficientUserAuthenticationException with the challenge, already written to the response
   * @throws AccessTokenException for a missing or refused token, a lacking scope, or a token that can never be enough
   */
  admit(context: ExecutionContext): MaybePromise<boolean> {
    const known = verdicts.get(context);
    if (known !== undefined && !isReplaced(known)) return known.verdict;
    const verdict: Verdict = { verdict: true, isAdmitted: false };
    verdict.verdict = this.#refusing(context, () =>
      andThen(this.#admit(context, verdict), () => {
        verdict.isAdmitted = true;
        return true;
      }),
    );
    verdicts.set(context, verdict);
    return verdict.verdict;
  }

  /**
   * Judges an invocation of which the boot has not shown that the guard of its own handler will.
   *
   * @throws as {@link admit} and {@link admitAuthenticated} do
   */
  admitUnproven(context: ExecutionContext): MaybePromise<boolean> {
    const route = this.#refusing(context, () => this.routeOf(context)) as Route;
    const { access } = route.description;
    if (route.isProven || access === 'public') return true;
    if (access !== 'open') return this.admit(context);
    return route.needsToken ? this.admitAuthenticated(context) : true;
  }

  /**
   * Lets an invocation through that has a valid access token or needs none.
   *
   * @throws AccessTokenException for a missing or refused token
   */
  admitAuthenticated(context: ExecutionContext): MaybePromise<boolean> {
    return this.#refusing(context, () => {
      const route = this.routeOf(context);
      const { access } = route.description;
      if (access === 'public') return true;
      const isDecorated = access === 'required' && !route.isInherited;
      if (!isDecorated && this.#isPublic(context)) return true;
      const invocation = invocationOf(context);
      invocation.transport.keepPrivate?.(context);
      return andThen(this.#identify(invocation, route.exposesUser), () => true);
    });
  }

  /** The user of a request that Passport hands to our strategy. */
  userOf(request: Request): MaybePromise<unknown> {
    const invocation = invocationOfRequest(request);
    return this.#refusing(invocation, () => andThen(this.#identify(invocation, false), ({ user }) => user));
  }

  /**
   * Returns whether the authentication behind an invocation meets requirements, next to those of its handler.
   *
   * @throws AccessTokenException if the user cannot be told
   * @throws InternalServerErrorException for requirements that are wrong; the log says how
   */
  async assess(at: unknown, required: RequireAcrArguments): Promise<Assessment> {
    const invocation = this.#invocationAt(at);
    return this.#refusing(invocation, async () => {
      const authenticated = await this.#identify(invocation, false);
      const requirements = await this.#requirementsOf(invocation, required);
      if (requirements === undefined) return { met: true };
      const { event, claims } = await completed(authenticated, requirements);
      if (isRefusedDelegation(claims, this.#servers.get(event.issuer))) return { met: false, reasons: [] };
      const translated = new TranslatedRequirements(requirements, this.routes.vocabularies).for(event.issuer);
      if (translated === undefined) return { met: false, reasons: ['acr_unmet'] };
      return this.assessEvent(event, translated);
    });
  }

  /**
   * Requires more of an invocation than its handler does.
   *
   * @throws as {@link admit} does, and InternalServerErrorException for requirements that are wrong
   */
  async require(at: unknown, required: RequireAcrArguments): Promise<void> {
    const invocation = this.#invocationAt(at);
    await this.#refusing(invocation, async () => {
      const authenticated = await this.#identify(invocation, false);
      const requirements = await this.#requirementsOf(invocation, required);
      if (requirements === undefined) return;
      const complete = await completed(authenticated, requirements);
      this.judge(invocation, complete, new TranslatedRequirements(requirements, this.routes.vocabularies));
    });
  }

  /** The user behind a token that comes without a request. */
  async authenticateToken(token: string): Promise<Authenticated> {
    try {
      return await this.authenticator.authenticateToken(token);
    } catch (error) {
      throw error instanceof CallbackFailed ? this.#explained(error, undefined) : error;
    }
  }

  /** @throws TypeError for a handler whose decorators contradict each other, and after a boot that was stopped */
  routeOf(context: ExecutionContext): Route {
    if (this.#stoppedBy !== undefined)
      throw new StepUpConfigurationError(`The boot was stopped: ${this.#stoppedBy.message}`);
    this.#contexts ??= contextPrototype(context);
    const controller: Type | null | undefined = context.getClass();
    if (typeof controller !== 'function') {
      throw new StepUpConfigurationError(
        'An object without a class has a handler; give it one, so that its decorators can be found',
      );
    }
    return this.routes.of(controller, context.getHandler() as Handler);
  }

  /** Whose request it is. */
  protected authenticate(invocation: Invocation): MaybePromise<Authenticated> {
    return this.authenticator.authenticate(invocation);
  }

  /**
   * Makes the user the handler receives the one whose event is judged.
   *
   * @param present whom the application had put there before
   * @throws TypeError if somebody else is or was there
   */
  protected handOver(
    { request, transport, userHolders }: Invocation,
    { user, event }: Authenticated,
    present: readonly unknown[],
    isExposed: boolean,
  ): void {
    for (const before of present) if (before !== user) assertSameUser(before, user, event);
    if (transport.carriesUser && request.user !== user) request.user = user;
    if (!isExposed) return;
    for (const holder of userHolders) for (const property of this.#userProperties) property.keep(holder, user, event);
  }

  /** Whether an event is enough. */
  protected assessEvent(event: AuthenticationEvent, requirements: AuthenticationRequirements): Assessment {
    return assess(event, requirements, { now: Date.now() / 1000, clockTolerance: this.settings.clockTolerance });
  }

  /** Throws unless the requirements are met. */
  protected judge(invocation: Invocation, { event, claims }: Authenticated, required: TranslatedRequirements): void {
    if (isRefusedDelegation(claims, this.#servers.get(event.issuer))) {
      throw AccessTokenException.stepUpImpossible(
        'Tokens issued to somebody acting for the user are not accepted here',
      );
    }
    const requirements = required.for(event.issuer);
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
      if (isClientCredentialsToken(event, claims, this.#servers.get(event.issuer))) {
        throw AccessTokenException.stepUpImpossible('No user has authenticated for this token, so none can step up');
      }
      const route = invocation.context && this.routeOf(invocation.context).description.name;
      this.#challenger.refuse({ route, event, claims, requirements, reasons });
    }
    if (lacksScope) throw AccessTokenException.insufficientScope(requirements.scope as string, this.settings);
  }

  #admit(context: ExecutionContext, verdict: Verdict): MaybePromise<unknown> {
    const route = this.routeOf(context);
    const { access } = route.description;
    if (access === 'open' || access === 'public') return true;
    if (route.isInherited && access === 'required' && this.#isPublic(context)) return true;

    const invocation = invocationOf(context);
    invocation.transport.keepPrivate?.(context);
    const present = this.#usersOn(invocation);
    return andThen(this.authenticate(invocation), (authenticated) => {
      const { transport, request } = invocation;
      if (transport.carriesUser && request.user !== authenticated.user) request.user = authenticated.user;
      return andThen(this.#judgeRoute(invocation, authenticated, route, context), () => {
        this.handOver(invocation, authenticated, present, route.exposesUser);
        this.#invoked.set(request, context);
        if (transport.carriesUser) verdict.judged = { authenticated, request };
      });
    });
  }

  #judgeRoute(
    invocation: Invocation,
    authenticated: Authenticated,
    route: Route,
    context: ExecutionContext,
  ): MaybePromise<unknown> {
    if (route.description.access === 'skipped') return true;
    return andThen(route.requirementsFor(context), (required) =>
      required === undefined
        ? true
        : andThen(completed(authenticated, required.requirements), (complete) =>
            this.judge(invocation, complete, required),
          ),
    );
  }

  /** Whose invocation it is. */
  #identify(invocation: Invocation, isExposed: boolean): MaybePromise<Authenticated> {
    const present = this.#usersOn(invocation);
    return andThen(this.authenticate(invocation), (authenticated) => {
      this.handOver(invocation, authenticated, present, isExposed);
      return authenticated;
    });
  }

  /** Whom the application has put there before anything was judged. */
  #usersOn({ userHolders }: Invocation): readonly unknown[] {
    return userHolders.flatMap((holder) => this.#userProperties.map(({ name }) => Reflect.get(holder, name)));
  }

  /**
   * What code inside a handler means by `at`.
   *
   * @throws TypeError for what Nest has not handed us
   */
  #invocationAt(at: unknown): Invocation {
    if (typeof at === 'object' && at !== null) {
      if (this.#isContext(at)) return invocationOf(at);
      if ('headers' in at) return this.#invocationOfRequest(at as Request);
    }
    throw new StepUpConfigurationError(UNKNOWN_AT);
  }

  /** A bare request stands for the invocation that was admitted with it, unless several may share it. */
  #invocationOfRequest(request: Request): Invocation {
    const context = this.#invoked.get(request);
    if (context === undefined) {
      if (isReceived(request)) return invocationOfRequest(request);
      throw new StepUpConfigurationError(UNKNOWN_AT);
    }
    const invocation = invocationOf(context);
    const { context: _, ...shared } = invocation;
    return invocation.transport.sharesRequest ? shared : invocation;
  }

  /** Whether Nest has made this context: an object that only looks like one may come from anybody. */
  #isContext(at: object): at is ExecutionContext {
    if (verdicts.get(at) !== undefined || handedOn.get(at) !== undefined) return true;
    return this.#contexts !== undefined && Object.prototype.isPrototypeOf.call(this.#contexts, at);
  }

  /** The given requirements merged with the handler's; `undefined` if a function adds nothing to nothing. */
  async #requirementsOf(
    { context }: Invocation,
    required: RequireAcrArguments,
  ): Promise<AuthenticationRequirements | undefined> {
    const route = context && this.routeOf(context);
    const own = await this.routes.resolve(required, context, route?.description.name);
    if (context === undefined || route === undefined) return own;
    if (route.description.access !== 'required') return own;
    const declared = (await route.requirementsFor(context))?.requirements;
    return declared !== undefined && own !== undefined ? mergeRequirements(declared, own) : (own ?? declared);
  }

  /** Runs a judgement. A refusal is written on the response before it is thrown, so that no other filter can lose it. */
  #refusing<T>(at: ExecutionContext | Invocation, judgement: () => MaybePromise<T>): MaybePromise<T> {
    try {
      const result = judgement();
      return result instanceof Promise ? result.catch((error) => this.#refuse(at, error)) : result;
    } catch (error) {
      return this.#refuse(at, error);
    }
  }

  #refuse(at: ExecutionContext | Invocation, error: unknown): never {
    if (error instanceof InsufficientUserAuthenticationException || error instanceof AccessTokenException) {
      const { transport, ...invocation } = 'transport' in at ? at : invocationOf(at);
      transport.writeHeaders?.(invocation, error, this.headers);
      throw error;
    }
    throw this.#explained(error, this.#nameOf('transport' in at ? at.context : at));
  }

  /** What is thrown in place of an error that is not a refusal. The log explains it, the response is a bare 500. */
  #explained(error: unknown, route: string | undefined): unknown {
    if (error instanceof StepUpConfigurationError) {
      if (error instanceof UnknownWord) this.log.errorOnce('misconfigured', error.message);
      else this.log.error('misconfigured', error.message);
      return new InternalServerErrorException();
    }
    if (error instanceof CallbackFailed) {
      const { option, cause } = error;
      this.log.thrown('callback_failed', route === undefined ? option : `${option} on ${route}`, cause);
      return new InternalServerErrorException(undefined, { cause });
    }
    if (!(error instanceof TypeError)) return error;
    this.log.thrown('admission_failed', route ?? 'a request', error);
    return new InternalServerErrorException(undefined, { cause: error });
  }

  /** The name of a route in the log; `undefined` if there is none, or its decorators are what is wrong. */
  #nameOf(context: ExecutionContext | undefined): string | undefined {
    try {
      return context && this.routeOf(context).description.name;
    } catch {
      return undefined;
    }
  }

  #isPublic(context: ExecutionContext): boolean {
    const { isPublic } = this.settings;
    return isPublic !== undefined && callOption('isPublic', () => isPublic(context)) === true;
  }
}

const UNKNOWN_AT = 'StepUpService needs an ExecutionContext, the request, or what @StepUpContext() gave';

const USER = new UserProperty('user');

/** Returns whether a guard in between has put another object on the request than the user that was judged. */
function isReplaced({ judged }: Verdict): boolean {
  return judged !== undefined && judged.request.user !== judged.authenticated.user;
}

function contextPrototype(context: ExecutionContext): object | undefined {
  const prototype: object | null = Object.getPrototypeOf(context);
  return prototype === null || prototype === Object.prototype ? undefined : prototype;
}

/** The authentication with all that its authorization server can tell of it, if that is required and not in the token. */
function completed(
  authenticated: Authenticated,
  requirements: AuthenticationRequirements,
): MaybePromise<Authenticated> {
  return authenticated.complete?.(requirements) ?? authenticated;
}
