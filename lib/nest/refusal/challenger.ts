import type { AuthenticationRequirements, UnmetReason } from '../../core/index.js';
import { withoutStack } from '../../token/index.js';
import { subjectOf } from '../advice/advice.js';
import { Listeners } from '../advice/listeners.js';
import type { StepUpLog } from '../advice/log.js';
import type { StepUpSettings } from '../step-up.options.js';
import { ShortfallAdvice } from './challenge-advice.js';
import { claimsChallenge } from './entra-claims-challenge.js';
import {
  InsufficientUserAuthenticationException,
  type StepUpChallenge,
  stepUpChallenge,
} from './insufficient-user-authentication.exception.js';
import { RecentChallenges } from './recent-challenges.js';
import type { Shortfall } from './unmet-requirements.js';

/** An operation was refused, or in report mode would have been, for want of a sufficient authentication. */
export interface ChallengedEvent {
  /** `Controller.handler`; absent where only a request was given. */
  readonly route?: string;
  readonly issuer?: string;
  readonly requirements: AuthenticationRequirements;
  readonly reasons: readonly UnmetReason[];
  /** Whether report mode waived it. What else is wrong, such as a lacking scope, is refused all the same. */
  readonly reported: boolean;
}

/** Refuses what lacks the authentication: tells the client by a challenge, the listeners, and in the log why it recurs. */
export class StepUpChallenges {
  readonly #listeners = new Listeners<ChallengedEvent>((error) => this.log.listenerFailed('onChallenged', error));
  // written once for a route, an issuer and what is unmet; a route has few of them
  readonly #written = new WeakMap<AuthenticationRequirements, Map<string, StepUpChallenge>>();

  readonly #claimsChallenged: ReadonlySet<string | undefined>;
  readonly #recent = new RecentChallenges();
  readonly #advice: ShortfallAdvice;

  constructor(
    private readonly settings: StepUpSettings,
    private readonly log: StepUpLog,
  ) {
    this.#advice = new ShortfallAdvice(settings.servers);
    const withClaimsChallenge = settings.servers.filter(({ profile }) => profile.challenge === 'entra');
    this.#claimsChallenged = new Set(withClaimsChallenge.map(({ issuer }) => issuer));
  }

  onChallenged(listener: (event: ChallengedEvent) => void): () => void {
    return this.#listeners.add(listener);
  }

  /**
   * @throws InsufficientUserAuthenticationException, but in report mode, which records that it would have
   * @throws AccessTokenException likewise, where a server has a form of challenge of its own that the client cannot answer
   */
  refuse(shortfall: Shortfall): void {
    const { route, event, requirements, reasons } = shortfall;
    this.#explain(shortfall);
    const reported = this.settings.mode === 'report';
    this.#listeners.tell(
      Object.freeze({
        ...(route !== undefined && { route }),
        ...(event.issuer !== undefined && { issuer: event.issuer }),
        requirements,
        reasons,
        reported,
      }),
    );
    if (!reported) {
      const isEntra = this.#claimsChallenged.has(event.issuer);
      const challenge = isEntra ? claimsChallenge(shortfall) : this.#challengeFor(requirements, reasons);
      this.#findInVain(shortfall);
      throw withoutStack(() => new InsufficientUserAuthenticationException(challenge));
    }
    this.log.info('reported', `${route ?? 'a request'} would have been challenged: ${reasons.join(', ')}`);
  }

  #challengeFor(requirements: AuthenticationRequirements, reasons: readonly UnmetReason[]): StepUpChallenge {
    const written = this.#written.get(requirements) ?? new Map<string, StepUpChallenge>();
    this.#written.set(requirements, written);
    const key = reasons.join();
    const challenge = written.get(key) ?? stepUpChallenge(requirements, reasons, this.settings);
    written.set(key, challenge);
    return challenge;
  }

  /** What recurs for every token of an issuer is said once, with the next step. */
  #explain(shortfall: Shortfall): void {
    for (const advice of this.#advice.for(shortfall)) this.log.advise(advice);
  }

  /** A second challenge for a token that is newer than the first shows that the first was of no use. */
  #findInVain({ event, claims, requirements, reasons }: Shortfall): void {
    if (!reasons.includes('acr_missing') && !reasons.includes('acr_unmet')) return;
    if (!this.#recent.isInVain(event, claims, requirements.acrValues ?? [], Date.now() / 1000)) return;
    this.log.advise({
      code: 'acr_values_ignored',
      subject: subjectOf(event.issuer, this.settings.servers),
      message:
        'a token newer than a challenge has none of the acr values that were asked for: the user has signed in anew by ' +
        'themselves, the client does not send them, or the authorization server takes them for a hint',
      fix: 'look whether the client sends acr_values, have it ask for an essential acr claim, and set up the levels at the server',
    });
  }
}
