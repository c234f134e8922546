import { type Diagnostic, StepUpConfigurationError } from '../../core/index.js';
import type { AccessTokenRefusedCode, AuthorizationServerUnavailableCode, TokenAdviceCode } from '../../token/index.js';

/** What advice is about. Stable: depend on it, never on the message. */
export type AdviceCode =
  | 'several_copies'
  | 'report_mode'
  // routes
  | 'acr_duplicate'
  | 'acr_never_issued'
  | 'acr_zero'
  | 'auth_time_never_issued'
  | 'word_undeclared'
  | 'gateway_hook_is_field'
  | 'guard_without_requirement'
  | 'issuer_without_word'
  | 'max_age_long'
  | 'max_age_short'
  | 'max_age_unaskable'
  // options
  | 'insecure_requests_allowed'
  | 'strategy_missing'
  | 'time_long'
  // metadata of authorization servers
  | 'acr_values_unsupported'
  | 'claims_parameter_unsupported'
  | 'introspection_endpoint_missing'
  | 'jwks_uri_missing'
  // authentications that are not sufficient
  | 'acr_and_auth_time_missing'
  | 'acr_ill_typed'
  | 'acr_missing'
  | 'acr_unknown'
  | 'acr_values_ignored'
  | 'auth_time_in_future'
  | 'auth_time_invalid'
  | 'auth_time_missing'
  | 'claims_dropped_by_validate'
  // tokens that are refused before they are judged or cannot be found, and servers that cannot be reached
  | 'token_place_missing'
  | AccessTokenRefusedCode
  | AuthorizationServerUnavailableCode
  | TokenAdviceCode;

/**
 * Describes what works, but probably not as meant, or what keeps requests from being judged. The log and the listeners
 * receive it once for each code and subject. The subject is a route or the issuer of an authorization server, for some
 * codes both.
 */
export type Advice = Omit<Diagnostic<AdviceCode>, 'severity'>;

/** The subject of advice on a token whose issuer is not configured. */
const NO_ISSUER = 'request.user';

/**
 * Returns the subject of advice on a token. An issuer that is not configured is left out: any sender can choose its
 * text.
 *
 * @param resolved the server of the token, if it is known
 */
export function subjectOf(
  issuer: unknown,
  servers: readonly { readonly issuer: string }[],
  resolved?: { readonly issuer: string },
): string {
  const configured = servers.find((server) => server.issuer === issuer)?.issuer;
  return configured ?? (resolved === undefined ? NO_ISSUER : RESOLVED_SERVERS);
}

/** Subject of advice on all servers that were resolved at run time: as many as customers, with one cause. */
export const RESOLVED_SERVERS = 'resolveAuthorizationServer';

/**
 * Returns subject and message of advice on an authorization server. All servers that were resolved at run time have one
 * subject, so that they do not fill the log. The message then names the issuer.
 */
export function adviceSubject(
  issuer: string | undefined,
  configured: readonly { readonly issuer: string }[],
  message: string,
): Pick<Advice, 'subject' | 'message'> {
  if (issuer === undefined) return { subject: RESOLVED_SERVERS, message };
  if (configured.some((server) => server.issuer === issuer)) return { subject: issuer, message };
  return { subject: RESOLVED_SERVERS, message: `${issuer}: ${message}` };
}

/** Returns advice as one sentence for the log and for errors. */
export function formatAdvice({ subject, message, fix }: Advice): string {
  return `${subject}: ${message}${fix === undefined ? '' : `; ${fix}`}`;
}

/** @throws StepUpConfigurationError that lists the advice, if there is any */
export function throwOnAdvice(advice: readonly Advice[]): void {
  if (advice.length > 0) throw new StepUpConfigurationError(`Boot audit: ${advice.map(formatAdvice).join('; ')}`);
}
