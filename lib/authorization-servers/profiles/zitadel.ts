import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** ZITADEL. Nothing it gives to an API tells how the user signed in. */
export const zitadel = Object.freeze<AuthorizationServerProfile>({
  title: 'ZITADEL',
  source: [
    'https://zitadel.com/docs/apis/openidoauth/claims',
    'https://github.com/zitadel/zitadel/blob/main/internal/api/oidc/token.go',
    'https://github.com/zitadel/zitadel/blob/main/internal/api/oidc/amr.go',
    'https://github.com/zitadel/oidc/blob/main/pkg/op/signer.go',
    'https://zitadel.com/docs/apis/actions/complement-token',
  ],
  checkedOn: '2026-11-26',
  typ: ['JWT'],
  accessTokenClaims: { jti: true },
  otherTokenClaims: ['nonce', 'at_hash', 'c_hash', 'amr', 'auth_time'],
  absentClaims: ['client_id'],
  issues: { acr: 'never', authTime: 'never' },
  idToken: { authTime: 'by-default' },
  steps: [
    'Do not require anything of these access tokens: neither they nor introspection carry `acr`, `amr` or `auth_time`, and the documents show nothing in the context of an action from which it could write them.',
    "Let the server side of your own application (BFF) keep the claims of the ID token with its session, and judge those: `passport: 'existing'` with `authenticationEvent`, see docs/options.md.",
  ],
  notes: [
    'ID tokens have `amr`, with `mfa` for several factors, and `auth_time`. An API must not accept ID tokens as access tokens.',
    'ID tokens are told apart by `jti`, which only access tokens have.',
    'The audience of access tokens is the project; set `audience` to its id.',
  ],
});
