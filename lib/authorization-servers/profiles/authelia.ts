import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** Authelia. Its access tokens say nothing of the sign-in by themselves. */
export const authelia = Object.freeze<AuthorizationServerProfile>({
  title: 'Authelia',
  source: [
    'https://www.authelia.com/integration/openid-connect/openid-connect-1.0-claims/',
    'https://www.authelia.com/integration/openid-connect/introduction/',
    'https://www.authelia.com/configuration/identity-providers/openid-connect/provider/',
  ],
  checkedOn: '2026-11-26',
  methods: { acr: { mfa: ['mfa'], otp: ['otp'], hwk: ['hwk'] } },
  acrValues: ['mfa', 'otp', 'hwk'],
  issues: { acr: 'never', authTime: 'never' },
  idToken: { acr: 'never', authTime: 'by-default' },
  steps: [
    'Have the client issue access tokens by the JWT profile (RFC 9068): they are opaque by default.',
    'Permit this API as an audience of the client, and let the client ask for it with `resource` or `audience`.',
    'If your version can put `amr` into access tokens by a claims policy, do so: the strings above are told by it. Otherwise require nothing of these tokens.',
    'Let the authorization policy of the client require two factors, so that every sign-in has them.',
  ],
  notes: [
    'There is no `acr_values`, and access tokens never have `auth_time`: no `maxAge` can be met.',
    'ID tokens have `amr`, by RFC 8176, and `auth_time`.',
  ],
});
