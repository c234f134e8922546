import { type ExecutionContext, HttpException, Inject, Injectable } from '@nestjs/common';
import { andThen, isThenable, type MaybePromise, orElse } from '../../token/index.js';
import { Decisions } from '../advice/decisions.js';
import { StepUpLog } from '../advice/log.js';
import { PublishedMetadata } from '../advice/published-metadata.js';
import { Verifications } from '../advice/verifications.js';
import { type Authenticated, type Authenticator, completed } from '../authentication/authenticator.js';
import { PassportAuthenticator } from '../authentication/passport.authenticator.js';
import { RequestRecords } from '../authentication/request-record.js';
import { resolvedServers } from '../authentication/resolution.js';
import { TokenAuthenticator } from '../authentication/token.authenticator.js';
import { AccessTokenException } from '../refusal/access-token.exception.js';
import type { ChallengeReport } from '../refusal/challenger.js';
import type { Route } from '../requirements/route.js';
import { Routes } from '../requirements/routes.js';
import { Vocabularies } from '../requirements/vocabularies.js';
import { STEP_UP_SETTINGS, type StepUpSettings } from '../step-up-settings.js';
import { type Invocation, invocationOf, invocationOfRequest } from '../transports/invocation.js';
import type { Request } from '../transports/request.js';
import { ResponseHeaders } from '../transports/response-headers.js';
import { Conclusion } from './conclusion.js';
import { FurtherJudgement } from './further-judgement.js';
import { Handshakes } from './handshakes.js';
import { Identification } from './identification.js';
import { Invocations } from './invocations.js';
import { InvokedRoutes } from './invoked-routes.js';
import { keepJudged } from './judged-invocations.js';
import { Judgement, type Waived } from './judgement.js';
import { pendingJudgement } from './settlement.guard.js';
import { StoredJudgement } from './stored-judgement.js';
import { isReplaced, type Verdict, verdicts } from './verdict.js';

/**
 * Decides on every invocation: determines its user, what it requires, and whether the user meets that. The guards and
 * `StepUpService` call it, and tests replace it. Judges each invocation again: it does not remember a verdict.
 */
@Injectable()
export class Admission {
  readonly routes: Routes;
  readonly invoked: InvokedRoutes;
  readonly authenticator: Authenticator;
  readonly identification: Identification;
  /** Judges for `StepUpService` inside handlers. */
  readonly further: FurtherJudgement;
  /** Judges sockets when they open, and renews their tokens. */
  readonly handshakes: Handshakes;
  /** Judges for `StepUpService` work that is done after its request. */
  readonly stored: StoredJudgement;
  readonly #conclusion: Conclusion;
  readonly #judgement: Judgement;
  readonly #invocations: Invocations;
  #needsTokens: () => boolean = () => false;

