import { type ExecutionContext, Inject, Injectable, type Type } from '@nestjs/common';
import {
  type Assessment,
  type AuthenticationEvent,
  type AuthenticationRequirements,
  mergeRequirements,
  StepUpConfigurationError,
} from '../../core/index.js';
import { andThen, type MaybePromise, orElse } from '../../token/index.js';
import { CallbackFailed, callOption } from '../advice/callback.js';
import { Decisions } from '../advice/decisions.js';
import { StepUpLog } from '../advice/log.js';
import { PublishedMetadata } from '../advice/published-metadata.js';
import { Verifications } from '../advice/verifications.js';
import type { Authenticated, Authenticator } from '../authentication/authenticator.js';
import { PassportAuthenticator } from '../authentication/passport.authenticator.js';
import { TokenAuthenticator } from '../authentication/token.authenticator.js';
import { AccessTokenException } from '../refusal/access-token.exception.js';
import type { ChallengeReport } from '../refusal/challenger.js';
import { InsufficientUserAuthenticationException } from '../refusal/insufficient-user-authentication.exception.js';
import { leaveToApplication } from '../refusal/step-up.filter.js';
import { ageOf, type DecidedAt, factsOf, tellRefusal } from '../refusal/tell-refusal.js';
import { TokenAdvice } from '../refusal/token-advice.js';
import type { Handler } from '../requirements/handler.js';
import type { RequireAcrArguments } from '../requirements/require-acr-arguments.js';
import { type Route, Routes } from '../requirements/route.js';
import { TranslatedRequirements } from '../requirements/translated-requirements.js';
import { Vocabularies } from '../requirements/vocabularies.js';
import { STEP_UP_SETTINGS, type StepUpSettings } from '../step-up.options.js';
import { type Invocation, invocationOf, invocationOfRequest } from '../transports/invocation.js';
import type { Refusal } from '../transports/refusal.js';
import type { Request } from '../transports/request.js';
import { ResponseHeaders } from '../transports/response-headers.js';
import { toHttpException } from './http-exception.js';
import { Identification } from './identification.js';
import { Invocations } from './invocations.js';
import { Judgement, type Waived } from './judgement.js';
import { type Verdict, verdicts } from './verdict.js';

/**
 * Decides on every invocation: whose it is, what it requires, whether that is met. The guards and `StepUpService` are
 * shells over it, and tests replace it. Judges each invocation by itself; no verdict is cached, shared or remembered.
 */
@Injectable()
export class Admission {
  readonly routes: Routes;
  readonly authenticator: Authenticator;
  readonly identification: Identification;
  readonly #advice: TokenAdvice;
  readonly #judgement: Judgement;
  readonly #invocations: Invocations;
  #needsTokens: () => boolean = () => false;
  #stoppedBy: Error | undefined;

  constructor(
    @Inject(STEP_UP_SETTINGS) protected readonly settings: StepUpSettings,
    private readonly headers: ResponseHeaders,
    private readonly log: StepUpLog,
    private readonly decisions: Decisions,
    published: PublishedMetadata,
    verifications: Verifications,
  ) {
    this.routes = new Routes(settings.requirements, new Vocabularies(settings.servers));
    this.#advice = new TokenAdvice(settings.servers, log);
    this.#judgement = this.createJudgement(settings, log, decisions, published);
    this.#invocations = new Invocations(settings.accessToken !== undefined);
    this.authenticator =
      settings.passport === 'register'
        ? new TokenAuthenticator(settings, log, verifications)
        : new PassportAuthenticator(settings, log);
    this.identification = this.createIdentification(settings, this.authenticator);
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

  /** Requires a token for every handler without a guard of ours while this is so: a global guard may come too late for Nest. */
  requireTokensIf(isNeeded: () => boolean): void {
    this.#needsTokens = isNeeded;
  }

  /** Adds a listener for challenges. Returns what removes it. */
  onChallenged(listener: (report: ChallengeReport) => void): () => void {
    return this.#judgement.onChallenged(listener);
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
    const verdict: Verdict = { verdict: true, isAdmitted: false, isTold: known !== undefined };
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
    const { access } = route;
    if (route.isProven || access === 'public') return true;
    if (access !== 'open') return this.admit(context);
    return route.needsToken || this.#needsTokens() ? this.admitAuthenticated(context) : true;
  }

  /**
   * Lets an invocation through that has a valid access token or needs none.
   *
   * @throws AccessTokenException for a missing or refused token
   */
  admitAuthenticated(context: ExecutionContext): MaybePromise<boolean> {
    return this.#refusing(context, () => {
      const route = this.routeOf(context);
      const { access } = route;
      if (access === 'public') return true;
      const isDecorated = access === 'required' && !route.isInherited;
      if (!isDecorated && this.#isPublic(context)) return true;
      const invocation = invocationOf(context);
      invocation.transport.keepPrivate?.(context);
      return andThen(this.identification.identify(invocation, route, route.exposesUser), ({ event }) => {
        this.#invocations.admit(invocation, context);
        // otherwise AcrGuard tells
        if (access === 'open') this.#tellAdmitted(invocation, event);
        return true;
      });
    });
  }

