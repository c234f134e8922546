import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** Spring Authorization Server, as part of Spring Security 7. */
export const spring = Object.freeze<AuthorizationServerProfile>({
  title: 'Spring Authorization Server',
  source: [
    'https://github.com/spring-projects/spring-security/blob/main/oauth2/oauth2-authorization-server/src/main/java/org/springframework/security/oauth2/server/authorization/token/JwtGenerator.java',
    'https://docs.spring.io/spring-authorization-server/reference/core-model-components.html',
  ],
  checkedOn: '2026-11-26',
  issues: { acr: 'if-configured', authTime: 'if-configured' },
  idToken: { acr: 'if-configured', authTime: 'by-default' },
  whenUnmet: 'lower',
  onRefresh: 'keeps',
  steps: [
    'Add an `OAuth2TokenCustomizer<JwtEncodingContext>`, in which the rest is done: untouched, access tokens have no typ, no `client_id`, no `acr`, no `auth_time`, and the client as `aud`.',
    "For access tokens set the header `type` to `at+jwt`, the audience to this API, and the claim `client_id` to the client's id.",
    'Put `acr` and `auth_time` into access tokens and ID tokens: the client judges the ID token. Take both from the authentication of the principal, such as `FactorGrantedAuthority` and its `getIssuedAt()`.',
    'Read `acr_values`, `max_age` and `prompt` yourself, in a filter before the authorization endpoint that sends the user to sign in again.',
  ],
  notes: [
    'With a login page as entry point, `prompt=none` shows that page to a user who has to sign in: a silent request never comes back.',
    '`auth_time` that the server writes by itself into ID tokens is the last request of the session, not the sign-in: write your own.',
    'An opaque token needs an `OAuth2TokenClaimsContext` customizer in the same way, and names no audience without it.',
  ],
  observed: [
    'All of this with Spring Security 7.0 and Spring Boot 4.0, unless another version is named.',
    'Untouched, the server ignores `acr_values`, `max_age` and `prompt=login`.',
    'A client that sends a DPoP proof to the token endpoint gets tokens that are bound to its key (Spring Boot 4.1.2, by test/interop of this package).',
    'Introspection calls ID tokens active as well, with `auth_time` as a text.',
  ],
});
