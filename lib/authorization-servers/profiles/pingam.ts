import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** PingAM (ForgeRock AM) and PingOne Advanced Identity Cloud, with client-side access tokens. */
export const pingam = Object.freeze<AuthorizationServerProfile>({
  title: 'PingAM',
  source: [
    'https://docs.pingidentity.com/pingam/8/am-oidc1/oidc-authentication-requirements.html',
    'https://docs.pingidentity.com/pingam/8.1/am-scripting/access-token-modification-api.html',
    'https://docs.pingidentity.com/pingam/8.1/am-oauth2/modifying-access-tokens-scripts.html',
    'https://docs.pingidentity.com/pingam/8/am-oauth2/oauth2-introspect-endpoint.html',
    'https://github.com/rockcarver/frodo-lib',
  ],
  checkedOn: '2026-11-26',
  typ: ['JWT'],
  accessTokenClaims: { tokenName: 'access_token' },
  otherTokenClaims: ['nonce', 'at_hash', 'c_hash', 's_hash'],
  clientCredentialsClaims: { grant_type: 'client_credentials' },
  issues: { acr: 'if-configured', authTime: 'by-default' },
  idToken: { acr: 'if-requested', authTime: 'by-default' },
  request: { acrValues: 'first' },
  steps: [
    'Use client-side tokens (OAuth 2.0 provider), signed with an asymmetric algorithm.',
    'Map `acr` strings to journeys in the OAuth 2.0 provider service of the realm.',
    "Let an access token modification script write the string that the journey reached, from a property of the session that the journey sets: `accessToken.setField('acr', session.getProperty('acr'))`.",
    "Let the same script write this API as the audience, since `aud` is the client otherwise: `accessToken.setField('aud', 'https://api.example.com')`. Neither line was tried: look at a token.",
  ],
  notes: [
    'Of several `acr_values` the first that is mapped is taken.',
    'Access tokens of a session have `auth_level` as a number; requests ask by `acr`, so that the profile reads the `acr` that your script writes.',
    'Tokens are told apart by `tokenName`, which is `access_token` in access tokens alone.',
    'Introspection names no audience, `acr` or `auth_time` unless the script writes them.',
  ],
});
