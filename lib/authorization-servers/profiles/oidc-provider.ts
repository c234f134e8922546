import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** oidc-provider, the library by Filip Skokan, as your own authorization server. */
export const oidcProvider = Object.freeze<AuthorizationServerProfile>({
  title: 'oidc-provider',
  source: [
    'https://github.com/panva/node-oidc-provider/blob/main/docs/README.md',
    'https://github.com/panva/node-oidc-provider/tree/main/lib/actions/authorization',
  ],
  checkedOn: '2026-11-25',
  issues: { acr: 'if-configured', authTime: 'if-configured' },
  idToken: { acr: 'if-requested', authTime: 'if-requested' },
  request: { mode: 'auto', zeroMaxAge: { max_age: '0' } },
  whenUnmet: 'error',
  onRefresh: 'keeps',
  steps: [
    'List your strings in `acrValues`, and enable `claimsParameter`, so that an `acr` can be essential.',
    'Configure `resourceIndicators` with the access token format `jwt` and this API as the audience; access tokens are opaque otherwise.',
    'Copy `acr` and `auth_time` into access tokens with `extraTokenClaims`: it finds them on the authorization code, refresh token or device code.',
    'Let your interaction policy enforce `acr_values`; the default policy does not.',
  ],
  notes: [
    'By itself `acr_values` is a hint. A request for an essential `acr` fails if it is not met: clients request that if the metadata says that they can.',
  ],
  observed: [
    'All of this with oidc-provider 9.13.3, by test/interop of this package.',
    'ID tokens have `auth_time` if `max_age` or the claim is requested, and `acr` if an `acr` is requested.',
    'Introspection takes opaque access tokens only: JWTs are refused as `unsupported_token_type`.',
    'Requests with `acr_values`, `max_age` or claims but without the scope openid are refused as `invalid_request`.',
  ],
});
