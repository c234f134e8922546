import { type StepUpOutcome, verifyStepUp } from '../client/index.js';
import type { AuthenticationEvent } from '../core/index.js';
import type { AuthorizationServerMetadata } from '../token/index.js';
import { hasNoLevels, stepsToLevels } from './acr-values.js';
import type { SignedIn } from './authorization-client.js';
import type { DoctorDiagnostic, SignInSubject } from './doctor-diagnostic.js';
import type { Examination } from './examination.js';
import { quoted, quotedList } from './quoted.js';
import { requestedAge, requestedOf } from './request-parameters.js';

type IdToken = SignedIn['idToken'];

/** Diagnoses a sign-in without requirements. */
export function plainDiagnostic({ acr }: IdToken): DoctorDiagnostic {
  const message = `the ID token has ${acr === undefined ? 'no acr' : `acr ${quoted(acr)}`}`;
  return { subject: 'sign_in', code: 'sign_in_finished', severity: 'ok', message };
}

export interface StepUp {
  readonly acrValues: readonly string[];
  /** The ID token of the previous sign-in; `undefined` without one. */
  readonly previous: IdToken | undefined;
  /** The authentication event of the access token; `undefined` if it cannot be read. */
  readonly event: AuthenticationEvent | undefined;
  readonly examination: Examination;
  readonly metadata: AuthorizationServerMetadata;
}

/**
 * Diagnoses whether the server honors acr values, by the ID token and the previous one. Reads the access token if the
 * ID token has no acr.
 */
export function acrDiagnostic(
  idToken: IdToken,
  { acrValues, previous, event, examination, metadata }: StepUp,
): DoctorDiagnostic {
  const subject = 'acr_values';
  const { acrType, challenge, request } = examination.profile;
  const readable = (token: IdToken) =>
    acrType === 'number' && typeof token['acr'] === 'number' ? { ...token, acr: String(token['acr']) } : token;
  const asked = `asked for ${quotedList(requestedOf(acrValues, examination))}`;
  if (challenge === 'entra') {
    const message = `${asked} by a claims request: only the access token shows whether it is honored`;
    return { subject, code: 'acr_values_unobservable', severity: 'note', message };
  }
  const { acr } = readable(idToken);
  const { outcome } = verifyStepUp(readable(idToken), { acrValues, subject: previous?.sub ?? idToken.sub });
  if (outcome === 'subject_mismatch') return userChanged(subject);
  if (outcome === 'satisfied') {
    const was = previous === undefined ? undefined : readable(previous)['acr'];
    if (acrValues.includes(was as string)) return metAlready(asked, was, { examination, metadata });
    const message = `honored: ${asked}, and the ID token has ${quoted(acr)}`;
    return { subject, code: 'acr_values_honored', severity: 'ok', message };
  }
  // What methods stand for is in no ID token.
  const told = [acr === undefined ? event?.acr : undefined, ...(event?.acrs ?? [])];
  const honored = told.find((one) => one !== undefined && acrValues.includes(one));
  if (honored !== undefined) {
    const message = `honored: ${asked}, and the access token has ${quoted(honored)}`;
    return { subject, code: 'acr_values_honored', severity: 'ok', message };
  }
  const returned = outcome === 'acr_unmet' ? quoted(acr) : `no ${acr === undefined ? 'acr' : 'acr that is a string'}`;
  const message = `ignored: ${asked}, and the ID token has ${returned}`;
  const mayBeEssential = request?.mode === undefined && metadata['claims_parameter_supported'] === true;
  const fixes = [
    'Configure the value at the server, by a flow or policy that reads acr_values.',
    ...(mayBeEssential ? ["Or request an essential claim: mode 'essential' of authorizationParameters()."] : []),
    ...(!examination.hasProfile ? ['Or give the --profile of the server, which can need another request.'] : []),
    ...(outcome === 'acr_unmet' ? ['Or list the returned value too, if it is enough.'] : []),
  ];
  return { subject, code: 'acr_values_ignored', severity: 'error', message, fix: fixes.join(' ') };
}

