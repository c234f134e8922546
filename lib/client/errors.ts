import type { StepUpChallenge } from './challenge.js';

/** Codes of the errors of this library. */
export type StepUpErrorCode =
  | 'ERR_STEP_UP_LOOP'
  | 'ERR_STEP_UP_NOT_REPLAYABLE'
  | 'ERR_STEP_UP_REFUSED_BY_POLICY'
  | 'ERR_STEP_UP_REDIRECT'
  | 'ERR_STEP_UP_TIMEOUT'
  | 'ERR_STEP_UP_FAILED'
  | 'ERR_STEP_UP_ABANDONED'
  | 'ERR_STEP_UP_STATE_UNKNOWN'
  | AuthorizationFailureCode;

/** Codes of {@link AuthorizationFailed}: what the authorization server has refused. */
export type AuthorizationFailureCode =
  | 'ERR_STEP_UP_UNMET'
  | 'ERR_STEP_UP_DECLINED'
  | 'ERR_STEP_UP_LOGIN_REQUIRED'
  | 'ERR_STEP_UP_INTERACTION_REQUIRED'
  | 'ERR_STEP_UP_CONSENT_REQUIRED'
  | 'ERR_STEP_UP_AUTHORIZATION_FAILED';

const NOT_AUTHORIZED = 'The authorization server refused the step-up; "error" says why';

const MESSAGES: Record<StepUpErrorCode, string> = {
  ERR_STEP_UP_LOOP: 'The API asks again',
  ERR_STEP_UP_NOT_REPLAYABLE: 'The request cannot be sent again; "reason" says why',
  ERR_STEP_UP_REFUSED_BY_POLICY: 'The policy refuses the challenge; "reason" says why',
  ERR_STEP_UP_REDIRECT: 'The API redirects; call the final address',
  ERR_STEP_UP_TIMEOUT: 'The step-up timed out',
  ERR_STEP_UP_FAILED: 'The step-up failed; "cause" says why',
  ERR_STEP_UP_ABANDONED: 'The step-up was given up',
  ERR_STEP_UP_STATE_UNKNOWN: 'No step-up has this "state"',
  ERR_STEP_UP_UNMET: NOT_AUTHORIZED,
  ERR_STEP_UP_DECLINED: NOT_AUTHORIZED,
  ERR_STEP_UP_LOGIN_REQUIRED: NOT_AUTHORIZED,
  ERR_STEP_UP_INTERACTION_REQUIRED: NOT_AUTHORIZED,
  ERR_STEP_UP_CONSENT_REQUIRED: NOT_AUTHORIZED,
  ERR_STEP_UP_AUTHORIZATION_FAILED: NOT_AUTHORIZED,
};

/**
 * What every error of this library has in common. Tell them apart by `code`, never by `instanceof` or `message`: an
 * application may load the library twice, as CommonJS and as a module. Messages are fixed texts; facts are properties.
 *
 * @example
 * ```ts
 * catch (error) {
 *   if (isStepUpError(error)) show(error.code);
 * }
 * ```
 */
export class StepUpError<Code extends StepUpErrorCode = StepUpErrorCode> extends Error {
  override readonly name: string = 'StepUpError';

  constructor(
    readonly code: Code,
    options?: ErrorOptions,
  ) {
    super(MESSAGES[code], options);
  }
}

/**
 * The API challenged again although its challenge had been answered; asking the user once more would not help.
 *
 * @example
 * ```ts
 * if (error.code === 'ERR_STEP_UP_LOOP') report(error.challenges);
 * ```
 */
export class StepUpLoop extends StepUpError<'ERR_STEP_UP_LOOP'> {
  override readonly name = 'StepUpLoop';

  /** @param challenges the one that was answered, and the one that came after it */
  constructor(readonly challenges: readonly [StepUpChallenge, StepUpChallenge]) {
    super('ERR_STEP_UP_LOOP');
  }
}

/**
 * The request was challenged and cannot be sent a second time. The user was not asked to authenticate.
 *
 * @example
 * ```ts
 * if (error.code === 'ERR_STEP_UP_NOT_REPLAYABLE') askToTryAgain(error.reason);
 * ```
 */
export class RequestNotReplayable extends StepUpError<'ERR_STEP_UP_NOT_REPLAYABLE'> {
  override readonly name = 'RequestNotReplayable';

  constructor(
    readonly reason: 'stream' | 'body_too_large' | 'not_repeatable',
    readonly challenge: StepUpChallenge,
  ) {
    super('ERR_STEP_UP_NOT_REPLAYABLE');
  }
}

