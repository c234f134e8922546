import { type AuthorizationParametersOptions, authorizationParameters } from '../authorization-parameters.js';
import type { StepUpChallenge } from '../challenge.js';
import { refuseOthers } from './others.js';

/** Options of `authorizationParameters` without the scope, which angular-auth-oidc-client takes from its configuration. */
export interface AngularAuthParametersOptions
  extends Omit<AuthorizationParametersOptions, 'allowedScopes' | 'openid' | 'scope'> {}

/** What `authorize` and `authorizeWithPopUp` of angular-auth-oidc-client take. */
export interface AngularAuthOptions {
  customParams: Record<string, string>;
}

/**
 * Returns the parameters of `authorizationParameters` as angular-auth-oidc-client takes them. The scope is not among
 * them: the library adds that of its configuration, and a second one would make the request invalid. Scopes that a
 * challenge adds need another configuration.
 *
 * @example
 * ```ts
 * oidcSecurityService.authorize(undefined, angularAuthOptions(challenge));
 * ```
 * @throws TypeError as `authorizationParameters` does, and for a scope
 */
export function angularAuthOptions(
  challenge: StepUpChallenge,
  options?: AngularAuthParametersOptions,
): AngularAuthOptions {
  const { scope, ...customParams } = authorizationParameters(challenge, { ...options, openid: false });
  refuseOthers({ scope }, 'angular-auth-oidc-client');
  return { customParams };
}
