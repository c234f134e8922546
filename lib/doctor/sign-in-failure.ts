import { type AuthorizationFailed, type AuthorizationFailureCode, authorizationError } from '../client/index.js';
import type { Environment } from '../token/index.js';
import { fixForNetwork, networkFailure, UnusableResponse } from '../token/index.js';
import { concealedText } from './concealed.js';
import type { DoctorCode, DoctorDiagnostic, SignInSubject } from './doctor-diagnostic.js';
import type { LoopbackRedirect } from './loopback-redirect.js';
import { printable, quoted } from './quoted.js';

const FIXES: Readonly<Record<AuthorizationFailureCode, string>> = {
  ERR_STEP_UP_UNMET:
    'The server understood the request, and this user cannot meet it: give the user such a factor, or configure the ' +
    'value at ' +
    'the server.',
  ERR_STEP_UP_DECLINED: 'Sign in again and agree. If the server did not ask, read its log.',
  ERR_STEP_UP_LOGIN_REQUIRED: 'The server must be allowed to show its sign-in page to this client.',
  ERR_STEP_UP_INTERACTION_REQUIRED: 'The server must be allowed to show its pages to this client.',
  ERR_STEP_UP_CONSENT_REQUIRED: 'Let the user consent, or grant the consent for this client at the server.',
  ERR_STEP_UP_AUTHORIZATION_FAILED: 'Compare the request with what the client is allowed: scope, resource, PKCE.',
};

const AGE_UNMET =
  'The server understood the request, and had no recent enough sign-in: sign in again when it asks. If it did not ' +
  'ask, ' +
  'read its log.';

/** Returns the diagnostic for a user who did not return from the server. */
export function signInUnfinished(
  subject: SignInSubject,
  seconds: number,
  { uri, hasRejected }: LoopbackRedirect,
): DoctorDiagnostic {
  return {
    subject,
    code: 'sign_in_unfinished',
    severity: 'error',
    message:
      `no user came back from the server within ${seconds} s` +
      (hasRejected ? '; a response without the state of the request was rejected' : ''),
    fix:
      `Register ${uri} for this client. Some servers show an error page for an acr they do not know: then clients ` +
      `need a ` +
      'timeout.',
  };
}

export interface SignInSurroundings {
  /** The texts of the server are shown without them. */
  readonly secrets: readonly string[];
  readonly issuer: string;
  readonly env: Environment;
}

/**
 * Returns the diagnostic for a sign-in without tokens. Repeats `error` and `error_description` of the server, and
 * nothing else.
 */
export function signInFailure(
  subject: SignInSubject,
  error: unknown,
  { secrets, issuer, env }: SignInSurroundings,
): DoctorDiagnostic {
  const { code } = error as { code?: unknown };
  const refused = authorizationError(error as { error?: unknown });
  if (refused !== undefined && code === 'OAUTH_AUTHORIZATION_RESPONSE_ERROR') {
    const message = `the server refuses: ${described(refused, secrets)}`;
    const isAge = subject === 'max_age' && refused.code === 'ERR_STEP_UP_UNMET';
    const fix = isAge ? AGE_UNMET : FIXES[refused.code as AuthorizationFailureCode];
    return failed(subject, `${subject}_refused`, message, fix);
  }
  if (refused !== undefined || code === 'OAUTH_WWW_AUTHENTICATE_CHALLENGE') {
    const message = `the server refuses the code: ${refused === undefined ? 'status 401' : described(refused, secrets)}`;
    const fix = 'Compare client id, secret and redirect URI with what is registered at the server.';
    return failed(subject, 'code_refused', message, fix);
  }
  const failure = code === 'OAUTH_TIMEOUT' ? 'no response in time' : networkFailure(error);
  if (failure !== undefined) {
    const message = `the token endpoint cannot be reached (${failure})`;
    return failed(
      subject,
      'token_endpoint_unreachable',
      message,
      `About its server: ${fixForNetwork(failure, issuer, env)}.`,
    );
  }
  const fix = 'Have the server corrected. An OpenID library refuses it too.';
  return failed(subject, 'response_unusable', `the response of the server ${unusable(error)}`, fix);
}

function described({ error, errorDescription }: AuthorizationFailed, secrets: readonly string[]): string {
  const shown = (text: string) => quoted(concealedText(text, secrets));
  return errorDescription === undefined ? shown(error) : `${shown(error)} (${shown(errorDescription)})`;
}

/**
 * Returns the message of the innermost error of the libraries, which is a fixed text. Leaves out the cause of that
 * error, because the JSON parser quotes its input.
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
