const MESSAGES = {
  duplicate_parameter: 'A challenge repeats a parameter and was discarded: RFC 9110 allows each once.',
  unreadable: 'A WWW-Authenticate field was discarded from the first challenge on that cannot be read.',
  max_age_invalid: 'The "max_age" of a challenge is not a number of seconds and was ignored.',
  comma_separated_acr_values:
    'The "acr_values" of a challenge are separated by commas; RFC 9470 separates them by spaces.',
  unquoted_value: 'A challenge has an unquoted value with characters that need quotes.',
  unusual_status: 'A step-up challenge came with another status than 401.',
  header_not_exposed:
    'A cross-origin 401 shows no WWW-Authenticate field. If the API sends one, it has to add ' +
    '"Access-Control-Expose-Headers: WWW-Authenticate" for the browser to show it.',
  challenge_in_body: 'A step-up challenge was found only in the body of the response.',
  acr_values_long: 'The "acr_values" are longer than 300 characters; some authorization servers refuse that.',
  acr_value_not_allowed: 'A challenge asks for an acr value that is not among "allowedAcrValues"; it was left out.',
  max_age_raised: 'The "max_age" of a challenge is below "minMaxAge" and was raised to it.',
};

export type StepUpDeviationCode = keyof typeof MESSAGES;

/** Something that was not as the specifications, or the policy of the application, want it. */
export interface StepUpDeviation {
  readonly code: StepUpDeviationCode;
  /** A fixed text for developers; nothing of it comes from the network. */
  readonly message: string;
}

/** Told of every deviation. Must not throw. */
export type DeviationListener = (deviation: StepUpDeviation) => void;

export function report(listener: DeviationListener | undefined, code: StepUpDeviationCode): void {
  listener?.({ code, message: MESSAGES[code] });
}
