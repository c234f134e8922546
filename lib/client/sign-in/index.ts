/**
 * What the sign-in libraries take: one function a library, from a challenge to its options.
 *
 * @module
 */
export {
  type AngularAuthOptions,
  type AngularAuthParametersOptions,
  angularAuthOptions,
} from './angular-auth-options.js';
export {
  type KeycloakLoginOptions,
  type KeycloakParametersOptions,
  keycloakLoginOptions,
} from './keycloak-login-options.js';
export { type MsalRequest, msalRequest } from './msal-request.js';
export { type OidcClientSigninArgs, oidcClientSigninArgs } from './oidc-client-signin-args.js';
export { type OktaTokenParams, oktaTokenParams } from './okta-token-params.js';
