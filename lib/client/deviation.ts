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

export type StepUpDeviationCode = ChallengeDeviationCode | ClientDeviationCode;

/**
 * Something that was not as the specifications, or the policy of the application, want it. All texts are fixed: nothing
 * of them comes from the network.
 */
export type StepUpDeviation = Diagnostic<StepUpDeviationCode>;

/** Told of every deviation. Must not throw. */
export type DeviationListener = (deviation: StepUpDeviation) => void;

const DEVIATIONS: Record<ClientDeviationCode, readonly [subject: string, message: string, fix?: string]> = {
  max_age_invalid: ['max_age', 'It is not a number of seconds and was ignored'],
  comma_separated_acr_values: ['acr_values', 'They are separated by commas', 'Separate them by spaces'],
  unquoted_value: ['WWW-Authenticate', 'A value has characters that need quotes', 'Quote it'],
  unusual_status: ['status', 'A step-up challenge came with another status than 401'],
  header_not_exposed: [
    'WWW-Authenticate',
    'A cross-origin 401 shows it only with "Access-Control-Expose-Headers: WWW-Authenticate"',
    'Have the API expose it',
  ],
  challenge_in_body: ['body', 'A step-up challenge was found only in the body'],
  acr_values_long: ['acr_values', 'They are longer than 300 characters; some authorization servers refuse that'],
  acr_value_not_allowed: ['acr_values', 'A value that is not among "allowedAcrValues" was left out'],
  max_age_raised: ['max_age', 'It is below "minMaxAge" and was raised to it'],
};

export function report(listener: DeviationListener | undefined, code: ClientDeviationCode): void {
  const [subject, message, fix] = DEVIATIONS[code];
  listener?.({ code, subject, message, fix });
}
