// What Django OAuth Toolkit does otherwise than the table says.
const INTROSPECTION =
  'https://github.com/django-oauth/django-oauth-toolkit/blob/3.4.1/oauth2_provider/views/introspect.py';
const METADATA = 'https://github.com/django-oauth/django-oauth-toolkit/blob/3.4.1/oauth2_provider/views/oidc.py';
const VALIDATOR =
  'https://github.com/django-oauth/django-oauth-toolkit/blob/3.4.1/oauth2_provider/oauth2_validators.py';
const AUTHORIZATION = 'https://github.com/django-oauth/django-oauth-toolkit/blob/3.4.1/oauth2_provider/views/base.py';

export const differences = {
  metadata: {
    outcome: 'none of them',
    why: 'It has no levels and no claims parameter, and leaves out the endpoint of introspection that it has.',
    source: METADATA,
  },
  'weak token': {
    outcome: '401, acr_values "mfa", acr_missing',
    why: 'Access tokens are opaque, and introspection tells nothing of the authentication.',
    source: INTROSPECTION,
  },
  'full loop': {
    outcome: 'nothing asked, acr_missing, 401',
    why: '`acr_values` are ignored, and ID tokens have no `acr`. The client half finds that out after one prompt.',
    source: VALIDATOR,
  },
  'voluntary acr': { outcome: 'nothing asked, acr_missing, 401', why: 'As above.', source: VALIDATOR },
  'essential acr': {
    outcome: 'ERR_STEP_UP_FAILED, the user is not sent',
    why: 'Without `claims_parameter_supported` an essential claim would be ignored.',
    source: METADATA,
  },
  'first of a list': { outcome: 'acr_values count for nothing', why: '`acr_values` are ignored.', source: VALIDATOR },
  'known and unknown': {
    outcome: 'acr none',
    why: '`acr_values` are ignored, and ID tokens have no `acr`.',
    source: VALIDATOR,
  },
  'essential known and unknown': {
    outcome: 'acr none',
    why: 'The claims parameter is ignored, and ID tokens have no `acr`.',
    source: VALIDATOR,
  },
  'prompt=none': {
    outcome: 'page with status 500',
    why: 'It announces `prompt=none`, and leaves the two methods unwritten that its library OAuthlib calls for it.',
    source: VALIDATOR,
  },
  'unknown acr': {
    outcome: 'nothing asked, acr_missing, 401',
    why: '`acr_values` are ignored, and ID tokens have no `acr`.',
    source: VALIDATOR,
  },
  'unknown essential acr': {
    outcome: 'acr of the session',
    why: 'The claims parameter is ignored.',
    source: VALIDATOR,
  },
  'no second factor': {
    outcome: 'nothing asked, acr_missing, 401',
    why: '`acr_values` are ignored, and ID tokens have no `acr`.',
    source: VALIDATOR,
  },
  max_age: {
    outcome: 'nothing asked, the same auth_time, authentication_too_old, 401',
    why: '`max_age` is ignored. `auth_time` stands in ID tokens alone, and is of the latest sign-in of the user, in whatever browser. `prompt=login` works.',
    source: VALIDATOR,
  },
  'max_age=0': { outcome: 'nothing asked, the same auth_time', why: '`max_age` is ignored.', source: AUTHORIZATION },
  'max_age=0 by the profile': {
    outcome: 'nothing asked, the same auth_time',
    why: '`max_age` is ignored.',
    source: AUTHORIZATION,
  },
  'max_age=0 at once': { outcome: 'nothing asked', why: '`max_age` is ignored.', source: AUTHORIZATION },
  introspection: {
    outcome: 'audience',
    why: 'It tells `active`, `scope`, `exp`, `client_id` and `username`, and `aud` where the client has asked with `resource`.',
    source: INTROSPECTION,
  },
  revoked: {
    outcome: 'no revocation endpoint in the metadata',
    why: 'There is one, which the metadata leave out.',
    source: METADATA,
  },
  'named profile': {
    outcome: 'TypeError at boot that names a word',
    why: 'No token tells a word, and the profile knows it. The other rows are of the profile with `issues` that say otherwise.',
    source: INTROSPECTION,
  },
  type: { outcome: 'opaque, 200', why: 'It makes no other access tokens.', source: VALIDATOR },
  doctor: {
    outcome: 'acr_values_ignored, token_opaque, max_age_ignored, token_opaque, exit code 1',
    why: 'The doctor says so.',
    source: VALIDATOR,
  },
};
