import { channel } from 'node:diagnostics_channel';
import { Injectable } from '@nestjs/common';
import type { AuthenticationRequirements, UnmetReason } from '../../core/index.js';
import type { AccessTokenRefusedCode, AuthorizationServerUnavailableCode } from '../../token/index.js';
import { Listeners } from './listeners.js';
import { StepUpLog } from './log.js';

/** The channel of `node:diagnostics_channel` on which each {@link Decision} is published, without its subject. */
export const DECISION_CHANNEL = 'nestjs-step-up:decision';

/** What every decision reports about its invocation. */
export interface DecisionFacts {
  /** `Controller.handler`; absent if only a request, a token or a stored event was given. */
  readonly route?: string;
  /** The context type of Nest, such as `http` or `graphql`; absent for a token or a stored event without a request. */
  readonly transport?: string;
  /**
   * The configured issuer of the token. With `'existing'`, the issuer of the authentication event. Absent if unknown.
   */
  readonly issuer?: string;
  /** The `sub` of the token. Only listeners that ask for it receive it. */
  readonly subject?: string;
}

/** The invocation meets what is required. */
export interface AdmittedDecision extends DecisionFacts {
  readonly outcome: 'admitted';
  /** Seconds since the user signed in. Absent if the token does not have that time. */
  readonly age?: number;
}

/** The authentication is not sufficient. `reported`: report mode admitted it. */
export interface ChallengedDecision extends DecisionFacts {
  readonly outcome: 'challenged' | 'reported';
  /** Seconds since the user signed in. Absent if the token does not have that time. */
  readonly age?: number;
  /** In the strings of the authorization server. */
  readonly requirements: AuthenticationRequirements;
  readonly reasons: readonly UnmetReason[];
}

/**
 * Why an invocation is refused without a challenge to sign in again. It breaks a rule for access tokens, no sign-in can
 * make it sufficient, or an error of the configuration, of a function of the application or of this package is a 500.
 */
export type RefusedCode =
  | AccessTokenRefusedCode
  | StepUpImpossibleCode
  | 'token_missing'
  | 'scope_missing'
  | 'callback_refused'
  | 'misconfigured'
  | 'callback_failed'
  | 'admission_failed';

/** Why no sign-in can make a token sufficient. */
export type StepUpImpossibleCode =
  | 'client_credentials_token'
  | 'delegate_refused'
  | 'issuer_without_word'
  | 'auth_time_unusable'
  | 'max_age_unaskable'
  | 'claims_challenge_unsupported';

/** The invocation is refused, and no challenge asks the user to sign in again. */
export interface RefusedDecision extends DecisionFacts {
  readonly outcome: 'refused';
  readonly code: RefusedCode;
  /** The claim that is missing, or that must be absent. */
  readonly claim?: string;
  /** The `typ`, `aud` or `iss` of the token as received. Escape it before you show it. */
  readonly found?: string | readonly string[];
  /** What is accepted in its place. `null` stands for a missing `typ`. */
  readonly expected?: readonly (string | null)[];
}

/** The token cannot be judged, because its authorization server cannot be reached. */
export interface UnavailableDecision extends DecisionFacts {
  readonly outcome: 'unavailable';
  readonly code: AuthorizationServerUnavailableCode;
}

/** The outcome of one judged invocation. Has no token, no claim set and no secret. */
export type Decision = AdmittedDecision | ChallengedDecision | RefusedDecision | UnavailableDecision;

/** Options of `StepUpService.onDecision`. */
export interface DecisionListenerOptions {
  /** Whether decisions have the subject of the token, which is personal data. Default is `false`. */
  subject?: boolean;
}

/**
 * Reports each decision to listeners and to a diagnostics channel. Builds no decision without a listener or a
 * subscriber.
 */
@Injectable()
export class Decisions {
  readonly #channel = channel(DECISION_CHANNEL);
  readonly #anonymous = new Listeners<Decision>((error) => this.log.listenerFailed('onDecision', error));
  readonly #named = new Listeners<Decision>((error) => this.log.listenerFailed('onDecision', error));

  constructor(private readonly log: StepUpLog) {}

  /** Adds a listener. Returns an unsubscribe function. */
  on(listener: (decision: Decision) => void, { subject = false }: DecisionListenerOptions = {}): () => void {
    return (subject ? this.#named : this.#anonymous).add(listener);
  }

  /** Whether there is a listener or a subscriber. */
  get isHeard(): boolean {
    return this.#anonymous.size > 0 || this.#named.size > 0 || this.#channel.hasSubscribers;
  }

  /**
   * Reports a decision to every listener and subscriber.
   *
   * @param decide returns the decision; called only if there is a listener or a subscriber
   */
  tell(decide: () => Decision): void {
    if (!this.isHeard) return;
    const decision = Object.freeze(decide());
    this.#named.tell(decision);
    const { subject: _, ...anonymous } = decision;
    Object.freeze(anonymous);
    this.#anonymous.tell(anonymous);
    this.#channel.publish(anonymous);
  }
}
