import type { AuthenticationEvent } from '../core/index.js';
import { instant } from './authentication.js';
import type { SignedIn } from './authorization-client.js';
import type { DoctorDiagnostic, SignInSubject } from './doctor-diagnostic.js';
import { quoted } from './quoted.js';

/** Seconds by which a server can round. */
const ROUNDING = 1;

/**
 * Diagnoses whether the two tokens of a sign-in say the same of it. The API judges the access token, and
 * `verifyStepUp()` of the client judges the ID token.
 *
 * @param event of the access token; `undefined` if it cannot be read
 */
export function comparisonDiagnostics(
  subject: SignInSubject,
  { acr, auth_time: authTime }: SignedIn['idToken'],
  event: AuthenticationEvent | undefined,
): DoctorDiagnostic[] {
  if (event === undefined) return [];
  const diagnostics: DoctorDiagnostic[] = [];
  // Some servers put acr into ID tokens only if the request asks for it.
  if (subject === 'acr_values' && event.acr !== undefined && acr === undefined) {
    diagnostics.push({
      subject,
      code: 'id_token_acr_missing',
      severity: 'error',
      message: `the access token has acr ${quoted(event.acr)}, and the ID token has none`,
      fix: 'Have the server put acr into ID tokens too: verifyStepUp() of the client reads it there, and reports acr_missing.',
    });
  }
  if (event.acr !== undefined && acr !== undefined && event.acr !== String(acr)) {
    diagnostics.push({
      subject,
      code: 'id_token_acr_mismatch',
      severity: 'warning',
      message: `the access token has acr ${quoted(event.acr)}, and the ID token has ${quoted(acr)}`,
      fix: 'Have the server put the same acr into both: the API reads the access token, and the client the ID token.',
    });
  }
  const ofAccessToken = event.authTime;
  if (isTime(ofAccessToken) && isTime(authTime) && Math.abs(ofAccessToken - authTime) > ROUNDING) {
    diagnostics.push(timeMismatch(subject, ofAccessToken, authTime));
  }
  return diagnostics;
}

/**
 * Returns the diagnostic for two different times. A later time in the access token is an error, because no maximum age
 * then detects the old sign-in.
 */
function timeMismatch(subject: SignInSubject, ofAccessToken: number, ofIdToken: number): DoctorDiagnostic {
  const isLater = ofAccessToken > ofIdToken;
  const seconds = `${Math.abs(ofAccessToken - ofIdToken)} s ${isLater ? 'after' : 'before'}`;
  return {
    subject,
    code: 'id_token_auth_time_mismatch',
    severity: isLater ? 'error' : 'warning',
    message:
      `the access token claims a sign-in at ${instant(ofAccessToken)}, ${seconds} that of the ID token, ` +
      instant(ofIdToken),
    fix: isLater
      ? 'Have the server put the time of the sign-in into access tokens, not that of the token or of a consent. Until ' +
        'then no maxAge notices an old sign-in.'
      : 'Have the server put the same auth_time into both tokens.',
  };
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) < 8.64e12;
}
