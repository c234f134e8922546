import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** LemonLDAP::NG, with access tokens as JWTs. */
export const lemonldap = Object.freeze<AuthorizationServerProfile>({
  title: 'LemonLDAP::NG',
  source: [
    'https://lemonldap-ng.org/documentation/latest/idpopenidconnect.html',
    'https://gitlab.ow2.org/lemonldap-ng/lemonldap-ng/-/blob/v2.0/lemonldap-ng-portal/lib/Lemonldap/NG/Portal/Lib/OpenIDConnect.pm',
  ],
  checkedOn: '2026-11-26',
  typ: ['at+jwt', 'JWT'],
  accessTokenClaims: { client_id: true },
  otherTokenClaims: ['nonce', 'at_hash', 'c_hash'],
  issues: { acr: 'if-configured', authTime: 'if-configured' },
  idToken: { acr: 'by-default', authTime: 'by-default' },
  request: { zeroMaxAge: { max_age: '1' } },
  whenUnmet: 'lower',
  onRefresh: 'keeps',
  steps: [
    'In the options of the relying party, use JWT format for access tokens, and release claims in them.',
    'Export `acr` by a macro such as `"loa-" . $authenticationLevel`, and `auth_time` from `_lastAuthnUTime` as an integer (`_lastAuthnUTime;int`), and list both as extra claims of a scope that clients ask for.',
    'Add this API to the additional audiences of the relying party.',
    'Register a second relying party with a higher authentication level, and let clients send users there for what needs it: `acr_values` of a request has no effect.',
  ],
  notes: [
    'Tokens of the first relying party have the higher level too, once the user has reached it.',
    'Its strings, such as `loa-1` to `loa-5`, are yours: OpenID Connect service, authentication context. ID tokens have them by default.',
    "Introspection credentials are not decoded: set `clientAuthentication: 'client_secret_post'`.",
    "Introspection names no audience, so that opaque tokens are refused. If this API is the only one, add `absentClaims: ['aud']` to the profile.",
    'ID tokens have the same audience, and in older versions the same typ: they are told apart by `client_id`, which no exported claim may be named.',
  ],
  observed: [
    'All of this with LemonLDAP::NG 2.16.1, as Debian has it.',
    'The metadata lists `loa-1` to `loa-5` as offered, and requests for them are ignored.',
    'Of `max_age=0` and `max_age=1` only the second asks the user again.',
  ],
});
