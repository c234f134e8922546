// What LemonLDAP::NG does otherwise than the table says.
const ISSUER =
  'https://github.com/LemonLDAPNG/lemonldap-ng/blob/v2.16.1/lemonldap-ng-portal/lib/Lemonldap/NG/Portal/Issuer/OpenIDConnect.pm';
const LIBRARY =
  'https://github.com/LemonLDAPNG/lemonldap-ng/blob/v2.16.1/lemonldap-ng-portal/lib/Lemonldap/NG/Portal/Lib/OpenIDConnect.pm';
const MANUAL = 'https://lemonldap-ng.org/documentation/latest/idpopenidconnect.html';

export const differences = {
  metadata: {
    outcome: 'acr values, introspection',
    why: 'It does not read the claims parameter. It announces acr values all the same, and reads none of them either.',
    source: ISSUER,
  },
  'full loop': {
    outcome: 'nothing asked, acr_unmet, 401',
    why: '`acr_values` count for nothing: the level is a setting of the relying party. Send the user to a second client that has a higher one.',
    source: MANUAL,
  },
  'voluntary acr': {
    outcome: 'nothing asked, acr_unmet, 401',
    why: 'As above.',
    source: MANUAL,
  },
  'essential acr': {
    outcome: 'ERR_STEP_UP_FAILED, the user is not sent',
    why: 'Without `claims_parameter_supported` an essential claim would be ignored.',
    source: ISSUER,
  },
  'first of a list': { outcome: 'acr_values count for nothing', why: '`acr_values` are ignored.', source: ISSUER },
  'known and unknown': { outcome: 'acr pwd', why: '`acr_values` are ignored.', source: ISSUER },
  'essential known and unknown': { outcome: 'acr pwd', why: 'The claims parameter is ignored.', source: ISSUER },
  'prompt=none': {
    outcome: 'nothing asked, acr pwd',
    why: 'A level that is not read cannot be missed.',
    source: ISSUER,
  },
  'unknown essential acr': { outcome: 'acr of the session', why: 'The claims parameter is ignored.', source: ISSUER },
  'no second factor': {
    outcome: 'nothing asked, acr_unmet, 401',
    why: '`acr_values` are ignored. A user who has a second factor is not asked for it either.',
    source: ISSUER,
  },
  'acr alone': {
    outcome: 'code asked, the same auth_time',
    why: 'A session that is upgraded by a code alone (`sfOnlyUpgrade`) keeps the time of its password.',
    source: MANUAL,
  },
  'max_age=0': {
    outcome: 'nothing asked, the same auth_time',
    why: '0 is false in Perl, so that it counts as no `max_age`. The profile has clients send 1 in its place.',
    source: ISSUER,
  },
  'max_age=0 at once': {
    outcome: 'nothing asked',
    why: 'As above.',
    source: ISSUER,
  },
  'older refresh token': {
    outcome: 'acr mfa',
    why: 'A refresh token belongs to the session, and tells how that stands now.',
    source: ISSUER,
  },
  introspection: {
    outcome: 'subject',
    why: 'It names neither the audience nor anything of the authentication. Let the access token be a JWT with claims.',
    source: ISSUER,
  },
  'introspection after a step-up': { outcome: 'nothing, 401', why: 'As above.', source: ISSUER },
  'told by introspection alone': {
    outcome: '401 for a password, 401 for mfa',
    why: 'As above.',
    source: ISSUER,
  },
  revoked: {
    outcome: 'no revocation endpoint in the metadata',
    why: 'There is none.',
    source: MANUAL,
  },
  type: {
    outcome: 'JWT, 200',
    why: 'It has no switch for at+jwt. ID tokens have the same `typ` and `aud`; `client_id` tells them apart.',
    source: LIBRARY,
  },
  untouched: {
    outcome: 'typ acr auth_time, 401 insufficient_user_authentication',
    why: 'What tells of the authentication takes a switch, a macro and two exported variables of the relying party.',
    source: LIBRARY,
  },
  doctor: {
    outcome: 'acr_values_ignored, max_age_ignored, exit code 1',
    why: 'At a client of the first level neither parameter has an effect, and the doctor says so. The second level is a client of its own.',
    source: ISSUER,
  },
};
