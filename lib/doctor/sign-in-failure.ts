import { type AuthorizationFailed, type AuthorizationFailureCode, authorizationError } from '../client/index.js';
import { UnusableResponse } from '../token/index.js';
import type { DoctorCode, DoctorDiagnostic, SignInSubject } from './doctor-diagnostic.js';
import type { LoopbackRedirect } from './loopback-redirect.js';
import { adviceFor, networkFailure } from './network-failure.js';
import { printable, quoted } from './quoted.js';

const FIXES: Readonly<Record<AuthorizationFailureCode, string>> = {
  ERR_STEP_UP_UNMET:
    'The server understood, and this user cannot get there: give the user such a factor, or the value a meaning at the server.',
  ERR_STEP_UP_DECLINED: 'Sign in again and agree; if nobody was asked, look into the log of the server.',
  ERR_STEP_UP_LOGIN_REQUIRED: 'The server must be allowed to show its sign-in page to this client.',
  ERR_STEP_UP_INTERACTION_REQUIRED: 'The server must be allowed to show its pages to this client.',
  ERR_STEP_UP_CONSENT_REQUIRED: 'Let the user consent, or grant the consent for this client at the server.',
  ERR_STEP_UP_AUTHORIZATION_FAILED: 'Compare the request with what the client is allowed: scope, resource, PKCE.',
};

const AGE_UNMET =
  'The server understood, and saw no sign-in that is fresh enough: sign in anew when it asks; if nobody was asked, look into ' +
  'its log.';

/** The server never sent the user back. */
export function notAnswered(
  subject: SignInSubject,
  seconds: number,
  { uri, hasTurnedAway }: LoopbackRedirect,
): DoctorDiagnostic {
  return {
    subject,
    code: 'sign_in_unfinished',
    severity: 'error',
    message:
      `nobody came back from the server within ${seconds} s` +
      (hasTurnedAway ? ', but for somebody without the state of the request' : ''),
    fix:
      `Register ${uri} for this client. If the server showed an error page instead of sending the user back, ` +
      'as some do for an acr they do not know, clients have to give up by themselves.',
  };
}

/**
 * Why a sign-in brought no tokens. Repeats what the server says in `error` and `error_description`, and no more of it.
 *
 * @param secrets left out where the server repeats them in turn
 */
export function signInFailure(subject: SignInSubject, error: unknown, secrets: readonly string[]): DoctorDiagnostic {
  const { code } = error as { code?: unknown };
  const refused = authorizationError(error as { error?: unknown });
  if (refused !== undefined && code === 'OAUTH_AUTHORIZATION_RESPONSE_ERROR') {
    const message = `the server refuses: ${described(refused, secrets)}`;
    const isAge = subject === 'max_age' && refused.code === 'ERR_STEP_UP_UNMET';
    const fix = isAge ? AGE_UNMET : FIXES[refused.code as AuthorizationFailureCode];
    return failed(subject, `${subject}_refused`, message, fix);
  }
  if (refused !== undefined || code === 'OAUTH_WWW_AUTHENTICATE_CHALLENGE') {
    const message = `the server gives no tokens for the code: ${refused === undefined ? 'status 401' : described(refused, secrets)}`;
    const fix = 'Compare client id, secret and redirect URI with what is registered at the server.';
    return failed(subject, 'code_refused', message, fix);
  }
  const failure = code === 'OAUTH_TIMEOUT' ? 'no answer in time' : networkFailure(error);
  if (failure !== undefined) {
    const message = `the token endpoint cannot be reached (${failure})`;
    return failed(subject, 'token_endpoint_unreachable', message, `Of its server: ${adviceFor(failure)}.`);
  }
  const fix = 'An OpenID library will refuse it too: have the server corrected.';
  return failed(subject, 'response_unusable', `the answer of the server ${unusable(error)}`, fix);
}

function described({ error, errorDescription }: AuthorizationFailed, secrets: readonly string[]): string {
  const shown = (text: string) => quoted(without(secrets, text));
  return errorDescription === undefined ? shown(error) : `${shown(error)} (${shown(errorDescription)})`;
}

function without(secrets: readonly string[], text: string): string {
  return secrets.filter((secret) => secret !== '').reduce((left, secret) => left.replaceAll(secret, '...'), text);
}

/**
 * The libraries wrap one error in another, and the innermost of theirs says what is wrong, in a fixed text. Beneath may be
 * one of the JSON parser, which quotes what it read.
 */
function unusable(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: unknown }; message: string };
  if (cause instanceof UnusableResponse) return cause.message;
  const isTheirs = typeof cause?.code === 'string' && cause.code.startsWith('OAUTH_');
  return isTheirs ? unusable(cause) : `cannot be used: ${printable(message)}`;
}

function failed(subject: SignInSubject, code: DoctorCode, message: string, fix: string): DoctorDiagnostic {
  return { subject, code, severity: 'error', message, fix };
}
