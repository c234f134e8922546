import { type Challenge, INSUFFICIENT_USER_AUTHENTICATION } from '../core/index.js';
import { readChallenges } from './challenge-field.js';
import { INSUFFICIENT_CLAIMS, readClaims } from './claims-challenge.js';
import { defined } from './defined.js';
import { type DeviationListener, report } from './deviation.js';
import { linesOf } from './field-lines.js';
import { member } from './member.js';

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
  /**
   * The claims request of Microsoft Entra's challenge, as JSON: what MSAL takes as `claims`. The authentication contexts
   * in it are `acrValues` as well.
   */
  claims?: string | undefined;
}

/** Options of {@link parseStepUpChallenge}. */
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

/**
 * Reads the step-up challenge of a response: that of RFC 9470, or Microsoft Entra's claims challenge. A challenge of
 * another error, or under another scheme than Bearer and DPoP, is none. Never throws on what the network sent: what cannot be read is discarded and reported to `onDeviation`,
 * and so is a cross-origin 401 that hides the field. Does not read the body; `readStepUpChallenge` does. A response
 * that is no refusal (4xx) has no challenge.
 *
 *
 * @example
 * ```ts
 * const challenge = parseStepUpChallenge(response);
 * if (challenge) signIn(authorizationParameters(challenge));
 * ```
 * @see [RFC 9470 §3](https://www.rfc-editor.org/rfc/rfc9470.html#section-3)
 */
export function parseStepUpChallenge(
  source: StepUpChallengeSource,
  options: ParseStepUpChallengeOptions = {},
): StepUpChallenge | undefined {
  const { headers = source, status, type } = (source ?? {}) as Partial<Response>;
  const lines = linesOf(headers);
  if (lines.length === 0) {
    if (status === 401 && type === 'cors') {
      const message = 'It needs "Access-Control-Expose-Headers: WWW-Authenticate"';
      report(options, 'header_not_exposed', 'WWW-Authenticate', message);
    }
    return undefined;
  }
  const { challenge } = challengeInField(lines, options);
  return challenge && isRefusal(status, options) ? challenge : undefined;
}

/** Returns whether a challenge next to this status counts; without a status it does. */
export function isRefusal(status: number | undefined, options: ParseStepUpChallengeOptions): boolean {
  if (status === undefined || status === 401) return true;
  report(options, 'unusual_status', 'status', 'It is not 401');
  return status >= 400 && status < 500;
}

/** Also says whether the field has a challenge for an access token at all, of whatever error. */
export function challengeInField(
  field: string | readonly string[],
  options: ParseStepUpChallengeOptions,
): { challenge: StepUpChallenge | undefined; isForToken: boolean } {
  const challenges = readChallenges(field, options).filter(({ scheme }) => /^(bearer|dpop)$/i.test(scheme));
  const found = challenges.filter(({ parameters }) => asksForStepUp(parameters));
  const chosen = found.find(({ scheme }) => nameOf(scheme) === options.scheme) ?? found[0];
  return { challenge: chosen && toStepUpChallenge(chosen, options), isForToken: challenges.length > 0 };
}

const IN_BODY = ['error', 'claims', 'acr_values', 'max_age', 'scope', 'error_description'];

/** Reads the challenge of a parsed body, member by member. It says the same as the header. */
export function challengeInBody(body: unknown, options: ParseStepUpChallengeOptions): StepUpChallenge | undefined {
  const parameters: Record<string, string> = {};
  for (const name of IN_BODY) {
    const value = member(body, name);
    if (typeof value === 'string' || typeof value === 'number') parameters[name] = String(value);
  }
  if (!asksForStepUp(parameters)) return undefined;
  report(options, 'challenge_in_body', 'body', 'It is in the body');
  return toStepUpChallenge({ scheme: options.scheme ?? 'Bearer', parameters }, options);
}

function nameOf(scheme: string) {
  return /^d/i.test(scheme) ? 'DPoP' : 'Bearer';
}

function asksForStepUp({ error }: Challenge['parameters']): boolean {
  return error === INSUFFICIENT_USER_AUTHENTICATION || error === INSUFFICIENT_CLAIMS;
}

/**
 * Takes what a step-up needs from a challenge. A `max_age` that is not a number of seconds is ignored: RFC 9470 §3. A
 * claims challenge whose claims cannot be read is none.
 */
function toStepUpChallenge(
  { scheme, parameters }: Pick<Challenge, 'scheme' | 'parameters'>,
  options: ParseStepUpChallengeOptions,
): StepUpChallenge | undefined {
  const { acr_values: joined, max_age: age, scope, realm, claims } = parameters;
  const separated = options.lenient === true && joined?.includes(',') === true;
  if (separated) {
    report(options, 'comma_separated_acr_values', 'acr_values', 'It needs spaces, not commas');
  }
  const seconds = Number(age);
  // the text of `undefined` is no number either
  const maxAge = /^\d+$/.test(age as string) && Number.isSafeInteger(seconds) ? seconds : undefined;
  if (age !== undefined && maxAge === undefined) {
    report(options, 'max_age_invalid', 'max_age', 'It is not a number of seconds');
  }
  const requested = parameters['error'] === INSUFFICIENT_CLAIMS ? readClaims(claims) : {};
  return (
    requested &&
    defined({
      scheme: nameOf(scheme),
      acrValues: members(joined, separated ? /[^ ,]+/g : undefined),
      maxAge,
      scope: members(scope)?.join(' '),
      realm,
      resourceMetadata: parameters['resource_metadata'],
      errorDescription: parameters['error_description'],
      ...requested,
    })
  );
}

/** The members of a list; `undefined` without any. */
export function members(list = '', item = /[^ ]+/g): string[] | undefined {
  return list.match(item) ?? undefined;
}
