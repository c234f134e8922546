import type { Claims } from '../core/index.js';
import type { AccessTokenRefused } from '../token/index.js';
import type { DoctorDiagnostic, Subject } from './doctor-diagnostic.js';
import { quoted, quotedList } from './quoted.js';
import { audiencesOf, BINDING_UNSUPPORTED, diagnostic } from './token-refusals.js';

/** Returns the diagnostic for a response about an access token that an API accepts. */
export function accepted(subject: Subject, claims: Claims): DoctorDiagnostic {
  const { token_type: type, token_use: use } = claims;
  const mark =
    type !== undefined ? `token_type ${quoted(type)}` : use !== undefined ? `token_use ${quoted(use)}` : 'a claim';
  const named = audiencesOf(claims);
  const audience = named.length === 0 ? 'no audience, as the profile accepts' : `for ${quotedList(named)}`;
  const message = `accepted: ${audience}, and ${mark} says that it is an access token`;
  return { subject, code: 'token_accepted', severity: 'ok', message };
}

export function refusedAll(
  subject: Subject,
  refusals: readonly AccessTokenRefused[],
  claims: Claims,
): DoctorDiagnostic[] {
  const isOfOtherKind = refusals.some((refusal) => isKindMismatch(refusal) && hasClaim(refusal, claims));
  return refusals
    .filter((refusal) => !(isOfOtherKind && isKindMismatch(refusal) && !hasClaim(refusal, claims)))
    .map((refusal) => diagnostic(subject, refusal, fixFor(refusal, claims)));
}

function isKindMismatch({ code }: AccessTokenRefused): boolean {
  return code === 'introspected_kind_mismatch';
}

/** Returns whether the claim that a refusal is about is there, and says something else. */
function hasClaim({ claim = '' }: AccessTokenRefused, claims: Claims): boolean {
  return claims[claim] !== undefined;
}

function fixFor(refusal: AccessTokenRefused, claims: Claims): string | undefined {
  const { code, claim, found } = refusal;
  switch (code) {
    case 'audience_mismatch': {
      const named = audiencesOf(claims);
      return named.length === 0
        ? 'The response has no aud: have the server return it. If this server returns tokens of your API alone, give a ' +
            "profile with absentClaims: ['aud'] by --config."
        : `It is for ${quotedList(named)}. If that is your API, give it by --audience.`;
    }
    case 'introspected_kind_mismatch':
      return !hasClaim(refusal, claims)
        ? 'Nothing in the response says that it is an access token: have the server return token_type "Bearer", ' +
            'token_use "access_token" or a scope.'
        : `By ${quoted(claim)}${found === undefined ? '' : ` ${quoted(found)}`} it is another token. Call APIs with the access token.`;
    case 'sub_missing':
      return 'Have the server return sub, or username.';
    case 'issuer_unknown':
      return `It names the issuer ${quoted(claims['iss'])}: give that one, exactly as it is written there.`;
    case 'introspection_incomplete':
      return `The response has no ${quoted(claim)}: have the server return it, or put it into access tokens.`;
    case 'introspection_mismatch':
      return claim === undefined
        ? 'The response has another sub, client or issuer than the JWT: have the server return the same.'
        : `The response has another ${quoted(claim)} than the JWT: have the server return the same.`;
    case 'cnf_unsupported':
      return BINDING_UNSUPPORTED;
    default:
      return undefined;
  }
}

export function unsupported(subject: Subject): DoctorDiagnostic {
  return {
    subject,
    code: 'introspection_unsupported',
    severity: 'error',
    message: 'the server does not introspect tokens of this kind',
    fix: 'Have it put acr and auth_time into access tokens.',
  };
}

export function otherSignIn(subject: Subject): DoctorDiagnostic {
  return {
    subject,
    code: 'introspected_sign_in_mismatch',
    severity: 'warning',
    message: 'introspection tells of another sign-in than that of the token, so an API takes none from it',
    fix: 'Try a new token. If it stays so, the server tells of its session as it is now: have it put acr and auth_time into access tokens.',
  };
}

/** Returns the diagnostic for a JWT without `sub` or `aud`, of which introspection says enough. */
export function lightweight(subject: Subject, isConfigured: boolean): DoctorDiagnostic {
  return isConfigured
    ? {
        subject,
        code: 'lightweight_token',
        severity: 'ok',
        message: 'introspection tells what the JWT leaves out, and introspection.lightweightTokens accepts it so',
      }
    : {
        subject,
        code: 'lightweight_token',
        severity: 'error',
        message: 'introspection tells what the JWT leaves out, and an API accepts it so only by an option',
        fix: 'Set introspection.lightweightTokens: true.',
      };
}

export function refusedFirst(subject: Subject): DoctorDiagnostic {
  return {
    subject,
    code: 'introspection_unneeded',
    severity: 'note',
    message: 'an API refuses this JWT before it asks the server',
    fix: 'Correct what the JWT lacks first. Introspection replaces none of it.',
  };
}
