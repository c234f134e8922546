import { type AuthorizationServer, isClientCredentialsToken, readClaim } from '../authorization-servers/index.js';
import {
  type AuthenticationEvent,
  type AuthenticationRequirements,
  assess,
  type Claims,
  DEFAULT_CLOCK_TOLERANCE,
  type DiagnosticSeverity,
  MILLISECONDS_FROM,
  type UnmetReason,
} from '../core/index.js';
import { authenticationEvent } from '../token/index.js';
import type { DoctorCode, DoctorDiagnostic, Subject } from './doctor-diagnostic.js';
import { printable, quoted, quotedList } from './quoted.js';

const RETURNED = 'Introspection returns it.';

const MEANING: Readonly<Record<UnmetReason, string>> = {
  acr_missing: 'no acr',
  acr_unmet: 'another acr',
  auth_time_missing: 'no auth_time',
  auth_time_invalid: 'an auth_time that is not a number of seconds',
  auth_time_in_future: 'an auth_time in the future',
  authentication_too_old: 'a sign-in that is too old',
  scope_missing: 'a missing scope',
};

/** Where claims are from. */
export type ClaimSource = 'token' | 'introspection';

const SOURCES: Readonly<
  Record<ClaimSource, { readonly place: string; readonly fix: (claim: string, how: string) => string }>
> = {
  token: {
    place: 'in the access token',
    fix: (claim, how) =>
      `Have the server put ${claim} into access tokens${how}, or configure "introspection" if the server returns it there.`,
  },
  introspection: {
    place: 'in the introspection response',
    fix: (claim) => `Have the server return ${claim} by introspection, next to active.`,
  },
};

export interface ClaimedAuthentication {
  readonly subject: Subject;
  readonly claims: Claims;
  readonly source: ClaimSource;
  readonly server: AuthorizationServer;
  readonly requirements: AuthenticationRequirements;
  /**
   * What another source says of the authentication. A fact that is there is not reported as missing from the claims.
   */
  readonly known?: Pick<AuthenticationEvent, 'acr' | 'acrs' | 'authTime'>;
  /** Seconds since the epoch. */
  readonly now: number;
}

/** Diagnoses whether claims say how and when the user authenticated, in a form that an API can assess. */
export function authenticationDiagnostics(claimed: ClaimedAuthentication): DoctorDiagnostic[] {
  const { subject, claims, server, requirements, now } = claimed;
  const event = authenticationEvent(claims, server);
  const { claims: paths, methods } = server.profile;
  const tells = (methods?.acr.length ?? 0) > 0;
  const path = tells ? paths.amr : paths.acr;
  const isWithoutUser =
    [event.acr, event.acrs, event.authTime].every((fact) => fact === undefined) &&
    isClientItself(claims, event, server);
  const diagnostics = [
    ...(isWithoutUser ? [userMissing(subject)] : []),
    acrDiagnostic(
      claimed,
      event,
      readClaim(claims, path),
      printable(path.join('.')),
      requirements.acrValues !== undefined,
    ),
    authTimeDiagnostic(claimed, event, printable(paths.authTime.join('.')), requirements.maxAge !== undefined, now),
  ];
  return diagnostics;
}

/** Returns whether a client obtained the token for itself. */
function isClientItself(claims: Claims, { subject, clientId }: AuthenticationEvent, { profile }: AuthorizationServer) {
  const isItsOwnSubject = subject !== undefined && subject === clientId;
  return isItsOwnSubject || isClientCredentialsToken(claims, profile);
}

function userMissing(subject: Subject): DoctorDiagnostic {
  const fix = 'Give a token for which a user signed in. A client cannot step up without a user.';
  return diagnosticOf(subject)(
    'warning',
    'user_missing',
    'the client obtained this token for itself: it has no user',
    fix,
  );
}

function acrDiagnostic(
  { subject, source, known, server }: ClaimedAuthentication,
  event: AuthenticationEvent,
  claim: unknown,
  name: string,
  required: boolean,
): DoctorDiagnostic {
  const add = diagnosticOf(subject);
  const severity = required ? 'error' : 'warning';
  const by = source === 'introspection' ? ', by introspection' : '';
  const told = server.profile.methods?.acr.map(([acr]) => acr) ?? [];
  if (event.acrs?.length === 0 && told.length > 0)
    return add('note', 'acr_zero', `${name} tells none of ${quotedList(told)}: the user reached no level${by}`);
  if (event.acrs !== undefined) return add('ok', 'acr_present', `${name} ${quotedList(event.acrs)}${by}`);
  if (event.acr !== undefined) {
    if (event.acr !== '0') return add('ok', 'acr_present', `acr ${quoted(event.acr)}${by}`);
    const fix = 'Never require "0". Some servers issue it if a user returns by a cookie.';
    return add('note', 'acr_zero', 'acr "0": the user reached no level', fix);
  }
  if (claim === undefined || claim === null) {
    const message = `no ${name} ${SOURCES[source].place}`;
    if (known?.acr !== undefined || known?.acrs !== undefined) return add('note', 'acr_missing', message, RETURNED);
    const fix = SOURCES[source].fix(name, ' (by a scope, a claim mapping or a script)');
    return add(severity, 'acr_missing', message, fix);
  }
  const kind = Array.isArray(claim) ? 'a list' : `of type ${typeof claim}`;
  const fix = 'Have the server issue a string, or give a --profile that reads this form.';
  return add(severity, 'acr_unusable', `acr is ${kind}: ${quoted(claim)}`, fix);
}

