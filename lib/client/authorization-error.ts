import { AuthorizationFailed, type AuthorizationFailureCode } from './errors.js';

const CODES = new Map<string, AuthorizationFailureCode>([
  ['unmet_authentication_requirements', 'ERR_STEP_UP_UNMET'],
  ['access_denied', 'ERR_STEP_UP_DECLINED'],
  ['login_required', 'ERR_STEP_UP_LOGIN_REQUIRED'],
  ['interaction_required', 'ERR_STEP_UP_INTERACTION_REQUIRED'],
  ['account_selection_required', 'ERR_STEP_UP_INTERACTION_REQUIRED'],
  ['consent_required', 'ERR_STEP_UP_CONSENT_REQUIRED'],
]);

/** The parameters of an authorization response, or the error that an OpenID library made of them. */
export type AuthorizationResponse = URLSearchParams | { error?: unknown; error_description?: unknown };

/**
 * Says as a coded error why the authorization server did not step the user up; `undefined` where the response is none
 * of an error. Nothing is retried by itself: the session that was to be stepped up goes on as it was.
 *
 * | error | code |
 * | --- | --- |
 * | `unmet_authentication_requirements` | `ERR_STEP_UP_UNMET`: this user cannot authenticate that way |
 * | `access_denied` | `ERR_STEP_UP_DECLINED`: the user, or the server, said no |
 * | `login_required` | `ERR_STEP_UP_LOGIN_REQUIRED` |
 * | `interaction_required`, `account_selection_required` | `ERR_STEP_UP_INTERACTION_REQUIRED` |
 * | `consent_required` | `ERR_STEP_UP_CONSENT_REQUIRED` |
 * | any other | `ERR_STEP_UP_AUTHORIZATION_FAILED` |
 *
 *
 * @example
 * ```ts
 * const failed = authorizationError(Object.fromEntries(new URL(location.href).searchParams));
 * if (failed) throw failed;
 * ```
 * @see [OpenID Connect Core Unmet Authentication Requirements](https://openid.net/specs/openid-connect-unmet-authentication-requirements-1_0.html)
 * @see [OpenID Connect Core §3.1.2.6](https://openid.net/specs/openid-connect-core-1_0.html#AuthError)
 */
export function authorizationError(response: AuthorizationResponse): AuthorizationFailed | undefined {
  const { error, error_description: description } =
    Symbol.iterator in response ? Object.fromEntries(response) : response;
  if (typeof error !== 'string' || !error) return undefined;
  return new AuthorizationFailed(
    CODES.get(error) ?? 'ERR_STEP_UP_AUTHORIZATION_FAILED',
    error,
    typeof description === 'string' ? description : undefined,
    response instanceof Error ? { cause: response } : undefined,
  );
}
