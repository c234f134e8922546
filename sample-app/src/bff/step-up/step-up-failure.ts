import type { StepUpOutcome } from 'nestjs-step-up/client';

export type StepUpFailureCode =
  | 'authorization_server_unreachable'
  /** The response does not belong to the request, or is not signed as it has to be. */
  | 'authorization_response_invalid'
  /** Another user signed in. */
  | 'user_mismatch'
  /** The authorization server did less than it was asked for. `outcome` says what is missing. */
  | 'step_up_unsatisfied'
  /** Sent before, too late, or of another session. */
  | 'confirmation_unknown';

/** A failure that nestjs-step-up/client has no error for. The session goes on as before. */
export class StepUpFailure extends Error {
  override readonly name = 'StepUpFailure';
  readonly outcome: StepUpOutcome['outcome'] | undefined;

  constructor(
    readonly code: StepUpFailureCode,
    { outcome, ...options }: ErrorOptions & { outcome?: StepUpOutcome['outcome'] } = {},
  ) {
    super(code, options);
    this.outcome = outcome;
  }
}
