import { type Challenge, INSUFFICIENT_USER_AUTHENTICATION } from '../core/index.js';
import { readChallenges } from './challenge-field.js';
import { type DeviationListener, report } from './deviation.js';

/**
 * What an API asks for before it performs an operation.
 *
 * @see [RFC 9470 §3](https://www.rfc-editor.org/rfc/rfc9470.html#section-3)
 */
export interface StepUpChallenge {
  /** `'Bearer'` or `'DPoP'`. */
  scheme: string;
  /** Authentication context class references, the preferred first; any one of them is enough. */
  acrValues?: string[] | undefined;
  /** Greatest age of the sign-in, in seconds. `0` asks for one after the challenge. */
  maxAge?: number | undefined;
  /** Scope the next access token has to hold as well, space-separated. */
  scope?: string | undefined;
  realm?: string | undefined;
  resourceMetadata?: string | undefined;
  errorDescription?: string | undefined;
}

export interface ParseStepUpChallengeOptions {
  /**
   * Reads what real servers send wrongly as well: `acr_values` joined by commas, values without the quotes they need.
   * A field line above 1 MiB is not. Default is `false`: these are one value, and no challenge.
   */
  lenient?: boolean | undefined;
  /** Scheme to prefer where several carry a step-up challenge: the one the request used. Default is the first of them. */
  scheme?: 'Bearer' | 'DPoP' | undefined;
  /** Told of everything that was discarded, ignored or read leniently. Default is to report nothing. */
  onDeviation?: DeviationListener | undefined;
}

/** A response, or the headers of one, or its `WWW-Authenticate` field: one string, or one for each field line. */
export type StepUpChallengeSource = Response | Headers | string | readonly string[] | null | undefined;

const SCHEMES = new Map([
  ['bearer', 'Bearer'],
  ['dpop', 'DPoP'],
]);

/**
 * Reads the step-up challenge of a response. A challenge of another error, or under another scheme than Bearer and
 * DPoP, is none. Never throws on what the network sent: what cannot be read is discarded and reported to `onDeviation`,
 * and so is a cross-origin 401 that hides the field. Does not read the body; `readStepUpChallenge` does. A response
 * that is no refusal (4xx) has no challenge.
 *
 * @see [RFC 9470 §3](https://www.rfc-editor.org/rfc/rfc9470.html#section-3)
 */
export function parseStepUpChallenge(
  source: StepUpChallengeSource,
  options: ParseStepUpChallengeOptions = {},
): StepUpChallenge | undefined {
  if (source === null || source === undefined) return undefined;
  if (typeof source === 'string' || Array.isArray(source)) return fromField(source as string | string[], options);

  const response = 'headers' in source ? source : undefined;
  const field = (response?.headers ?? (source as Headers)).get('www-authenticate');
  if (field === null) {
    if (response?.status === 401 && response.type === 'cors') report(options.onDeviation, 'header_not_exposed');
    return undefined;
  }
  const challenge = fromField(field, options);
  if (challenge === undefined || response === undefined || response.status === 401) return challenge;
  report(options.onDeviation, 'unusual_status');
  return response.status >= 400 && response.status < 500 ? challenge : undefined;
}

function fromField(field: string | readonly string[], options: ParseStepUpChallengeOptions) {
  const found = readChallenges(field, options).filter(
    (challenge) => isOAuth(challenge) && challenge.parameters['error'] === INSUFFICIENT_USER_AUTHENTICATION,
  );
  const preferred = options.scheme?.toLowerCase();
  const chosen = found.find(({ scheme }) => scheme.toLowerCase() === preferred) ?? found[0];
  return chosen && toStepUpChallenge(chosen, options);
}

/** Returns whether a challenge is one that concerns an access token. */
export function isOAuth({ scheme }: Challenge): boolean {
  return SCHEMES.has(scheme.toLowerCase());
}

/** Takes what a step-up needs from a challenge. A `max_age` that is not a number of seconds is ignored: RFC 9470 §3. */
export function toStepUpChallenge(
  { scheme, parameters }: Pick<Challenge, 'scheme' | 'parameters'>,
  { lenient = false, onDeviation }: ParseStepUpChallengeOptions,
): StepUpChallenge {
  const { acr_values: joined, max_age: age, realm, resource_metadata, error_description } = parameters;
  const challenge: StepUpChallenge = { scheme: SCHEMES.get(scheme.toLowerCase()) ?? scheme };

  const separated = lenient === true && joined?.includes(',') === true;
  if (separated) report(onDeviation, 'comma_separated_acr_values');
  const acrValues = members(joined, separated ? /[ ,]+/ : / +/);
  if (acrValues.length > 0) challenge.acrValues = acrValues;

  if (age !== undefined) {
    if (/^[0-9]+$/.test(age) && Number.isSafeInteger(Number(age))) challenge.maxAge = Number(age);
    else report(onDeviation, 'max_age_invalid');
  }
  const scope = members(parameters['scope'], / +/).join(' ');
  if (scope !== '') challenge.scope = scope;
  if (realm !== undefined) challenge.realm = realm;
  if (resource_metadata !== undefined) challenge.resourceMetadata = resource_metadata;
  if (error_description !== undefined) challenge.errorDescription = error_description;
  return challenge;
}

function members(list: string | undefined, separator: RegExp): string[] {
  return list?.split(separator).filter((member) => member !== '') ?? [];
}