/**
 * A challenge was not answered because the application's policy for this API forbids it.
 *
 * @example
 * ```ts
 * if (error.code === 'ERR_STEP_UP_REFUSED_BY_POLICY') report(error.reason, error.challenge);
 * ```
 */
export class ChallengeRefusedByPolicy extends StepUpError<'ERR_STEP_UP_REFUSED_BY_POLICY'> {
  override readonly name = 'ChallengeRefusedByPolicy';

  constructor(
    readonly reason: 'acr_values_not_allowed' | 'too_many_prompts',
    readonly challenge: StepUpChallenge,
  ) {
    super('ERR_STEP_UP_REFUSED_BY_POLICY');
  }
}

/**
 * The API redirected a request that carries an access token.
 *
 * @example
 * ```ts
 * if (error.code === 'ERR_STEP_UP_REDIRECT') report('The API has moved');
 * ```
 */
export class RedirectRefused extends StepUpError<'ERR_STEP_UP_REDIRECT'> {
  override readonly name = 'RedirectRefused';

  constructor() {
    super('ERR_STEP_UP_REDIRECT');
  }
}

/**
 * Nobody came back from the authorization server in time: it showed an error page, or the user left.
 *
 * @example
 * ```ts
 * if (error.code === 'ERR_STEP_UP_TIMEOUT') show('The sign-in took too long');
 * ```
 */
export class StepUpTimedOut extends StepUpError<'ERR_STEP_UP_TIMEOUT'> {
  override readonly name = 'StepUpTimedOut';

  constructor() {
    super('ERR_STEP_UP_TIMEOUT');
  }
}

/**
 * `stepUp` rejected, or gave something that is no access token. `cause` is what it rejected with.
 *
 * @example
 * ```ts
 * if (error.code === 'ERR_STEP_UP_FAILED') report(error.cause);
 * ```
 */
export class StepUpFailed extends StepUpError<'ERR_STEP_UP_FAILED'> {
  override readonly name = 'StepUpFailed';

  constructor(cause: unknown) {
    super('ERR_STEP_UP_FAILED', { cause });
  }
}

/**
 * The step-up was given up before it settled: by `reset()`, or as the page was left and is shown again.
 *
 * @example
 * ```ts
 * if (error.code === 'ERR_STEP_UP_ABANDONED') return;
 * ```
 */
export class StepUpAbandoned extends StepUpError<'ERR_STEP_UP_ABANDONED'> {
  override readonly name = 'StepUpAbandoned';

  constructor() {
    super('ERR_STEP_UP_ABANDONED');
  }
}

/**
 * No step-up was begun with this `state`, or its answer was received before.
 *
 * @example
 * ```ts
 * if (error.code === 'ERR_STEP_UP_STATE_UNKNOWN') location.assign('/');
 * ```
 */
export class StateUnknown extends StepUpError<'ERR_STEP_UP_STATE_UNKNOWN'> {
  override readonly name = 'StateUnknown';

  constructor() {
    super('ERR_STEP_UP_STATE_UNKNOWN');
  }
}

/**
 * The authorization server answered the authorization request with an error.
 *
 * @example
 * ```ts
 * if (error.code === 'ERR_STEP_UP_DECLINED') show('You have cancelled the sign-in');
 * ```
 */
export class AuthorizationFailed extends StepUpError<AuthorizationFailureCode> {
  override readonly name = 'AuthorizationFailed';

  /**
   * @param error the error code of the authorization response
   * @param errorDescription its description, from the network: escape it where it is shown
   */
  constructor(
    code: AuthorizationFailureCode,
    readonly error: string,
    readonly errorDescription?: string,
    options?: ErrorOptions,
  ) {
    super(code, options);
  }
}

/**
 * Every error of this library, told apart by `code`: `switch (error.code)` narrows to the error with its facts.
 *
 * @example
 * ```ts
 * catch (thrown) {
 *   const error = thrown as AnyStepUpError;
 *   if (error.code === 'ERR_STEP_UP_LOOP') report(error.challenges);
 * }
 * ```
 */
export type AnyStepUpError =
  | StepUpLoop
  | RequestNotReplayable
  | ChallengeRefusedByPolicy
  | RedirectRefused
  | StepUpTimedOut
  | StepUpFailed
  | StepUpAbandoned
  | StateUnknown
  | AuthorizationFailed;

/**
 * Returns whether an error is one of this library, by its code. None of them goes away by trying again at once: a layer
 * that retries leaves these alone, or the user is asked again after saying no.
 *
 * @example `retry: (failures, error) => !isStepUpError(error) && failures < 3`
 */
export function isStepUpError(error: unknown): error is AnyStepUpError {
  return Object.hasOwn(MESSAGES, (error as AnyStepUpError | null | undefined)?.code ?? '');
}
