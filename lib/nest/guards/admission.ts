import { type ExecutionContext, Inject, Injectable, InternalServerErrorException } from '@nestjs/common';
import type { AuthorizationServer } from '../../authorization-servers/index.js';
import {
  type Assessment,
  type AuthenticationEvent,
  type AuthenticationRequirements,
  assess,
  mergeRequirements,
} from '../../core/index.js';
import { type MaybePromise, whenReady } from '../../token/index.js';
import { StepUpLog } from '../advice/log.js';
import type { Authenticated, Authenticator } from '../authentication/authenticator.js';
import { isClientCredentialsToken } from '../authentication/client-credentials.js';
import { isRefusedDelegation } from '../authentication/delegate.js';
import { PassportAuthenticator } from '../authentication/passport.authenticator.js';
import { TokenAuthenticator } from '../authentication/token.authenticator.js';
import { AccessTokenException } from '../refusal/access-token.exception.js';
import { type ChallengeReport, Challenger } from '../refusal/challenger.js';
import { InsufficientUserAuthenticationException } from '../refusal/insufficient-user-authentication.exception.js';
import type { RequireAcrArguments } from '../requirements/require-acr-arguments.js';
import { type Handler, type Route, Routes } from '../requirements/route.js';
import { TranslatedRequirements } from '../requirements/translated-requirements.js';
import { Vocabularies } from '../requirements/vocabularies.js';
import { STEP_UP_SETTINGS, type StepUpSettings } from '../step-up.options.js';
import { type Invocation, invocationAt, invocationOf } from '../transports/invocation.js';
import { ResponseHeaders } from '../transports/response-headers.js';
import type { Request } from '../transports/transport.js';

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
  // one verdict for an invocation, however many guards ask; the next GraphQL field or message is another context
  readonly #admitted = new WeakMap<ExecutionContext, MaybePromise<boolean>>();
  readonly #contexts = new WeakMap<object, ExecutionContext>();
  readonly #users = new WeakMap<ExecutionContext, unknown>();

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
    const known = this.#admitted.get(context);
    if (known !== undefined && !this.#isReplaced(context)) return known;
    const admitted = this.#refusing(context, () => this.#admit(context));
    this.#admitted.set(context, admitted);
    return admitted;
  }

  /**
   * Lets an invocation through that has a valid access token or needs none.
   *
   * @throws AccessTokenException for a missing or refused token
   */
  admitAuthenticated(context: ExecutionContext): MaybePromise<boolean> {
    return this.#refusing(context, () => {
      const { description, isInherited } = this.routeOf(context);
      if (description.access === 'public') return true;
      const isDecorated = description.access === 'required' && !isInherited;
      if (!isDecorated && this.settings.isPublic?.(context) === true) return true;
      return whenReady(this.#identify(invocationOf(context)), () => true);
    });
  }

  /**
   * Refuses a handler that has replaced a decorated one without its metadata, such as one that a controller made for each
   * request binds to itself: it has no guard of its own.
   */
  recognize(context: ExecutionContext): MaybePromise<boolean> {
    return this.#refusing(context, () => this.routeOf(context) !== undefined);
  }

  /** The user of a request that Passport hands to our strategy. */
  userOf(request: Request): MaybePromise<unknown> {
    const invocation = invocationAt(request);
    return this.#refusing(invocation, () => whenReady(this.#identify(invocation), ({ user }) => user));
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
      const authenticated = await this.#identify(invocation);
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
      const authenticated = await this.#identify(invocation);
      const requirements = await this.#requirementsOf(invocation, required);
      if (requirements === undefined) return;
      const complete = await completed(authenticated, requirements);
      this.judge(invocation, complete, new TranslatedRequirements(requirements, this.routes.vocabularies));
    });
  }

  /** The user behind a token that comes without a request. */
  async authenticateToken(token: string): Promise<Authenticated> {
    return this.authenticator.authenticateToken(token);
  }

  routeOf(context: ExecutionContext): Route {
    return this.routes.of(context.getClass(), context.getHandler() as Handler);
  }

  /** Whose request it is. */
  protected authenticate(invocation: Invocation): MaybePromise<Authenticated> {
    return this.authenticator.authenticate(invocation);
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

  #admit(context: ExecutionContext): MaybePromise<boolean> {
    const route = this.routeOf(context);
    const { access } = route.description;
    if (access === 'open' || access === 'public') return true;
    if (route.isInherited && access === 'required' && this.settings.isPublic?.(context) === true) return true;

    const invocation = invocationOf(context);
    return whenReady(this.#identify(invocation), (authenticated) => {
      this.#contexts.set(invocation.request, context);
      this.#users.set(context, authenticated.user);
      if (access === 'skipped') return true;
      return whenReady(route.requirementsFor(context), (required) =>
        required === undefined
          ? true
          : whenReady(completed(authenticated, required.requirements), (complete) => {
              this.judge(invocation, complete, required);
              return true;
            }),
      );
    });
  }

  /** Returns whether a guard in between has put another user on the request than the one that was judged. */
  #isReplaced(context: ExecutionContext): boolean {
    if (!this.#users.has(context)) return false;
    const { request, transport } = invocationOf(context);
    return transport.carriesUser && request.user !== this.#users.get(context);
  }

  /** A bare request stands for the invocation that was admitted with it. */
  #invocationAt(at: unknown): Invocation {
    const invocation = invocationAt(at);
    const context = invocation.context ?? this.#contexts.get(invocation.request);
    return context === invocation.context || context === undefined ? invocation : invocationOf(context);
  }

  /** Authenticates, and makes sure that the user the handler receives is the one whose event is judged. */
  #identify(invocation: Invocation): MaybePromise<Authenticated> {
    return whenReady(this.authenticate(invocation), (authenticated) => {
      const { request, transport } = invocation;
      if (transport.carriesUser && request.user !== authenticated.user) request.user = authenticated.user;
      return authenticated;
    });
  }

  /** The given requirements merged with the handler's; `undefined` if a function adds nothing to nothing. */
  async #requirementsOf(
    { context }: Invocation,
    required: RequireAcrArguments,
  ): Promise<AuthenticationRequirements | undefined> {
    const own = await this.routes.resolve(required, context);
    if (context === undefined) return own;
    const route = this.routeOf(context);
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
    if (error instanceof TypeError) {
      this.log.error('misconfigured', error.message);
      throw new InternalServerErrorException();
    }
    throw error;
  }
}

/** The authentication with all that its authorization server can tell of it, if that is needed and not in the token. */
function completed(authenticated: Authenticated, { maxAge }: AuthenticationRequirements): MaybePromise<Authenticated> {
  return maxAge === undefined || authenticated.withAuthTime === undefined
    ? authenticated
    : authenticated.withAuthTime();
}