  constructor(
    @Inject(STEP_UP_SETTINGS) protected readonly settings: StepUpSettings,
    headers: ResponseHeaders,
    log: StepUpLog,
    decisions: Decisions,
    published: PublishedMetadata,
    verifications: Verifications,
  ) {
    const vocabularies = new Vocabularies(settings.servers, settings.resolveAuthorizationServer !== undefined);
    this.routes = new Routes(settings.requirements, vocabularies);
    const records = new RequestRecords();
    this.#invocations = new Invocations(settings.accessToken !== undefined, records);
    this.invoked = new InvokedRoutes(this.routes, this.#invocations, settings);
    this.#conclusion = new Conclusion(settings, headers, log, decisions, (context) => this.invoked.known(context));
    this.#judgement = this.createJudgement(settings, log, decisions, published);
    const resolved = resolvedServers(settings, log, vocabularies);
    this.authenticator =
      settings.passport === 'register'
        ? new TokenAuthenticator(settings, log, verifications, headers, resolved, records)
        : new PassportAuthenticator(settings, log, resolved);
    this.identification = this.createIdentification(settings, this.authenticator);
    const parts = {
      routes: this.routes,
      routeOf: (context: ExecutionContext) => this.invoked.of(context),
      invocations: this.#invocations,
      identification: this.identification,
      judgement: this.#judgement,
      conclusion: this.#conclusion,
    };
    this.handshakes = new Handshakes({
      settings,
      log,
      conclusion: this.#conclusion,
      invocations: this.#invocations,
      authenticate: (find) => this.authenticateSocket(find),
    });
    this.further = new FurtherJudgement(parts);
    this.stored = new StoredJudgement(parts, settings, resolved);
  }

  /** Whether the boot audit may ask authorization servers. `false` if a test replaces them. Default is `true`. */
  get asksAuthorizationServers(): boolean {
    return true;
  }

  /** Refuses every invocation from now on, because the boot audit has stopped the boot for this reason. */
  stop(reason: Error): void {
    this.invoked.stop(reason);
  }

  /**
   * Requires a token for every handler without one of our guards as long as `isNeeded` returns `true`. A global guard
   * can be added too late for Nest to bind it.
   */
  requireTokensIf(isNeeded: () => boolean): void {
    this.#needsTokens = isNeeded;
  }

  /** Adds a listener for challenges. Returns an unsubscribe function. */
  onChallenged(listener: (report: ChallengeReport) => void): () => void {
    return this.#judgement.onChallenged(listener);
  }

  /**
   * Admits an invocation that meets the requirements of its handler.
   *
   * @throws InsufficientUserAuthenticationException with the challenge, already written to the response
   * @throws AccessTokenException for a missing or refused token, a missing scope, or a token that no sign-in can make
   * sufficient
   * @throws InternalServerErrorException for a wrong configuration and for a failed function of the application
   */
  admit(context: ExecutionContext): MaybePromise<boolean> {
    const known = verdicts.get(context);
    if (known !== undefined && !isReplaced(known)) return known.verdict;
    const verdict: Verdict = { verdict: true, isAdmitted: false, isTold: known !== undefined };
    verdict.verdict = this.#conclusion.refusing(context, () =>
      andThen(this.#admit(context, verdict), (refusal) => {
        if (refusal !== undefined) return refusal;
        verdict.isAdmitted = true;
        return true;
      }),
    );
    verdicts.set(context, verdict);
    return verdict.verdict;
  }

  /**
   * Judges an invocation for which the boot audit has not shown that the guard of its own handler does.
   *
   * @throws as {@link admit} and {@link admitAuthenticated} do
   */
  admitUnproven(context: ExecutionContext): MaybePromise<boolean> {
    let route: Route;
    try {
      route = this.invoked.of(context);
    } catch (error) {
      return this.#conclusion.refuse(context, error);
    }
    const { access } = route;
    if (route.isProven || access === 'public') return true;
    if (access !== 'open') return this.admit(context);
    return route.needsToken || this.#needsTokens() ? this.admitAuthenticated(context) : true;
  }

  /**
   * Admits an invocation that has a valid access token or needs none.
   *
   * @throws AccessTokenException for a missing or refused token
   */
  admitAuthenticated(context: ExecutionContext): MaybePromise<boolean> {
    let isAwaited = false;
    const admitted = this.#conclusion.refusing<boolean>(context, () => {
      const route = this.invoked.of(context);
      const { access } = route;
      isAwaited = route.isAwaited;
      if (access === 'public') return true;
      if (route.isInherited && this.invoked.isPublic(context)) return true;
      const invocation = invocationOf(context);
      invocation.transport.keepPrivate?.(context);
      return andThen(this.identification.identify(invocation, route, route.exposesUser), (authenticated) => {
        if (authenticated instanceof HttpException) return authenticated;
        this.#invocations.admit(invocation, context);
        // Otherwise AcrGuard reports the decision.
        if (access === 'open') this.#conclusion.tellAdmitted(invocation, authenticated.event);
        if (!invocation.transport.carriesUser || route.isStream) keepJudged(context, authenticated, this.settings);
        return true;
      });
    });
    return isThenable(admitted) && !isAwaited ? pendingJudgement(context, admitted) : admitted;
  }

  /**
   * Returns the user of a request that Passport passes to our strategy. Returns `undefined` without a token, because
   * another strategy can know the user. The challenge is on the response even so.
   *
   * @throws AccessTokenException for a refused token
   */
  userOf(request: Request): MaybePromise<unknown> {
    const invocation = invocationOfRequest(request);
    const user = () =>
      andThen(this.identification.identify(invocation, undefined, true), (authenticated) => {
        if (authenticated instanceof HttpException) throw authenticated;
        return authenticated.user;
      });
    return orElse(user, (error) => {
      if (!(error instanceof AccessTokenException && error.code === 'unauthenticated'))
        this.#conclusion.refuseTo(invocation, error);
      this.#conclusion.write(invocation, error);
      return undefined;
    });
  }

  /** Verifies a token that comes without a request. */
  authenticateToken(token: string): Promise<Authenticated> {
    return this.authenticateSocket(() => token);
  }

  /** {@link authenticateToken} for a token that a function finds. */
  protected async authenticateSocket(find: () => string): Promise<Authenticated> {
    try {
      const authenticated = await this.authenticator.authenticateToken(find());
      this.#conclusion.tellAdmitted(undefined, authenticated.event);
      return authenticated;
    } catch (error) {
      return this.#conclusion.refuseToken(error);
    }
  }

  /** Creates the judgement of this application. Tests override it. */
  protected createJudgement(...of: ConstructorParameters<typeof Judgement>): Judgement {
    return new Judgement(...of);
  }

  /** Creates the identification of this application. Tests override it. */
  protected createIdentification(settings: StepUpSettings, authenticator: Authenticator): Identification {
    return new Identification(settings, authenticator);
  }

  /** Returns a refusal; `undefined` if the invocation is admitted. */
  #admit(context: ExecutionContext, verdict: Verdict): MaybePromise<HttpException | undefined> {
    const route = this.invoked.of(context);
    const { access } = route;
    if (access === 'open' || access === 'public') return undefined;
    if (route.isInherited && access === 'required' && this.invoked.isPublic(context)) return undefined;

    const invocation = invocationOf(context);
    invocation.transport.keepPrivate?.(context);
    let waived: Waived | undefined;
    const judge = (authenticated: Authenticated) =>
      andThen(this.#judge(authenticated, route, invocation, verdict), (outcome) => {
        if (outcome instanceof HttpException) return outcome;
        waived = outcome;
        return undefined;
      });
    return andThen(this.identification.identify(invocation, route, route.exposesUser, judge), (authenticated) => {
      if (authenticated instanceof HttpException) return authenticated;
      this.#invocations.admit(invocation, context);
      if (!verdict.isTold) this.#conclusion.tellAdmitted(invocation, authenticated.event, waived);
      const { transport, request } = invocation;
      if (transport.carriesUser) verdict.judged = { authenticated, request };
      if (!transport.carriesUser || route.isStream)
        keepJudged(context, verdict.complete ?? authenticated, this.settings);
      return undefined;
    });
  }

  #judge(
    authenticated: Authenticated,
    route: Route,
    invocation: Invocation,
    verdict: Verdict,
  ): MaybePromise<HttpException | Waived | undefined> {
    return andThen(route.requirementsFor(invocation.context as ExecutionContext), (required) =>
      required === undefined
        ? undefined
        : andThen(completed(authenticated, required.requirements), (complete) => {
            verdict.complete = complete;
            return this.#judgement.enforce(complete, required, {
              route: route.name,
              transport: invocation.transport.name,
            });
          }),
    );
  }
}
