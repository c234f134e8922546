import { type AuthorizationParametersOptions, authorizationParameters } from '../authorization-parameters.js';
import { members, type StepUpChallenge } from '../challenge.js';
import { defined } from '../defined.js';
import { othersOf } from './others.js';
import { secondsOf } from './seconds.js';

/** What `token.getWithPopup`, `token.getWithRedirect` and `signInWithRedirect` of okta-auth-js take. */
export interface OktaTokenParams {
  acrValues?: string;
  maxAge?: number;
  scopes?: string[];
  prompt?: string;
  loginHint?: string;
  extraParams?: Record<string, string>;
}

/**
 * Returns the parameters of `authorizationParameters` as okta-auth-js takes them. What the library has no name for, such
 * as `claims`, is in `extraParams`.
 *
 * @example
 * ```ts
 * const { tokens } = await oktaAuth.token.getWithPopup(oktaTokenParams(challenge, { scope }));
 * ```
 * @throws TypeError as `authorizationParameters` does
 */
export function oktaTokenParams(challenge: StepUpChallenge, options?: AuthorizationParametersOptions): OktaTokenParams {
  const { acr_values, max_age, scope, prompt, login_hint, ...others } = authorizationParameters(challenge, options);
  return defined({
    acrValues: acr_values,
    maxAge: secondsOf(max_age),
    scopes: members(scope),
    prompt,
    loginHint: login_hint,
    extraParams: othersOf(others),
  }) as OktaTokenParams;
}
