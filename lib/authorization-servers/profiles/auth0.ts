import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** Auth0. Its access tokens carry `acr` and `auth_time` only under names that an Action gives them. */
export const auth0 = Object.freeze<AuthorizationServerProfile>({
  title: 'Auth0',
  source: [
    'https://auth0.com/docs/secure/multi-factor-authentication/step-up-authentication/configure-step-up-authentication-for-apis',
    'https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles',
    'https://auth0.com/docs/authenticate/login/max-age-reauthentication',
    'https://auth0.com/docs/secure/tokens/json-web-tokens/create-custom-claims',
    'https://auth0.com/docs/actions/triggers/post-login/event-object',
    'https://auth0.com/docs/actions/reference/post-login/post-login-api-object',
    'https://auth0.com/docs/secure/multi-factor-authentication/customize-mfa/customize-mfa-selection-universal-login',
    'https://auth0.com/docs/secure/tokens/refresh-tokens/use-refresh-tokens',
    'https://community.auth0.com/t/event-authentication-methods-not-updating-after-mfa-has-been-completed/138750',
    'https://community.auth0.com/t/allow-factor-type-restriction-together-with-allowrememberbrowser-false-in-actions-mfa-api/200246',
  ],
  checkedOn: '2026-11-25',
  acrValues: ['http://schemas.openid.net/pape/policies/2007/06/multi-factor'],
  issues: { acr: 'if-configured', authTime: 'if-configured' },
  idToken: { acr: 'if-configured', authTime: 'if-configured' },
  onRefresh: 'drops',
  steps: [
    'Create the API, and set its JSON Web Token profile to "RFC 9068": only then are access tokens marked as such (typ `at+jwt`).',
    'Enable the factors of your choice, and have users enrol them before they need them: the challenge of a user who has none of them fails the sign-in.',
    'Add a post-login Action that challenges for one of these factors if `event.transaction.acr_values` has `http://schemas.openid.net/pape/policies/2007/06/multi-factor`.',
    'Add a second Action behind it, which writes the content of `event.authentication.methods` under your own names, such as `https://api.example/acr` and `https://api.example/auth_time`. It has to be a second one: later Actions wait for the challenge, and the list is brought up to date only when an Action begins.',
    'Let it write the same two claims into ID tokens: the client judges those.',
    'Let it take the time from the `timestamp` of the method, a string, and convert it to seconds. Never let it write the current time: every refresh and every silent sign-in would look fresh.',
    'Name the two claims in the profile, as in the example.',
  ],
  notes: [
    'Tokens of the default `Auth0` profile have typ JWT, as ID tokens have, and are refused.',
    'The names `acr`, `amr` and `auth_time` are reserved: an Action that writes them fails silently, and the claims are missing.',
    'Without an Action that reads `acr_values`, Auth0 ignores them.',
    'Use `challengeWith` or `challengeWithAny` of `api.authentication`: later Actions do not wait for `api.multifactor.enable`, and do not see its result.',
    'Both can offer users to have the browser remembered, and have no option against it. A challenge that is skipped for that reason renews no `timestamp`, and a route with `maxAge` continues to refuse.',
    'If a refresh has no `event.authentication`, the claims are missing, and the API requires a step-up again. To keep them, store them with the session, never in the metadata of the user, which all sessions of that user share.',
  ],
});
