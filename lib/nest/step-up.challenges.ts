import type { AuthenticationEvent, AuthenticationRequirements, UnmetReason } from '../core/index.js';
import { withoutStack } from '../token/index.js';
import { InsufficientUserAuthenticationException, type StepUpChallenge, stepUpChallenge } from './step-up.exception.js';
import type { StepUpLog } from './step-up.log.js';
import type { StepUpSettings } from './step-up.options.js';

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

/** What is known of an authentication that is not enough. */
export interface Shortfall {
  readonly route: string | undefined;
  readonly event: AuthenticationEvent;
  readonly claims: Readonly<Record<string, unknown>>;
  /** In the strings of the event's issuer. */
  readonly requirements: AuthenticationRequirements;
  readonly reasons: readonly UnmetReason[];
}

/** Refuses what lacks the authentication: tells the client by a challenge, the listeners, and in the log why it recurs. */
export class StepUpChallenges {
  readonly #listeners = new Set<(event: ChallengedEvent) => void>();
  // written once for a route, an issuer and what is unmet; a route has few of them
  readonly #written = new WeakMap<AuthenticationRequirements, Map<string, StepUpChallenge>>();

  constructor(
    private readonly settings: StepUpSettings,
    private readonly log: StepUpLog,
  ) {}

  onChallenged(listener: (event: ChallengedEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws InsufficientUserAuthenticationException, but in report mode, which records that it would have */
  refuse(shortfall: Shortfall): void {
    const { route, event, requirements, reasons } = shortfall;
    this.#explain(shortfall);
    const reported = this.settings.mode === 'report';
    this.#tell(
      Object.freeze({
        ...(route !== undefined && { route }),
        ...(event.issuer !== undefined && { issuer: event.issuer }),
        requirements,
        reasons,
        reported,
      }),
    );
    if (!reported) {
      const challenge = this.#challengeFor(requirements, reasons);
      throw withoutStack(() => new InsufficientUserAuthenticationException(challenge));
    }
    this.log.info('reported', `${route ?? 'a request'} would have been challenged: ${reasons.join(', ')}`);
  }

  /** A listener that fails, at once or later, is no reason to answer the request otherwise. */
  #tell(challenged: ChallengedEvent): void {
    for (const listener of this.#listeners) {
      const failed = (error: unknown) => {
        this.log.error('listener_failed', `onChallenged: ${error instanceof Error ? error.message : typeof error}`);
      };
      try {
        Promise.resolve(listener(challenged)).catch(failed);
      } catch (error) {
        failed(error);
      }
    }
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
  #explain({ event, claims, requirements, reasons }: Shortfall): void {
    const causes: Partial<Record<UnmetReason, readonly [code: string, message: string]>> = {
      acr_missing:
        claims['acr'] === undefined
          ? ['acr_missing', 'tokens carry no acr; have the authorization server put it into access tokens']
          : ['acr_not_a_string', 'acr in tokens is no string, which counts as none'],
      auth_time_missing: [
        'auth_time_missing',
        `tokens carry no auth_time, so maxAge ${requirements.maxAge} can never be met; have it put into access tokens`,
      ],
      auth_time_invalid: ['auth_time_invalid', 'auth_time is no number of seconds; it looks like milliseconds or text'],
      auth_time_in_future: ['auth_time_in_future', 'auth_time lies in the future; compare the clocks'],
    };
    for (const reason of reasons) {
      const cause = causes[reason];
      if (cause !== undefined) this.log.warnOnce(cause[0], event.issuer ?? 'request.user', cause[1]);
    }
  }
}
