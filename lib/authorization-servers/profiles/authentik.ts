import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** authentik, whose `acr` is the same for every sign-in: its methods tell more. */
export const authentik = Object.freeze<AuthorizationServerProfile>({
  title: 'authentik',
  source: [
    'https://github.com/goauthentik/authentik/blob/main/authentik/providers/oauth2/id_token.py',
    'https://github.com/goauthentik/authentik/blob/main/authentik/providers/oauth2/constants.py',
    'https://github.com/goauthentik/authentik/blob/main/authentik/providers/oauth2/views/token.py',
    'https://github.com/goauthentik/authentik/blob/main/authentik/providers/oauth2/views/authorize.py',
    'https://github.com/goauthentik/authentik/blob/main/authentik/providers/oauth2/views/introspection.py',
  ],
  checkedOn: '2026-11-26',
  typ: ['JWT'],
  accessTokenClaims: { uid: true, azp: true },
  otherTokenClaims: ['at_hash', 'c_hash', 'events'],
  claims: { clientId: 'azp' },
  absentClaims: ['jti'],
  methods: { acr: { mfa: ['mfa'], sc: ['sc'] } },
  acrValues: ['mfa', 'sc'],
  issues: { acr: 'never', authTime: 'by-default' },
  idToken: { acr: 'never', authTime: 'by-default' },
  request: { zeroMaxAge: { prompt: 'login' } },
  steps: [
    'Give the provider a signing key: without one tokens are signed with the client secret, and refused.',
    'Set `audience` to the client id of the provider, which is the only `aud` that authentik writes, and let no other application use that provider.',
    'Give the provider an authentication flow with an authenticator validation stage, so that a new sign-in asks for the second factor.',
  ],
  notes: [
    '`acr` is always `goauthentik.io/providers/oauth2/default` and says nothing. The strings above are told by `amr`: `mfa` for a second device, `sc` for a certificate. They are of the same sign-in as `auth_time`.',
    'authentik ignores `acr_values`, and takes `max_age=0` for none: clients leave the values out and send `prompt=login`.',
    'Access tokens have the claims of ID tokens and two more, `uid` and `azp`, by which they are told apart. No property mapping may write these.',
    'A token by client credentials names a service account as its user, and the present time as `auth_time`: give every route with `maxAge` an `acr` as well.',
  ],
});
