import { type AuthenticationRequirements, REASON_DIMENSIONS, type UnmetReason } from '../../core/index.js';
import { type TokenScheme, withoutStackTrace } from '../../token/index.js';
import { subjectOf } from '../advice/advice.js';
import type { Decisions } from '../advice/decisions.js';
import { Listeners } from '../advice/listeners.js';
import type { StepUpLog } from '../advice/log.js';
import type { PublishedMetadata } from '../advice/published-metadata.js';
import type { StepUpSettings } from '../step-up-settings.js';
import { AccessTokenException } from './access-token.exception.js';
import { type RenderedChallenge, renderChallenge } from './challenge.js';
import { ChallengeAdvice } from './challenge-advice.js';
import { entraClaimsChallenge } from './entra-claims-challenge.js';
import { InsufficientUserAuthenticationException } from './insufficient-user-authentication.exception.js';
import { RecentChallenges } from './recent-challenges.js';
import { ageOf, factsOf, noteTold } from './tell-refusal.js';
import type { UnmetRequirements } from './unmet-requirements.js';

/**
 * An operation was refused because its authentication is not sufficient, or report mode admitted it in spite of that.
 */
export interface ChallengeReport {
  /** `Controller.handler`; absent if only a request was given. */
  readonly route?: string;
  readonly issuer?: string;
  readonly requirements: AuthenticationRequirements;
  readonly reasons: readonly UnmetReason[];
  /** Whether report mode admitted it. A missing scope is refused in report mode too. */
  readonly reported: boolean;
}

/**
 * Refuses an authentication that is not sufficient: challenges the client, calls the listeners, and logs recurring
 * causes.
 */
export class Challenger {
  readonly #listeners = new Listeners<ChallengeReport>((error) => this.log.listenerFailed('onChallenged', error));
  // Rendered once for requirements and unmet reasons. A handler has few of them.
  readonly #rendered = new WeakMap<AuthenticationRequirements, Map<number, RenderedChallenge>>();

  readonly #recent = new RecentChallenges();
  readonly #advice: ChallengeAdvice;

  constructor(
    private readonly settings: StepUpSettings,
    private readonly log: StepUpLog,
    private readonly decisions: Decisions,
    private readonly published: PublishedMetadata,
  ) {
    this.#advice = new ChallengeAdvice(settings.servers, log);
  }

  /** Adds a listener. Returns an unsubscribe function. */
  onChallenged(listener: (report: ChallengeReport) => void): () => void {
    return this.#listeners.add(listener);
  }

  /**
   * Returns the challenge for the caller to pass on: to catch and throw an error again costs as much as to create it.
   * Returns `undefined` in report mode, which records the refusal. The caller then reports the decision, because a
   * missing scope can still refuse the invocation. Returns a 403 if the server has a form of challenge of its own that
   * the client cannot answer.
   */
  refuse(unmet: UnmetRequirements): InsufficientUserAuthenticationException | AccessTokenException | undefined {
    const { at, event, requirements, reasons, scheme } = unmet;
    const { route } = at;
    this.#advice.note(unmet);
    const reported = this.settings.mode === 'report';
    if (this.#listeners.size > 0) {
      this.#listeners.tell(
        Object.freeze({
          ...(route !== undefined && { route }),
          ...(event.issuer !== undefined && { issuer: event.issuer }),
          requirements,
          reasons,
          reported,
        }),
      );
    }
    if (reported) {
      this.log.info('reported', `${route ?? 'a request'} would have been challenged: ${reasons.join(', ')}`);
      return undefined;
    }
    const isEntra = unmet.server?.profile.challenge === 'entra';
    const challenge = isEntra ? entraClaimsChallenge(unmet) : this.#render(requirements, reasons, scheme);
    if (challenge instanceof AccessTokenException) return challenge;
    this.#detectIgnoredAcrValues(unmet);
    this.decisions.tell(() => ({
      outcome: 'challenged',
      ...factsOf(at, event),
      ...ageOf(event),
      requirements,
      reasons,
    }));
    const refusal = withoutStackTrace(() => new InsufficientUserAuthenticationException(challenge));
    return this.decisions.isHeard ? noteTold(refusal) : refusal;
  }

  /**
   * Returns the advice to use the claims parameter. Empty if the metadata of the server says that it is not supported.
   */
  #essential(issuer: string | undefined): string {
    const isAccepted = this.published.of(issuer)?.['claims_parameter_supported'];
    if (isAccepted === undefined)
      return 'let it ask for an essential acr claim if the server accepts the claims parameter, ';
    return isAccepted === true ? 'let it ask for an essential acr claim, ' : '';
  }

  #render(
    requirements: AuthenticationRequirements,
    reasons: readonly UnmetReason[],
    scheme: TokenScheme | undefined,
  ): RenderedChallenge {
    const key = bitsOf(reasons) + (scheme === 'DPoP' ? DPOP : 0);
    const known = this.#rendered.get(requirements)?.get(key);
    if (known !== undefined) return known;
    const challenge = renderChallenge(requirements, reasons, this.settings, scheme);
    this.#rendered.set(requirements, (this.#rendered.get(requirements) ?? new Map()).set(key, challenge));
    return challenge;
  }

  /** Advises if newer tokens have none of the acr values that earlier challenges asked for. */
  #detectIgnoredAcrValues({ event, claims, server, requirements, reasons }: UnmetRequirements): void {
    if (!reasons.some((reason) => REASON_DIMENSIONS[reason] === 'acr')) return;
    const subject = subjectOf(event.issuer, this.settings.servers, server);
    if (this.log.isKnown('acr_values_ignored', subject)) return;
    if (!this.#recent.isIgnored(event, claims, requirements.acrValues ?? [], Date.now() / 1000)) return;
    this.log.adviseOn('acr_values_ignored', subject, () => ({
      message:
        'after two challenges in turn, newer tokens have none of the acr values that were asked for: the client does not send ' +
        'them, or the authorization server takes them for a hint',
      fix: `check that the client sends acr_values, ${this.#essential(event.issuer)}and set up the levels at the server`,
    }));
  }
}

const REASONS = Object.keys(REASON_DIMENSIONS);
/** Marks challenges under the scheme DPoP: the bit after those of the reasons. */
const DPOP = 1 << REASONS.length;

/** Returns a number for a set of reasons: each is a bit of it. */
function bitsOf(reasons: readonly UnmetReason[]): number {
  let bits = 0;
  for (const reason of reasons) bits |= 1 << REASONS.indexOf(reason);
  return bits;
}
