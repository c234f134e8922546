import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** Ory Hydra. Its login and consent applications decide about `acr` and `auth_time`. */
export const hydra = Object.freeze<AuthorizationServerProfile>({
  title: 'Ory Hydra',
  source: [
    'https://github.com/ory/hydra/blob/master/oauth2/session.go',
    'https://github.com/ory/fosite/blob/master/token/jwt/token.go',
    'https://github.com/ory/hydra/pull/3531',
  ],
  checkedOn: '2026-11-24',
  typ: ['at+jwt', 'JWT'],
  accessTokenClaims: { client_id: true },
  otherTokenClaims: ['nonce', 'at_hash', 'c_hash', 'events'],
  claims: { acr: ['ext', 'acr'], authTime: ['ext', 'auth_time'], amr: ['ext', 'amr'] },
  issues: { acr: 'if-configured', authTime: 'if-configured' },
  steps: [
    'Let the login application read `acr_values` of the request, authenticate accordingly, and accept the login with `acr`.',
    'Let the consent application put `acr`, `auth_time` and `amr` into `session.access_token`: they appear under `ext`.',
    'Access tokens are opaque by default: configure introspection here, or set `strategies.access_token` to `jwt` and `strategies.jwt.scope_claim` to `both` there.',
    'Let clients ask for this API with `audience`, or access tokens name none and are refused.',
  ],
  notes: [
    'JWTs are told apart from ID tokens by `client_id`, which ID tokens do not have; never add a claim of that name to `session.id_token`.',
    'Claims listed in `allowed_top_level_claims` stand at the top as well; the profile reads those under `ext`.',
  ],
});
