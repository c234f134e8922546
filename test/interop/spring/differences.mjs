// What Spring Authorization Server does otherwise than the table says, with the filter and the customizer beside it.
const REFERENCE =
  'https://docs.spring.io/spring-security/reference/servlet/oauth2/authorization-server/protocol-endpoints.html';
const TOKENS =
  'https://docs.spring.io/spring-security/reference/servlet/oauth2/authorization-server/core-model-components.html';
const OURS = 'test/interop/spring';

export const differences = {
  metadata: {
    outcome: 'acr values, introspection',
    why: 'It does not read the claims parameter. `acr_values_supported` is there because the application adds it.',
    source: REFERENCE,
  },
  'essential acr': {
    outcome: 'ERR_STEP_UP_FAILED, the user is not sent',
    why: 'Without `claims_parameter_supported` an essential claim would be ignored.',
    source: REFERENCE,
  },
  'essential known and unknown': {
    outcome: 'acr pwd',
    why: 'As above.',
    source: REFERENCE,
  },
  'prompt=none': {
    outcome: 'page with status 200',
    why: 'With a login page as entry point it shows that page, whatever `prompt` says, to a user who has to sign in: a silent attempt never comes back.',
    source: `${OURS}, and the same without the filter`,
  },
  'unknown essential acr': {
    outcome: 'acr of the session',
    why: 'It does not read the claims parameter.',
    source: REFERENCE,
  },
  'no second factor': {
    outcome: 'nothing asked, acr_unmet, 401',
    why: 'The filter is of the application: it lets those without a second factor through with the level that they have.',
    source: OURS,
  },
  'acr alone': {
    outcome: 'code asked, the same auth_time',
    why: 'The customizer tells the time of the oldest factor, so that `auth_time` never says more than is true of each.',
    source: OURS,
  },
  untouched: {
    outcome: 'typ aud client_id acr auth_time, 401 invalid_token',
    why: 'Without a customizer access tokens are not those of RFC 9068: `aud` is the client, and there is no `typ`.',
    source: TOKENS,
  },
};
