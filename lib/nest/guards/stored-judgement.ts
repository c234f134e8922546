import { HttpException } from '@nestjs/common';
import type { AuthorizationServer } from '../../authorization-servers/index.js';
import { type Assessment, StepUpConfigurationError } from '../../core/index.js';
import { AuthorizationServerUnavailable, type ResolvedServers } from '../../token/index.js';
import { type Authenticated, completed } from '../authentication/authenticator.js';
import { isRefusedDelegation } from '../authentication/delegate.js';
import { restoredEvent, type StoredEvent, type StoredEventAt, storedEventOf } from '../authentication/stored-event.js';
import { AccessTokenException } from '../refusal/access-token.exception.js';
import type { RequireAcrArguments } from '../requirements/require-acr-arguments.js';
import type { StepUpSettings } from '../step-up-settings.js';
import type { Parts } from './further-judgement.js';

/** Whatever can be required: nobody knows yet what the event will be judged by. */
const ALL = { acrValues: ['any'], maxAge: 0 };

/** Judges work that is done after its request is over, by the authentication event that was kept with it. */
export class StoredJudgement {
  constructor(
    private readonly parts: Parts,
    private readonly settings: StepUpSettings,
    private readonly resolved: ResolvedServers | undefined,
  ) {}

  /**
   * Returns the authentication event behind an invocation, to keep it.
   *
   * @throws AccessTokenException if the request has no usable token, for a delegate that is not accepted, or if the
   * authorization server cannot be reached
   * @throws InternalServerErrorException if the event does not name who signed in; the log says so
   * @throws StepUpConfigurationError for an `at` that does not come from Nest
   */
  async store(at: unknown): Promise<StoredEvent> {
    const { invocations, identification, conclusion, routeOf } = this.parts;
    const invocation = invocations.at(at);
    return conclusion.refusing(invocation, async () => {
      const { context } = invocation;
      const identified = await identification.identify(invocation, context && routeOf(context), false);
      if (identified instanceof HttpException) return identified;
      const { event, claims, server } = await completed(identified, ALL);
      const ofEvent = server ?? this.#configured(event.issuer);
      if (isRefusedDelegation(claims, ofEvent)) throw AccessTokenException.stepUpImpossible('delegate_refused');
      return storedEventOf(event, Math.floor(Date.now() / 1000));
    });
  }

  /**
   * Returns whether a stored event meets requirements.
   *
   * @throws StepUpConfigurationError for what is no stored event, an issuer that is not known, and wrong requirements
   * @throws AccessTokenException if the application cannot resolve the issuer
   */
  assess(stored: StoredEventAt, required: RequireAcrArguments): Promise<Assessment> {
    return this.#judging(async () => {
      const { authenticated, now } = await this.#restored(stored);
      return this.parts.judgement.assess(authenticated, await this.#requirements(required), now);
    });
  }

  /**
   * Throws if a stored event does not meet requirements.
   *
   * @throws InsufficientUserAuthenticationException if the user has to sign in and order again
   * @throws AccessTokenException for a missing scope, and for what no sign-in can make sufficient
   * @throws StepUpConfigurationError as {@link assess} does
   */
  require(stored: StoredEventAt, required: RequireAcrArguments): Promise<void> {
    return this.#judging(async () => {
      const { judgement, conclusion } = this.parts;
      const { authenticated, now } = await this.#restored(stored);
      const outcome = judgement.enforce(authenticated, await this.#requirements(required), {}, now);
      if (outcome instanceof HttpException) throw outcome;
      if (outcome !== undefined) conclusion.tellAdmitted(undefined, authenticated.event, outcome);
    });
  }

  async #judging<T>(judge: () => Promise<T>): Promise<T> {
    try {
      return await judge();
    } catch (error) {
      return this.parts.conclusion.refuseToken(error);
    }
  }

  async #requirements(required: RequireAcrArguments) {
    const { routes } = this.parts;
    const requirements = await routes.resolve(required, undefined);
    return routes.vocabularies.compiled(requirements as Exclude<typeof requirements, undefined>);
  }

  async #restored(stored: StoredEventAt): Promise<{ authenticated: Authenticated; now: number }> {
    const { event, now } = restoredEvent(stored, Date.now() / 1000, this.settings.clockTolerance);
    const server = await this.#serverOf(event.issuer);
    // The user is not there, and neither are the claims of the token.
    return { authenticated: { user: undefined, event, claims: {}, server }, now };
  }

  async #serverOf(issuer: string | undefined): Promise<AuthorizationServer | undefined> {
    const server = this.#configured(issuer) ?? (await this.#resolve(issuer));
    const isIssuerNeeded = this.settings.servers.length > 0 || this.resolved !== undefined;
    if (server !== undefined || !isIssuerNeeded) return server;
    throw new StepUpConfigurationError(
      issuer === undefined
        ? 'In the stored event, "issuer" is missing; keep what StepUpService.storedEvent() returns as it is'
        : 'The stored event is of an issuer that is none of "authorizationServers"; refuse the work, or add the server again',
    );
  }

  #configured(issuer: string | undefined): AuthorizationServer | undefined {
    return this.settings.servers.find((server) => server.issuer === issuer);
  }

  async #resolve(issuer: string | undefined): Promise<AuthorizationServer | undefined> {
    try {
      return await this.resolved?.resolve(issuer);
    } catch (error) {
      throw error instanceof AuthorizationServerUnavailable ? AccessTokenException.unavailable(error) : error;
    }
  }
}
