import type { Diagnostic, DiagnosticSeverity } from '../core/index.js';

/** What the doctor looks at. */
export type Subject = 'metadata' | 'access_token' | 'introspection' | SignInSubject;

/** What the doctor looks at by a sign-in: a plain one, one with `acr_values`, one with `max_age`. */
export type SignInSubject = 'sign_in' | 'acr_values' | 'max_age';

/** One thing that the doctor looked at. Texts of the server are in it only as {@link quoted} returns them. */
export interface DoctorDiagnostic extends Diagnostic<DoctorCode> {
  readonly subject: Subject;
  /** A note is worth knowing. A warning or an error is worth a change. */
  readonly severity: DiagnosticSeverity;
}

/** Stable: scripts can depend on it. */
export type DoctorCode =
  | MetadataCode
  | KeyCode
  | AccessTokenCode
  | IntrospectionCode
  | AuthenticationCode
  | SignInCode
  | DoctorErrorCode;

type MetadataCode =
  | 'metadata_read'
  | 'https_missing'
  | 'proxy_unused'
  | 'claims_parameter_supported'
  | 'claims_parameter_unsupported'
  | 'introspection_published'
  | 'introspection_missing'
  | 'response_iss_supported'
  | 'response_iss_unsupported'
  | 'pkce_supported'
  | 'pkce_unpublished'
  | 'pkce_s256_missing'
  | 'openid_supported'
  | 'openid_unpublished'
  | 'openid_missing'
  | 'acr_values_published'
  | 'acr_values_assumed'
  | 'acr_values_unpublished'
  | 'acr_value_offered'
  | 'acr_value_unknown'
  | 'acr_value_default';

type KeyCode = 'keys_usable' | 'keys_unusable' | 'keys_unreadable' | 'keys_too_many' | 'key_unused';

type AccessTokenCode =
  | 'token_accepted'
  | 'token_refused'
  | 'token_unverified'
  | 'token_encrypted'
  | 'token_opaque'
  | 'token_quoted'
  | 'token_response_given'
  | 'audience_unchecked'
  | 'profile_documented';

type IntrospectionCode =
  | 'introspection_active'
  | 'introspection_inactive'
  | 'introspection_unsupported'
  | 'introspection_credentials_refused'
  | 'introspection_endpoint_missing'
  | 'introspection_unusable'
  | 'introspected_sign_in_mismatch'
  | 'introspection_needed'
  | 'lightweight_token'
  | 'introspection_unneeded'
  | 'introspection_insufficient'
  | 'introspection_when_mismatch';

type AuthenticationCode =
  | 'user_missing'
  | 'acr_present'
  | 'acr_zero'
  | 'acr_missing'
  | 'acr_unusable'
  | 'auth_time_present'
  | 'auth_time_missing'
  | 'auth_time_not_a_number'
  | 'auth_time_in_milliseconds'
  | 'auth_time_negative'
  | 'auth_time_in_future'
  | 'requirements_met'
  | 'requirements_unmet';

type SignInCode =
  | 'endpoint_missing'
  | 'sign_in_finished'
  | 'sign_in_unfinished'
  | `${SignInSubject}_refused`
  | 'code_refused'
  | 'token_endpoint_unreachable'
  | 'response_unusable'
  | 'user_changed'
  | `${'acr_values' | 'max_age'}_${'honored' | 'ignored' | 'untested'}`
  | 'acr_values_unobservable'
  | 'id_token_acr_missing'
  | 'id_token_acr_mismatch'
  | 'id_token_auth_time_mismatch'
  | 'id_token_auth_time_missing'
  | 'id_token_auth_time_invalid'
  | 'id_token_auth_time_in_future';

/** Why the doctor cannot examine a server. */
export type DoctorErrorCode = 'server_unreachable' | 'metadata_unreadable' | 'issuer_mismatch';

/** A server that the doctor cannot examine. The message is one sentence. Ends the command with exit code 2. */
export class DoctorError extends Error {
  override readonly name = 'DoctorError';

  constructor(
    readonly code: DoctorErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** Returns `1` if a diagnostic asks for a change, else `0`. */
export function exitCodeOf(diagnostics: readonly DoctorDiagnostic[]): 0 | 1 {
  return diagnostics.some(({ severity }) => severity === 'warning' || severity === 'error') ? 1 : 0;
}