function authTimeDiagnostic(
  { subject, source, known, claims, server: { profile } }: ClaimedAuthentication,
  { authTime, acrTimes = {} }: Pick<AuthenticationEvent, 'acrTimes'> & { readonly authTime?: unknown },
  name: string,
  required: boolean,
  now: number,
): DoctorDiagnostic {
  const add = diagnosticOf(subject);
  const severity = required ? 'error' : 'warning';
  if (authTime === undefined) {
    const [dated] = Object.entries(acrTimes).filter(([, time]) => Number.isFinite(time));
    if (dated !== undefined)
      return add('ok', 'auth_time_present', `${quoted(dated[0])} was reached ${instant(dated[1] as number)}`);
    const message = `no ${name} ${SOURCES[source].place}`;
    if (known?.authTime !== undefined) return add('note', 'auth_time_missing', message, RETURNED);
    const fix = `${SOURCES[source].fix(name, '')} Until then no maxAge is ever met.`;
    return add(severity, 'auth_time_missing', message, fix);
  }
  if (Number.isNaN(authTime)) {
    const claim = readClaim(claims, profile.claims.authTime);
    const message = `auth_time is ${quoted(claim ?? null)}, which is not a time in the format ${quoted(profile.authTimeFormat)}`;
    const fix = 'Give a profile by --config whose "authTimeFormat" is how the server writes it.';
    return add(severity, 'auth_time_not_a_number', message, fix);
  }
  if (typeof authTime !== 'number') {
    const fix =
      'It must be a JSON number of seconds: have the server issue one, or give a --profile that reads this form.';
    return add(severity, 'auth_time_not_a_number', `auth_time is ${quoted(authTime)}, which is not a number`, fix);
  }
  if (authTime > MILLISECONDS_FROM) {
    const fix = 'Have the server issue seconds. Until then no maxAge is ever met.';
    return add(severity, 'auth_time_in_milliseconds', `auth_time is ${authTime}, which looks like milliseconds`, fix);
  }
  const age = Math.round(now - authTime);
  if (authTime < 0)
    return add(severity, 'auth_time_negative', `auth_time is ${authTime}`, 'Have the server issue seconds.');
  if (age < -DEFAULT_CLOCK_TOLERANCE) {
    const fix = 'Set the clocks of the server and of this machine by NTP.';
    return add(severity, 'auth_time_in_future', `auth_time ${instant(authTime)} is ${-age} s in the future`, fix);
  }
  const by = source === 'introspection' ? ', by introspection' : '';
  return add('ok', 'auth_time_present', `auth_time ${instant(authTime)}, ${Math.max(age, 0)} s ago${by}`);
}

/**
 * Diagnoses whether an authentication event meets the requirements. Empty without requirements.
 *
 * @param now seconds since the epoch
 */
export function requirementDiagnostics(
  subject: Subject,
  event: AuthenticationEvent,
  requirements: AuthenticationRequirements,
  now: number,
): DoctorDiagnostic[] {
  return Object.keys(requirements).length === 0 ? [] : [verdict(subject, event, requirements, now)];
}

function verdict(
  subject: Subject,
  event: AuthenticationEvent,
  requirements: AuthenticationRequirements,
  now: number,
): DoctorDiagnostic {
  const { acrValues, maxAge } = requirements;
  const required = [
    ...(acrValues === undefined ? [] : [`acr ${acrValues.length > 1 ? 'one of ' : ''}${quotedList(acrValues)}`]),
    ...(maxAge === undefined ? [] : [`a sign-in within the last ${maxAge} s`]),
  ].join(' and ');
  const assessment = assess(event, requirements, { now });
  const add = diagnosticOf(subject);
  if (assessment.met) return add('ok', 'requirements_met', `enough for ${required}`);
  const reasons = assessment.reasons.map((reason) => MEANING[reason]).join(', ');
  const canImprove = !assessment.reasons.includes('auth_time_missing');
  const fix =
    subject === 'access_token' || subject === 'introspection'
      ? `Your API would respond with a step-up challenge.${canImprove ? ' Try whether --login obtains a better token.' : ''}`
      : 'Your API would challenge it again, although the user signed in for it.';
  return add('error', 'requirements_unmet', `not enough for ${required}: it has ${reasons}`, fix);
}

function diagnosticOf(subject: Subject) {
  return (severity: DiagnosticSeverity, code: DoctorCode, message: string, fix?: string): DoctorDiagnostic => ({
    subject,
    code,
    severity,
    message,
    ...(fix !== undefined && { fix }),
  });
}

/** Returns seconds since the epoch as text. */
export function instant(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
}
