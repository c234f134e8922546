import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** WSO2 Identity Server and Asgardeo. */
export const wso2 = Object.freeze<AuthorizationServerProfile>({
  title: 'WSO2 Identity Server',
  source: [
    'https://github.com/wso2-extensions/identity-inbound-auth-oauth/blob/master/components/org.wso2.carbon.identity.oauth/src/main/java/org/wso2/carbon/identity/oauth2/token/JWTTokenIssuer.java',
    'https://wso2.com/asgardeo/docs/guides/authentication/conditional-auth/acr-and-amr/',
    'https://wso2.com/asgardeo/docs/guides/service-extensions/pre-flow-extensions/pre-issue-access-token-action',
  ],
  checkedOn: '2026-11-26',
  clientCredentialsClaims: { aut: 'APPLICATION' },
  issues: { acr: 'if-configured', authTime: 'if-configured' },
  steps: [
    'Choose JWT as the access token type of the application: introspection of opaque ones is not described to tell more.',
    'Let a conditional authentication script read the requested `acr_values` and ask for the second factor.',
    'Put `acr` and `auth_time` into access tokens, by a pre-issue access token action or a claim provider of your own: the server itself writes neither there.',
    'Add this API to the audiences of the application, next to the client id that is always there.',
  ],
  notes: [
    'What your action writes is kept with the token and returns on a refresh: write the time of the sign-in, never the present time.',
    'ID tokens have `amr` with the names of authenticators, such as `BasicAuthenticator` and `totp`. If your access tokens have them too, `methods` of a profile can give them a meaning.',
    'Tokens by client credentials have `aut` `APPLICATION`.',
  ],
});
