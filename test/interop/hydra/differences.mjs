// What Hydra does otherwise than the table says.
const OIDC = 'https://www.ory.sh/docs/hydra/reference/api#tag/oidc/operation/discoverOidcConfiguration';
const LOGIN = 'https://www.ory.sh/docs/hydra/concepts/login';
const SESSION = 'https://github.com/ory/hydra/blob/v2.3.0/oauth2/session.go';

export const differences = {
  metadata: {
    outcome: 'none of them',
    why: 'It knows no acr of its own, leaves the claims parameter out, and introspects at the port of its administration alone.',
    source: OIDC,
  },
  'essential acr': {
    outcome: 'ERR_STEP_UP_FAILED, the user is not sent',
    why: '`claims_parameter_supported` is false, and an essential claim would be ignored.',
    source: OIDC,
  },
  'essential known and unknown': {
    outcome: 'acr pwd',
    why: 'Hydra ignores the claims parameter. The login application sees it only in the text of the request.',
    source: OIDC,
  },
  'unknown essential acr': {
    outcome: 'acr of the session',
    why: 'As above.',
    source: OIDC,
  },
  'no second factor': {
    outcome: 'nothing asked, acr_unmet, 401',
    why: 'What a level that cannot be reached leads to is decided by the login application; this one tells the lower level.',
    source: LOGIN,
  },
  'acr alone': {
    outcome: 'code asked, the same auth_time',
    why: 'Where Hydra remembers the session, `auth_time` of its ID token stays at the password. The consent application goes along with it, so that both tokens agree.',
    source: SESSION,
  },
  type: {
    outcome: 'JWT, 200',
    why: 'It has no switch for at+jwt. The profile tells ID tokens apart by `client_id`, which they do not have.',
    source: 'https://github.com/ory/fosite/blob/v0.49.0/token/jwt/token.go',
  },
};
