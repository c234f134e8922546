import { type AuthorizationParametersOptions, authorizationParameters } from '../authorization-parameters.js';
import type { StepUpChallenge } from '../challenge.js';
import { defined } from '../defined.js';
import { othersOf } from './others.js';
import { secondsOf } from './seconds.js';

/** What `signinPopup` and `signinRedirect` of oidc-client-ts take. */
export interface OidcClientSigninArgs {
  acr_values?: string;
  max_age?: number;
  scope?: string;
  prompt?: string;
  login_hint?: string;
  resource?: string;
  extraQueryParams?: Record<string, string>;
}

/**
 * Returns the parameters of `authorizationParameters` as oidc-client-ts takes them. `claims` and `id_token_hint` are in
 * `extraQueryParams`, since the library drops them elsewhere. Set `filterProtocolClaims` to `false` for `verifyStepUp`:
 * by default the library leaves `acr` and `auth_time` out of `user.profile`.
 *
 * @example
 * ```ts
 * const user = await userManager.signinPopup(oidcClientSigninArgs(challenge, { scope }));
 * ```
 * @throws TypeError as `authorizationParameters` does
 */
export function oidcClientSigninArgs(
  challenge: StepUpChallenge,
  options?: AuthorizationParametersOptions,
): OidcClientSigninArgs {
  const { acr_values, max_age, scope, prompt, login_hint, resource, ...others } = authorizationParameters(
    challenge,
    options,
  );
  const extraQueryParams = othersOf(others);
  const args = { acr_values, max_age: secondsOf(max_age), scope, prompt, login_hint, resource, extraQueryParams };
  return defined(args) as OidcClientSigninArgs;
}
