import type { ChallengeDeviationCode, Diagnostic } from '../core/index.js';

type ClientDeviationCode =
  | 'max_age_invalid'
  | 'comma_separated_acr_values'
  | 'unquoted_value'
  | 'unusual_status'
  | 'header_not_exposed'
  | 'challenge_in_body'
  | 'acr_values_long'
  | 'acr_value_not_allowed'
  | 'max_age_raised';

/** What a {@link StepUpDeviation} is about. */
export type StepUpDeviationCode = ChallengeDeviationCode | ClientDeviationCode;

/**
 * Something that was not as the specifications, or the policy of the application, want it. All texts are fixed: nothing
 * of them comes from the network.
 */
export type StepUpDeviation = Diagnostic<StepUpDeviationCode>;

/** Told of every deviation. Must not throw. */
export type DeviationListener = (deviation: StepUpDeviation) => void;

/** Reports a deviation. Its texts stand where it is found, so that a bundle has those alone that it needs. */
export function report(
  { onDeviation }: { onDeviation?: DeviationListener | undefined },
  code: ClientDeviationCode,
  subject: string,
  message: string,
): void {
  onDeviation?.({ code, subject, message });
}