  /**
   * Returns the user of a request that Passport hands to our strategy. `undefined` without a token, and the challenge is
   * written even so: another strategy may know the caller.
   *
   * @throws AccessTokenException for a refused token
   */
  userOf(request: Request): MaybePromise<unknown> {
    const invocation = invocationOfRequest(request);
    const user = () => andThen(this.identification.identify(invocation, undefined, true), ({ user }) => user);
    return orElse(user, (error) => {
      if (!(error instanceof AccessTokenException && error.code === 'unauthenticated')) this.#refuse(invocation, error);
      this.#write(invocation, error);
      return undefined;
    });
  }

  /**
   * Returns whether the authentication behind an invocation meets requirements, next to those of its handler.
   *
   * @throws AccessTokenException if the user cannot be told
   * @throws InternalServerErrorException for requirements that are wrong; the log says how
   */
  async assess(at: unknown, required: RequireAcrArguments): Promise<Assessment> {
    const invocation = this.#invocations.at(at);
    return this.#refusing(invocation, async () => {
      if (invocation.context !== undefined) invocation.transport.keepPrivate?.(invocation.context);
      const route = invocation.context && this.routeOf(invocation.context);
      const authenticated = await this.identification.identify(invocation, route, false);
      const requirements = await this.#requirementsOf(invocation, required);
      if (requirements === undefined) return { met: true };
      return this.#judgement.assess(await completed(authenticated, requirements), this.#translated(requirements));
    });
  }

  /**
   * Requires more of an invocation than its handler does.
   *
   * @throws as {@link admit} does, and InternalServerErrorException for requirements that are wrong
   */
  async require(at: unknown, required: RequireAcrArguments): Promise<void> {
    const invocation = this.#invocations.at(at);
    await this.#refusing(invocation, async () => {
      if (invocation.context !== undefined) invocation.transport.keepPrivate?.(invocation.context);
      const route = invocation.context && this.routeOf(invocation.context);
      const authenticated = await this.identification.identify(invocation, route, false);
      const requirements = await this.#requirementsOf(invocation, required);
      if (requirements === undefined) return;
      const complete = await completed(authenticated, requirements);
      const at = this.#decidedAt(invocation);
      const waived = this.#judgement.enforce(complete, this.#translated(requirements), at);
      if (waived !== undefined) this.#tellAdmitted(invocation, complete.event, waived);
    });
  }

  /** The user behind a token that comes without a request. */
  async authenticateToken(token: string): Promise<Authenticated> {
    try {
      const authenticated = await this.authenticator.authenticateToken(token);
      this.#tellAdmitted(undefined, authenticated.event);
      return authenticated;
    } catch (error) {
      this.#advice.note(error);
      tellRefusal(this.decisions, error, {});
      throw error instanceof CallbackFailed ? toHttpException(error, undefined, this.log) : error;
    }
  }

  /** @throws TypeError for a handler whose decorators contradict each other, and after a boot that was stopped */
  routeOf(context: ExecutionContext): Route {
    if (this.#stoppedBy !== undefined)
      throw new StepUpConfigurationError(`The boot was stopped: ${this.#stoppedBy.message}`);
    this.#invocations.note(context);
    const controller: Type | null | undefined = context.getClass();
    if (typeof controller !== 'function') {
      throw new StepUpConfigurationError(
        'An object without a class has a handler; give it one, so that its decorators can be found',
      );
    }
    return this.routes.of(controller, context.getHandler() as Handler);
  }

  /** What judges for this application. */
  protected createJudgement(...of: ConstructorParameters<typeof Judgement>): Judgement {
    return new Judgement(...of);
  }

  /** What finds out for this application whose an invocation is. */
  protected createIdentification(settings: StepUpSettings, authenticator: Authenticator): Identification {
    return new Identification(settings, authenticator);
  }

  #admit(context: ExecutionContext, verdict: Verdict): MaybePromise<unknown> {
    const route = this.routeOf(context);
    const { access } = route;
    if (access === 'open' || access === 'public') return true;
    if (route.isInherited && access === 'required' && this.#isPublic(context)) return true;

    const invocation = invocationOf(context);
    invocation.transport.keepPrivate?.(context);
    let waived: Waived | undefined;
    const judge = (authenticated: Authenticated) =>
      andThen(this.#judge(authenticated, route, invocation), (one) => {
        waived = one;
      });
    return andThen(this.identification.identify(invocation, route, route.exposesUser, judge), (authenticated) => {
      this.#invocations.admit(invocation, context);
      if (!verdict.isTold) this.#tellAdmitted(invocation, authenticated.event, waived);
      const { transport, request } = invocation;
      if (transport.carriesUser) verdict.judged = { authenticated, request };
    });
  }

  #judge(authenticated: Authenticated, route: Route, invocation: Invocation): MaybePromise<Waived | undefined> {
    if (route.access === 'skipped') return undefined;
    return andThen(route.requirementsFor(invocation.context as ExecutionContext), (required) =>
      required === undefined
        ? undefined
        : andThen(completed(authenticated, required.requirements), (complete) =>
            this.#judgement.enforce(complete, required, {
              route: route.description.name,
              transport: invocation.transport.name,
            }),
          ),
    );
  }

  #tellAdmitted(invocation: Invocation | undefined, event: AuthenticationEvent, waived?: Waived): void {
    this.decisions.tell(() => {
      const facts = { ...factsOf(invocation === undefined ? {} : this.#decidedAt(invocation), event), ...ageOf(event) };
      return waived === undefined
        ? { ...facts, outcome: 'admitted' }
        : { ...facts, outcome: 'reported', requirements: waived.requirements, reasons: waived.reasons };
    });
  }

  #decidedAt(at: ExecutionContext | Invocation): DecidedAt {
    return 'transport' in at
      ? { route: this.#nameOf(at.context), transport: at.transport.name }
      : { route: this.#nameOf(at), transport: at.getType<string>() };
  }

  /** The given requirements merged with the handler's; `undefined` if a function adds nothing to nothing. */
  async #requirementsOf(
    { context }: Invocation,
    required: RequireAcrArguments,
  ): Promise<AuthenticationRequirements | undefined> {
    const route = context && this.routeOf(context);
    const own = await this.routes.resolve(required, context);
    if (context === undefined || route === undefined) return own;
    if (route.access !== 'required') return own;
    const declared = (await route.requirementsFor(context))?.requirements;
    return declared !== undefined && own !== undefined ? mergeRequirements(declared, own) : (own ?? declared);
  }

  #translated(requirements: AuthenticationRequirements): TranslatedRequirements {
    return new TranslatedRequirements(requirements, this.routes.vocabularies);
  }

  /** Runs a judgement. A refusal is written on the response before it is thrown, so that no other filter can lose it. */
  #refusing<T>(at: ExecutionContext | Invocation, judgement: () => MaybePromise<T>): MaybePromise<T> {
    return orElse(judgement, (error) => this.#refuse(at, error));
  }

  #refuse(at: ExecutionContext | Invocation, error: unknown): never {
    const decidedAt = this.#decidedAt(at);
    this.#advice.note(error);
    tellRefusal(this.decisions, error, decidedAt);
    if (error instanceof InsufficientUserAuthenticationException || error instanceof AccessTokenException) {
      this.#write(at, error);
      if (!this.settings.exceptionFilter) leaveToApplication(error);
      throw error;
    }
    throw toHttpException(error, decidedAt.route, this.log);
  }

  #write(at: ExecutionContext | Invocation, refusal: Refusal): void {
    const { transport, ...invocation } = 'transport' in at ? at : invocationOf(at);
    transport.writeHeaders?.(invocation, refusal, this.headers);
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

/** Returns whether a guard in between has put another object on the request than the user that was judged. */
function isReplaced({ judged }: Verdict): boolean {
  return judged !== undefined && judged.request.user !== judged.authenticated.user;
}

/** The authentication with all that its authorization server can tell of it, if that is required and not in the token. */
function completed(
  authenticated: Authenticated,
  requirements: AuthenticationRequirements,
): MaybePromise<Authenticated> {
  return authenticated.complete?.(requirements) ?? authenticated;
}