/** Returns the diagnostic for a word that a plain sign-in satisfies: such a word requires no step-up. */
function metAlready(
  asked: string,
  was: unknown,
  { examination: { profile, requiredWords }, metadata }: Pick<StepUp, 'examination' | 'metadata'>,
): DoctorDiagnostic {
  const word = requiredWords.length === 1 ? quoted(requiredWords[0]) : 'a word of --acr';
  return {
    subject: 'acr_values',
    code: 'acr_values_untested',
    severity: 'warning',
    message: `${asked}, and the plain sign-in had ${quoted(was)} already: it satisfies ${word} without a step-up`,
    fix: hasNoLevels(metadata['acr_values_supported'], profile)
      ? stepsToLevels(profile)
      : 'If the user had stepped up before, try it in a private window. If not, give the word a string that only a ' +
        'stronger sign-in has.',
  };
}

export interface Reauthentication {
  readonly maxAge: number;
  /** Seconds since the epoch. */
  readonly askedAt: number;
  /** The ID token of the previous sign-in; `undefined` without one. */
  readonly previous: IdToken | undefined;
  readonly examination: Examination;
}

/** Diagnoses whether the server honors `max_age`, by the ID token and the previous one. */
export function maxAgeDiagnostic(
  idToken: IdToken,
  { maxAge, askedAt, previous, examination }: Reauthentication,
): DoctorDiagnostic {
  const subject = 'max_age';
  const { iat, auth_time: authTime } = idToken;
  const asked = `asked for ${requestedAge(maxAge, examination)}`;
  const { outcome } = verifyStepUp(idToken, {
    maxAge,
    challengedAt: askedAt,
    subject: previous?.sub ?? idToken.sub,
    // Both times are of one clock, in whole seconds.
    clockTolerance: 1,
  });
  if (outcome !== 'satisfied' && outcome !== 'authentication_too_old') return notAssessed(outcome, asked, authTime);

  const age = Math.round((iat as number) - (authTime as number));
  // The previous ID token was issued after the sign-in it is about.
  const isSame = previous !== undefined && (authTime as number) <= (previous['iat'] as number);
  const fix =
    `${maxAge === 0 ? 'Some servers honor --max-age 1, and some' : 'Some servers'} honor prompt=login of a client: try that. ` +
    'If nothing helps, no user can meet a maxAge here. APIs have to assess auth_time themselves.';
  if (outcome === 'authentication_too_old' || (isSame && maxAge === 0)) {
    const message = `ignored: ${asked}, and the user was not asked again; the sign-in was ${age} s old`;
    return { subject, code: 'max_age_ignored', severity: 'error', message, fix };
  }
  if (isSame) {
    const message = `${asked}, and the sign-in was only ${age} s old: this does not show whether it is honored`;
    return { subject, code: 'max_age_untested', severity: 'note', message, fix: 'Try --max-age 0.' };
  }
  const message = `honored: ${asked}, and the user signed in again, ${age} s before the ID token was issued`;
  return { subject, code: 'max_age_honored', severity: 'ok', message };
}

function notAssessed(outcome: StepUpOutcome['outcome'], asked: string, authTime: unknown): DoctorDiagnostic {
  const subject = 'max_age';
  switch (outcome) {
    case 'subject_mismatch':
      return userChanged(subject);
    case 'auth_time_missing':
      return {
        subject,
        code: 'id_token_auth_time_missing',
        severity: 'error',
        message: `${asked}, and the ID token has no auth_time, which max_age makes mandatory`,
        fix: 'Have the server put auth_time into ID tokens: OpenID Connect Core §2.',
      };
    default:
      return {
        subject,
        code: outcome === 'auth_time_in_future' ? 'id_token_auth_time_in_future' : 'id_token_auth_time_invalid',
        severity: 'error',
        message: `${asked}, and the auth_time of the ID token, ${quoted(authTime)}, is not a time before it was issued`,
        fix: 'It must be a JSON number of seconds since 1970: OpenID Connect Core §2.',
      };
  }
}

function userChanged(subject: SignInSubject): DoctorDiagnostic {
  const fix = 'Sign in as the same user each time.';
  return { subject, code: 'user_changed', severity: 'error', message: 'another user signed in', fix };
}
