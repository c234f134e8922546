import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** FusionAuth, which tells the time of a sign-in, and no class. */
export const fusionauth = Object.freeze<AuthorizationServerProfile>({
  title: 'FusionAuth',
  source: [
    'https://fusionauth.io/docs/lifecycle/authenticate-users/oauth/tokens',
    'https://github.com/FusionAuth/fusionauth-site/blob/main/astro/src/content/docs/_shared/_access-token-claims.mdx',
    'https://github.com/FusionAuth/fusionauth-issues/issues/387',
    'https://github.com/FusionAuth/fusionauth-issues/issues/2458',
  ],
  checkedOn: '2026-11-26',
  typ: ['JWT'],
  accessTokenClaims: { applicationId: true },
  otherTokenClaims: ['nonce', 'at_hash', 'c_hash'],
  claims: { amr: 'authenticationType', clientId: 'applicationId' },
  methods: { form: 'text' },
  issues: { acr: 'never', authTime: 'by-default' },
  idToken: { acr: 'never', authTime: 'by-default' },
  onRefresh: 'keeps',
  steps: [
    'Sign access tokens with an asymmetric key.',
    "Let a JWT populate lambda write this API as the audience, since `aud` is the client otherwise: `jwt.aud = 'https://api.example.com'`.",
    'Register users with the application: `applicationId`, which marks access tokens, is there only then.',
    'Require `maxAge` alone: no claim says whether a second factor was used.',
  ],
  notes: [
    'There is no `acr_values` (RFC 9470 is an open feature request).',
    '`auth_time` needs version 1.36, and is kept on a refresh.',
    '`authenticationType` is the kind of the sign-in, such as `PASSWORD`, `PASSWORDLESS` or `OPENID_CONNECT`, and `REFRESH_TOKEN` after a refresh. `methods` of a profile can give one a meaning.',
    'ID tokens have lost `applicationId` in version 1.24. A lambda that writes it back would make them pass for access tokens with the same audience: leave it out.',
  ],
});
