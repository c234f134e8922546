import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** Ory Hydra. Its login and consent applications decide about `acr` and `auth_time`. */
export const hydra = Object.freeze<AuthorizationServerProfile>({
  title: 'Ory Hydra',
  source: [
    'https://github.com/ory/hydra/blob/master/oauth2/session.go',
    'https://github.com/ory/fosite/blob/master/token/jwt/token.go',
    'https://github.com/ory/hydra/pull/3531',
    'https://www.ory.com/docs/hydra/guides/custom-ui-oauth2',
  ],
  checkedOn: '2026-11-26',
  typ: ['at+jwt', 'JWT'],
  accessTokenClaims: { client_id: true },
  otherTokenClaims: ['nonce', 'at_hash', 'c_hash', 'events'],
  claims: { acr: ['ext', 'acr'], authTime: ['ext', 'auth_time'], amr: ['ext', 'amr'] },
  issues: { acr: 'if-configured', authTime: 'if-configured' },
  idToken: { acr: 'if-configured', authTime: 'by-default' },
  onRefresh: 'keeps',
  steps: [
    'Let the login application read `oidc_context.acr_values` of the login request, authenticate accordingly, and accept the login with `acr` and `amr`.',
    'Let it remember when the user signed in, for each `session_id`, and accept the login with that time in `context`, such as `{ "auth_time": 1790000000 }`: Hydra tells the time to neither application.',
    'With `skip` the user has not signed in again: accept with the remembered `acr` and time of that session, never with the present time. Ask for the second factor nevertheless if `acr_values` wants it and the session lacks it.',
    'Let the consent application put `acr`, `amr` and `context.auth_time` of the consent request into `session.access_token`: they appear under `ext`. Never let it write the present time: every silent sign-in would look fresh.',
    'Access tokens are opaque by default: configure introspection here, with `endpoint` at the port of its administration (`/admin/oauth2/introspect`), which is not in the metadata, or set `strategies.access_token` to `jwt` and `strategies.jwt.scope_claim` to `both` there.',
    'Let clients ask for this API with `audience`, or access tokens name none and are refused.',
  ],
  notes: [
    'JWTs are told apart from ID tokens by `client_id`, which ID tokens do not have; never add a claim of that name to `session.id_token`.',
    'The endpoint for introspection asks for no credentials: any `clientId` and secret will do, so that only the API may reach that port.',
    'Claims listed in `allowed_top_level_claims` stand at the top as well; the profile reads those under `ext`.',
  ],
  observed: [
    'All of this with Ory Hydra 2.3.0.',
    '`max_age` makes Hydra send the user to the login application without `skip`.',
    'A code alone within a session leaves `auth_time` of the ID token at the time of the password, while `ext.auth_time` is what the application says.',
  ],
});
