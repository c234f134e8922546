import { type AuthorizationParametersOptions, authorizationParameters } from '../authorization-parameters.js';
import { members, type StepUpChallenge } from '../challenge.js';
import { defined } from '../defined.js';
import { othersOf } from './others.js';

/** What `acquireTokenPopup` and `acquireTokenRedirect` of MSAL take. */
export interface MsalRequest {
  scopes: string[];
  claims?: string;
  prompt?: string;
  loginHint?: string;
  resource?: string;
  extraQueryParameters?: Record<string, string>;
}

/**
 * Returns the parameters of `authorizationParameters` as MSAL takes them: the claims of Microsoft Entra's challenge in
 * `claims`, and `acr_values`, `max_age` and `id_token_hint` in `extraQueryParameters`. MSAL has an option `maxAge` that
 * it does not send. Add the `account`.
 *
 * @example
 * ```ts
 * const result = await msal.acquireTokenPopup({ ...msalRequest(challenge, { scope }), account });
 * ```
 * @throws TypeError as `authorizationParameters` does
 * @see [Claims challenges](https://learn.microsoft.com/en-us/entra/identity-platform/claims-challenge)
 */
export function msalRequest(challenge: StepUpChallenge, options?: AuthorizationParametersOptions): MsalRequest {
  const { scope, claims, prompt, login_hint, resource, ...others } = authorizationParameters(challenge, options);
  return defined({
    scopes: members(scope) ?? [],
    claims,
    prompt,
    loginHint: login_hint,
    resource,
    extraQueryParameters: othersOf(others),
  }) as MsalRequest;
}
