import { type AuthorizationServer, isClientCredentialsToken, readClaim } from '../authorization-servers/index.js';
import {
  type AuthenticationEvent,
  type AuthenticationRequirements,
  assess,
  type Claims,
  DEFAULT_CLOCK_TOLERANCE,
  MILLISECONDS_FROM,
  type UnmetReason,
} from '../core/index.js';
import { authenticationEvent } from '../token/index.js';
import type { Examined, Finding, Level } from './finding.js';
import { printable, quoted, quotedList } from './quoted.js';

const MEANING: Readonly<Record<UnmetReason, string>> = {
  acr_missing: 'no acr',
  acr_unmet: 'another acr',
  auth_time_missing: 'no auth_time',
  auth_time_invalid: 'an auth_time that is no number of seconds',
  auth_time_in_future: 'an auth_time in the future',
  authentication_too_old: 'too old a sign-in',
  scope_missing: 'too little scope',
};

/**
 * Whether the claims of an access token tell how and when the user authenticated, in a form that can be judged, and
 * whether that would be enough.
 *
 * @param now seconds since the epoch
 */
export function authenticationFindings(
  about: Examined,
  claims: Claims,
  server: AuthorizationServer,
  requirements: AuthenticationRequirements,
  now: number,
): Finding[] {
  const event = authenticationEvent(claims, server);
  const { acr, authTime } = server.profile.claims;
  const isMachine =
    [event.acr, event.acrs, event.authTime].every((fact) => fact === undefined) && isOfClient(claims, event, server);
  const findings = [
    ...(isMachine ? [machine(about)] : []),
    acrFinding(about, event, readClaim(claims, acr), printable(acr.join('.')), requirements.acrValues !== undefined),
    authTimeFinding(about, event, printable(authTime.join('.')), requirements.maxAge !== undefined, now),
  ];
  if (Object.keys(requirements).length > 0) findings.push(verdict(about, event, requirements, now));
  return findings;
}

/** No user is behind a token that a client got for itself. */
function isOfClient(claims: Claims, { subject, clientId }: AuthenticationEvent, { profile }: AuthorizationServer) {
  const isItsOwnSubject = subject !== undefined && subject === clientId;
  return isItsOwnSubject || isClientCredentialsToken(claims, profile);
}

function machine(about: Examined): Finding {
  const fix = 'Examine a token that a user signed in for: no client can step up by itself.';
  return finder(about)(
    'warning',
    'machine_token',
    'the client got this token for itself, so no user is behind it',
    fix,
  );
}

function acrFinding(
  about: Examined,
  event: AuthenticationEvent,
  claim: unknown,
  name: string,
  required: boolean,
): Finding {
  const add = finder(about);
  const level = required ? 'error' : 'warning';
  if (event.acrs !== undefined) return add('ok', 'acr', `${name} ${quotedList(event.acrs)}`);
  if (event.acr !== undefined) {
    if (event.acr !== '0') return add('ok', 'acr', `acr ${quoted(event.acr)}`);
    const fix = 'Never require "0". Some servers issue it where a user came back by a cookie.';
    return add('note', 'acr_zero', 'acr "0", which says that no level was reached', fix);
  }
  if (claim === undefined || claim === null) {
    const fix =
      `Have the server put ${name} into access tokens (by a scope, a claim mapping or a script), or configure ` +
      '"introspection" if it tells there.';
    return add(level, 'acr_missing', `no ${name} in the access token`, fix);
  }
  const kind = Array.isArray(claim) ? 'a list' : `of type ${typeof claim}`;
  const fix = 'Have the server issue a text, or use a profile that reads this form.';
  return add(level, 'acr_unusable', `acr is ${kind}: ${quoted(claim)}`, fix);
}

function authTimeFinding(
  about: Examined,
  { authTime }: { readonly authTime?: unknown },
  name: string,
  required: boolean,
  now: number,
): Finding {
  const add = finder(about);
  const level = required ? 'error' : 'warning';
  if (authTime === undefined) {
    const fix =
      `Have the server put ${name} into access tokens, or configure "introspection" if it tells there. ` +
      'Until then no maxAge is ever met.';
    return add(level, 'auth_time_missing', `no ${name} in the access token`, fix);
  }
  if (typeof authTime !== 'number') {
    const fix =
      'It has to be a JSON number of seconds: have the server issue one, or use a profile that reads this form.';
    return add(level, 'auth_time_not_a_number', `auth_time is ${quoted(authTime)}, which is no number`, fix);
  }
  if (authTime > MILLISECONDS_FROM) {
    const fix = 'Have the server issue seconds. Until then no maxAge is ever met.';
    return add(level, 'auth_time_in_milliseconds', `auth_time is ${authTime}, which looks like milliseconds`, fix);
  }
  const age = Math.round(now - authTime);
  if (authTime < 0)
    return add(level, 'auth_time_negative', `auth_time is ${authTime}`, 'Have the server issue seconds.');
  if (age < -DEFAULT_CLOCK_TOLERANCE) {
    const fix = 'Set the clocks of the server and of this machine by NTP.';
    return add(level, 'auth_time_in_future', `auth_time ${instant(authTime)} is ${-age} s in the future`, fix);
  }
  return add('ok', 'auth_time', `auth_time ${instant(authTime)}, ${Math.max(age, 0)} s ago`);
}

function verdict(
  about: Examined,
  event: AuthenticationEvent,
  requirements: AuthenticationRequirements,
  now: number,
): Finding {
  const { acrValues, maxAge } = requirements;
  const required = [
    ...(acrValues === undefined ? [] : [`acr ${acrValues.length > 1 ? 'one of ' : ''}${quotedList(acrValues)}`]),
    ...(maxAge === undefined ? [] : [`a sign-in of the last ${maxAge} s`]),
  ].join(' and ');
  const assessment = assess(event, requirements, { now });
  const add = finder(about);
  if (assessment.met) return add('ok', 'requirements', `enough for ${required}`);
  const reasons = assessment.reasons.map((reason) => MEANING[reason]).join(', ');
  const canImprove = !assessment.reasons.includes('auth_time_missing');
  const fix =
    about === 'access_token'
      ? `Your API would answer it with a step-up challenge.${canImprove ? ' See whether --login brings a better one.' : ''}`
      : 'Your API would challenge it again: the client has asked in vain.';
  return add('error', 'requirements_unmet', `not enough for ${required}: it has ${reasons}`, fix);
}

function finder(about: Examined) {
  return (level: Level, code: string, message: string, fix?: string): Finding => ({
    about,
    code,
    level,
    message,
    ...(fix !== undefined && { fix }),
  });
}

function instant(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
}
