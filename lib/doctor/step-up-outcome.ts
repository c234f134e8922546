import { type StepUpOutcome, verifyStepUp } from '../client/index.js';
import type { AuthorizationServerMetadata } from '../token/index.js';
import type { SignedIn } from './authorization-client.js';
import type { CommandLine } from './command-line.js';
import { factsOf } from './configured-server.js';
import type { DoctorDiagnostic, SignInSubject } from './doctor-diagnostic.js';
import { quoted, quotedList } from './quoted.js';
import { requestedAge, requestedOf } from './request-parameters.js';

type IdToken = SignedIn['idToken'];

/** What a sign-in brings for which nothing is asked. */
export function plainDiagnostic({ acr }: IdToken): DoctorDiagnostic {
  const message = `it brings ${acr === undefined ? 'no acr' : `acr ${quoted(acr)}`} in the ID token`;
  return { subject: 'sign_in', code: 'sign_in_finished', severity: 'ok', message };
}

export interface StepUp {
  readonly acrValues: readonly string[];
  /** The ID token of the sign-in before; `undefined` where there was none. */
  readonly before: IdToken | undefined;
  readonly commandLine: CommandLine;
  readonly metadata: AuthorizationServerMetadata;
}

/** Whether the server honored the acr values it was asked for, by the ID token that came back and the one before. */
export function acrDiagnostic(
  idToken: IdToken,
  { acrValues, before, commandLine, metadata }: StepUp,
): DoctorDiagnostic {
  const subject = 'acr_values';
  const { acrType, challenge, request } = factsOf(commandLine);
  const readable = (token: IdToken) =>
    acrType === 'number' && typeof token['acr'] === 'number' ? { ...token, acr: String(token['acr']) } : token;
  const asked = `asked for ${quotedList(requestedOf(acrValues, commandLine))}`;
  if (challenge === 'entra') {
    const message = `${asked} by a claims request: whether it is honored shows in the access token alone`;
    return { subject, code: 'acr_values_unobservable', severity: 'note', message };
  }
  const { acr } = readable(idToken);
  const { outcome } = verifyStepUp(readable(idToken), { acrValues, subject: before?.sub ?? idToken.sub });
  if (outcome === 'subject_mismatch') return anotherUser(subject);
  if (outcome === 'satisfied') {
    const was = before === undefined ? undefined : readable(before)['acr'];
    if (acrValues.includes(was as string)) {
      const message = `${asked}, and the plain sign-in had ${quoted(was)} already: whether it is honored did not show`;
      return {
        subject,
        code: 'acr_values_untested',
        severity: 'note',
        message,
        fix: 'Try it in a private window, or as another user.',
      };
    }
    const message = `honored: ${asked}, and the ID token has ${quoted(acr)}`;
    return { subject, code: 'acr_values_honored', severity: 'ok', message };
  }
  const returned = outcome === 'acr_unmet' ? quoted(acr) : `no ${acr === undefined ? 'acr' : 'acr that is a text'}`;
  const message = `ignored: ${asked}, and the ID token has ${returned}`;
  const mayBeEssential = request?.mode === undefined && metadata['claims_parameter_supported'] === true;
  const fixes = [
    'Give the value a meaning at the server, by a flow or policy that reads acr_values.',
    ...(mayBeEssential ? ["Or ask for an essential claim: mode 'essential' of authorizationParameters()."] : []),
    ...(commandLine.profile === undefined ? ['Or it is to be asked otherwise: is there a --profile for it?'] : []),
    ...(outcome === 'acr_unmet' ? ['Or list the returned one too, if it is good enough.'] : []),
  ];
  return { subject, code: 'acr_values_ignored', severity: 'error', message, fix: fixes.join(' ') };
}

export interface Reauthentication {
  readonly maxAge: number;
  /** Seconds since the epoch, by the clock of this machine. */
  readonly askedAt: number;
  /** The ID token of the sign-in before; `undefined` where there was none. */
  readonly before: IdToken | undefined;
  readonly commandLine: CommandLine;
}

/** Whether the server honored `max_age`, by the ID token that came back and the one before. */
export function maxAgeDiagnostic(
  idToken: IdToken,
  { maxAge, askedAt, before, commandLine }: Reauthentication,
): DoctorDiagnostic {
  const subject = 'max_age';
  const { iat, auth_time: authTime } = idToken;
  const asked = `asked for ${requestedAge(maxAge, commandLine)}`;
  const { outcome } = verifyStepUp(idToken, {
    maxAge,
    challengedAt: askedAt,
    subject: before?.sub ?? idToken.sub,
    // one clock tells both times, in whole seconds
    clockTolerance: 1,
  });
  if (outcome !== 'satisfied' && outcome !== 'authentication_too_old') return unjudged(outcome, asked, authTime);

  const age = Math.round((iat as number) - (authTime as number));
  // the ID token of the sign-in before was issued after that sign-in
  const isSame = before !== undefined && (authTime as number) <= (before['iat'] as number);
  const fix = `Clients may send prompt=login with it, or another max_age; APIs have to judge auth_time themselves.`;
  if (outcome === 'authentication_too_old' || (isSame && maxAge === 0)) {
    const message = `ignored: ${asked}, and the user was not asked again; the sign-in was ${age} s old`;
    return { subject, code: 'max_age_ignored', severity: 'error', message, fix };
  }
  if (isSame) {
    const message = `${asked}, and the sign-in was only ${age} s old: whether it is honored did not show`;
    return { subject, code: 'max_age_untested', severity: 'note', message, fix: 'Try --max-age 0.' };
  }
  const message = `honored: ${asked}, and the user signed in anew, ${age} s before the ID token was issued`;
  return { subject, code: 'max_age_honored', severity: 'ok', message };
}

function unjudged(outcome: StepUpOutcome['outcome'], asked: string, authTime: unknown): DoctorDiagnostic {
  const subject = 'max_age';
  switch (outcome) {
    case 'subject_mismatch':
      return anotherUser(subject);
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
        message: `${asked}, and the auth_time of the ID token, ${quoted(authTime)}, is no moment before it was issued`,
        fix: 'It has to be a JSON number of seconds since 1970: OpenID Connect Core §2.',
      };
  }
}

function anotherUser(subject: SignInSubject): DoctorDiagnostic {
  const fix = 'Sign in as the same user every time.';
  return { subject, code: 'user_changed', severity: 'error', message: 'another user signed in than before', fix };
}
