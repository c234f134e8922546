import type { AuthorizationServer } from '../../authorization-servers/index.js';
import {
  type Assessment,
  type AuthenticationEvent,
  type AuthenticationRequirements,
  assess,
} from '../../core/index.js';
import type { StepUpLog } from '../advice/log.js';
import type { Authenticated } from '../authentication/authenticator.js';
import { isClientCredentialsToken } from '../authentication/client-credentials.js';
import { isRefusedDelegation } from '../authentication/delegate.js';
import { AccessTokenException } from '../refusal/access-token.exception.js';
import { type ChallengeReport, Challenger } from '../refusal/challenger.js';
import type { TranslatedRequirements } from '../requirements/translated-requirements.js';
import type { StepUpSettings } from '../step-up.options.js';

/** Judges an authentication against requirements, and refuses what does not meet them. Remembers no verdict. */
export class Judgement {
  readonly #challenger: Challenger;
  readonly #servers: ReadonlyMap<string | undefined, AuthorizationServer>;

  constructor(
    protected readonly settings: StepUpSettings,
    log: StepUpLog,
  ) {
    this.#servers = new Map(settings.servers.map((server) => [server.issuer, server]));
    this.#challenger = new Challenger(settings, log);
  }

  /** Adds a listener for challenges. Returns what removes it. */
  onChallenged(listener: (report: ChallengeReport) => void): () => void {
    return this.#challenger.onChallenged(listener);
  }

  /** Returns whether requirements are met. A delegate meets none, without a reason that a sign-in could mend. */
  assess({ event, claims }: Authenticated, required: TranslatedRequirements): Assessment {
    if (isRefusedDelegation(claims, this.#servers.get(event.issuer))) return { met: false, reasons: [] };
    const requirements = required.for(event.issuer);
    return requirements === undefined ? { met: false, reasons: ['acr_unmet'] } : this.assessEvent(event, requirements);
  }

  /**
   * Refuses an authentication that does not meet the requirements. Report mode records what a challenge would say.
   *
   * @param route names the handler to listeners and in the log
   * @throws InsufficientUserAuthenticationException for an authentication that a step-up can mend
   * @throws AccessTokenException for what no step-up can mend, and for a lacking scope
   */
  enforce({ event, claims }: Authenticated, required: TranslatedRequirements, route: string | undefined): void {
    const server = this.#servers.get(event.issuer);
    if (isRefusedDelegation(claims, server)) {
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
      if (isClientCredentialsToken(event, claims, server)) {
        throw AccessTokenException.stepUpImpossible('No user has authenticated for this token, so none can step up');
      }
      this.#challenger.refuse({ route, event, claims, requirements, reasons });
    }
    if (lacksScope) throw AccessTokenException.insufficientScope(requirements.scope as string, this.settings);
  }

  /** Returns whether an event is enough, at this moment. */
  protected assessEvent(event: AuthenticationEvent, requirements: AuthenticationRequirements): Assessment {
    return assess(event, requirements, { now: Date.now() / 1000, clockTolerance: this.settings.clockTolerance });
  }
}
