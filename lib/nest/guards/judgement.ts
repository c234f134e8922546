import { HttpException } from '@nestjs/common';
import type { AuthorizationServer } from '../../authorization-servers/index.js';
import {
  type Assessment,
  type AuthenticationEvent,
  type AuthenticationRequirements,
  assess,
} from '../../core/index.js';
import type { ChallengedDecision, Decisions } from '../advice/decisions.js';
import type { StepUpLog } from '../advice/log.js';
import type { PublishedMetadata } from '../advice/published-metadata.js';
import type { Authenticated } from '../authentication/authenticator.js';
import { isClientCredentialsToken } from '../authentication/client-credentials.js';
import { isRefusedDelegation } from '../authentication/delegate.js';
import { AccessTokenException } from '../refusal/access-token.exception.js';
import { type ChallengeReport, Challenger } from '../refusal/challenger.js';
import { type DecidedAt, tellRefusal } from '../refusal/tell-refusal.js';
import type { TranslatedRequirements } from '../requirements/translated-requirements.js';
import type { StepUpSettings } from '../step-up-settings.js';

/** What report mode has recorded and not refused. */
export type Waived = Pick<ChallengedDecision, 'requirements' | 'reasons'>;

/** Judges an authentication against requirements, and refuses it if it does not meet them. Remembers no verdict. */
export class Judgement {
  readonly #challenger: Challenger;
  readonly #servers: ReadonlyMap<string | undefined, AuthorizationServer>;

  constructor(
    protected readonly settings: StepUpSettings,
    log: StepUpLog,
    private readonly decisions: Decisions,
    published: PublishedMetadata,
  ) {
    this.#servers = new Map(settings.servers.map((server) => [server.issuer, server]));
    this.#challenger = new Challenger(settings, log, decisions, published);
  }

  /** Adds a listener for challenges. Returns an unsubscribe function. */
  onChallenged(listener: (report: ChallengeReport) => void): () => void {
    return this.#challenger.onChallenged(listener);
  }

  /**
   * Returns whether requirements are met. A delegate that is not accepted meets none: the assessment then has no
   * reasons.
   *
   * @param now the time at which `maxAge` is measured, in seconds since the epoch. Default is the present time.
   */
  assess(authenticated: Authenticated, required: TranslatedRequirements, now = Date.now() / 1000): Assessment {
    const { event, claims } = authenticated;
    const server = this.#serverOf(authenticated);
    if (isRefusedDelegation(claims, server)) return { met: false, reasons: [] };
    const requirements = this.translated(required, event.issuer, server);
    return requirements === undefined
      ? { met: false, reasons: ['acr_unmet'] }
      : this.assessEvent(event, requirements, now);
  }

  /**
   * Returns the refusal of an authentication that does not meet the requirements, for the caller to pass on: an
   * InsufficientUserAuthenticationException if a step-up can mend it, otherwise an AccessTokenException. In report mode
   * it returns what a challenge would ask for.
   *
   * @param at names the handler to listeners and in the log
   * @param now as {@link assess} takes it
   */
  enforce(
    authenticated: Authenticated,
    required: TranslatedRequirements,
    at: DecidedAt,
    now = Date.now() / 1000,
  ): HttpException | Waived | undefined {
    const outcome = this.#outcome(authenticated, required, at, now);
    if (outcome instanceof HttpException) tellRefusal(this.decisions, outcome, () => at, authenticated.event);
    return outcome;
  }

  /** Returns a refusal, and what report mode has waived. */
  #outcome(
    authenticated: Authenticated,
    required: TranslatedRequirements,
    at: DecidedAt,
    now: number,
  ): HttpException | Waived | undefined {
    const { event, claims, scheme } = authenticated;
    const server = this.#serverOf(authenticated);
    if (isRefusedDelegation(claims, server)) return AccessTokenException.stepUpImpossible('delegate_refused');
    const requirements = this.translated(required, event.issuer, server);
    if (requirements === undefined) return AccessTokenException.stepUpImpossible('issuer_without_word');
    const assessment = this.assessEvent(event, requirements, now);
    if (assessment.met) return undefined;

    const reasons = Object.freeze([...assessment.reasons]);
    const lacksScope = reasons.includes('scope_missing');
    if (reasons.length > (lacksScope ? 1 : 0)) {
      if (isClientCredentialsToken(event, claims, server)) {
        return AccessTokenException.stepUpImpossible('client_credentials_token');
      }
      const refusal = this.#challenger.refuse({ at, event, claims, server, scheme, requirements, reasons });
      if (refusal !== undefined) return refusal;
    }
    if (lacksScope) return AccessTokenException.insufficientScope(requirements.scope as string, this.settings, scheme);
    return { requirements, reasons };
  }

  #serverOf({ server, event }: Authenticated): AuthorizationServer | undefined {
    return server ?? this.#servers.get(event.issuer);
  }

  /** Returns requirements in the strings of a server; `undefined` if it knows none of the words. Tests override it. */
  protected translated(
    required: TranslatedRequirements,
    issuer: string | undefined,
    server: AuthorizationServer | undefined,
  ): AuthenticationRequirements | undefined {
    return required.for(issuer, server);
  }

  /** Returns whether an event meets the requirements at a time. Tests override it. */
  protected assessEvent(event: AuthenticationEvent, requirements: AuthenticationRequirements, now: number): Assessment {
    return assess(event, requirements, { now, clockTolerance: this.settings.clockTolerance });
  }
}
