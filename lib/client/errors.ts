import type { StepUpChallenge } from './challenge.js';

export type StepUpErrorCode =
  | 'ERR_STEP_UP_LOOP'
  | 'ERR_STEP_UP_NOT_REPLAYABLE'
  | 'ERR_STEP_UP_REFUSED_BY_POLICY'
  | 'ERR_STEP_UP_REDIRECT'
  | 'ERR_STEP_UP_TIMEOUT'
  | 'ERR_STEP_UP_STATE_UNKNOWN'
  | AuthorizationFailureCode;

export type AuthorizationFailureCode =
  | 'ERR_STEP_UP_UNMET'
  | 'ERR_STEP_UP_DECLINED'
  | 'ERR_STEP_UP_LOGIN_REQUIRED'
  | 'ERR_STEP_UP_INTERACTION_REQUIRED'
  | 'ERR_STEP_UP_CONSENT_REQUIRED'
  | 'ERR_STEP_UP_AUTHORIZATION_FAILED';

/**
 * What every error of this library has in common. Tell them apart by `code`, never by `instanceof` or `message`: an
 * application may load the library twice, as CommonJS and as a module. Messages are fixed texts; facts are properties.
 */
export class StepUpError<Code extends StepUpErrorCode = StepUpErrorCode> extends Error {
  override readonly name: string = 'StepUpError';

  constructor(
    readonly code: Code,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The API challenged again although its challenge had been answered; asking the user once more would not help. */
export class StepUpLoop extends StepUpError<'ERR_STEP_UP_LOOP'> {
  override readonly name = 'StepUpLoop';

  /** @param challenges the one that was answered, and the one that came after it */
  constructor(readonly challenges: readonly [StepUpChallenge, StepUpChallenge]) {
    super('ERR_STEP_UP_LOOP', 'The API asks for step-up authentication again after it was done');
  }
}

/** The request was challenged and cannot be sent a second time. The user was not asked to authenticate. */
export class RequestNotReplayable extends StepUpError<'ERR_STEP_UP_NOT_REPLAYABLE'> {
  override readonly name = 'RequestNotReplayable';

  constructor(
    readonly reason: 'stream' | 'body_too_large',
    readonly challenge: StepUpChallenge,
  ) {
    super(
      'ERR_STEP_UP_NOT_REPLAYABLE',
      reason === 'stream'
        ? 'The request body is a stream and cannot be sent again; send a Blob, a string or bytes'
        : 'The request body is larger than "maxBodySize" and cannot be sent again',
    );
  }
}

/** A challenge was not answered because the application's policy for this API forbids it. */
export class ChallengeRefusedByPolicy extends StepUpError<'ERR_STEP_UP_REFUSED_BY_POLICY'> {
  override readonly name = 'ChallengeRefusedByPolicy';

  constructor(
    readonly reason: 'acr_values_not_allowed' | 'too_many_prompts',
    readonly challenge: StepUpChallenge,
  ) {
    super(
      'ERR_STEP_UP_REFUSED_BY_POLICY',
      reason === 'acr_values_not_allowed'
        ? 'The API asks for none of "allowedAcrValues"'
        : 'More step-ups within a minute than "promptsPerMinute"; set "user" on a server with many users',
    );
  }
}

/** The API redirected a request that carries an access token. */
export class RedirectRefused extends StepUpError<'ERR_STEP_UP_REDIRECT'> {
  override readonly name = 'RedirectRefused';

  constructor() {
    super(
      'ERR_STEP_UP_REDIRECT',
      'The API redirected a request that carries an access token; call its final address, or set "redirect" to "follow"',
    );
  }
}

/** Nobody came back from the authorization server in time: it showed an error page, or the user left. */
export class StepUpTimedOut extends StepUpError<'ERR_STEP_UP_TIMEOUT'> {
  override readonly name = 'StepUpTimedOut';

  constructor() {
    super('ERR_STEP_UP_TIMEOUT', 'The step-up authentication was not completed in time');
  }
}

/** No step-up was begun with this `state`, or its answer was received before. */
export class StateUnknown extends StepUpError<'ERR_STEP_UP_STATE_UNKNOWN'> {
  override readonly name = 'StateUnknown';

  constructor() {
    super('ERR_STEP_UP_STATE_UNKNOWN', 'No step-up authentication is pending for this "state"');
  }
}

/** The authorization server answered the authorization request with an error. */
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
    super(code, 'The authorization server did not complete the step-up authentication', options);
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
  | StateUnknown
  | AuthorizationFailed;
