import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** Auth0, whose access tokens tell of the authentication only under names that an Action gives them. */
export const auth0 = Object.freeze<AuthorizationServerProfile>({
  title: 'Auth0',
  source: [
    'https://auth0.com/docs/secure/multi-factor-authentication/step-up-authentication/configure-step-up-authentication-for-apis',
    'https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles',
    'https://auth0.com/docs/authenticate/login/max-age-reauthentication',
    'https://auth0.com/docs/secure/tokens/json-web-tokens/create-custom-claims',
  ],
  checkedOn: '2026-11-24',
  acrValues: ['http://schemas.openid.net/pape/policies/2007/06/multi-factor'],
  issues: { acr: 'if-configured', authTime: 'if-configured' },
  onRefresh: 'drops',
  steps: [
    'Create the API, and set its JSON Web Token profile to "RFC 9068": only then are access tokens marked as such (typ `at+jwt`).',
    'Add a post-login Action that asks for a second factor where `acr_values` has the string above.',
    'Let the Action write what it knows under names of your own, such as `https://api.example/acr` and `https://api.example/auth_time` (seconds).',
    'Let it keep both for refreshes and silent sign-ins, where what Auth0 itself knows is gone: with the session, not in the metadata of the user, which all sessions of that user share.',
    'Name the two claims in the profile, as in the example.',
  ],
  notes: [
    'Tokens of the default `Auth0` profile have typ JWT, as ID tokens have, and are refused.',
    'The names `acr`, `amr` and `auth_time` are reserved: an Action that writes them fails without a sound, and the claims are missing.',
    'The client has to send `audience` with the identifier of the API, or the access token is opaque.',
    'Without an Action that reads `acr_values`, Auth0 does not honour them.',
  ],
});
