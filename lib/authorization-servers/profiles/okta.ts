import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** Okta, by a custom authorization server. Tokens of the org authorization server are for Okta only. */
export const okta = Object.freeze<AuthorizationServerProfile>({
  title: 'Okta',
  source: [
    'https://developer.okta.com/docs/guides/step-up-authentication/main/',
    'https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/',
  ],
  checkedOn: '2026-11-24',
  typ: ['at+jwt', null],
  accessTokenClaims: { cid: true, scp: true },
  otherTokenClaims: ['nonce', 'at_hash'],
  claims: { clientId: 'cid', scope: 'scp' },
  acrValues: [
    'urn:okta:loa:1fa:any',
    'urn:okta:loa:1fa:pwd',
    'urn:okta:loa:2fa:any',
    'urn:okta:loa:2fa:any:ifpossible',
    'phr',
    'phrh',
  ],
  issues: { acr: 'by-default', authTime: 'by-default' },
  request: { zeroMaxAge: { max_age: '0' } },
  whenUnmet: 'error',
  onRefresh: 'keeps',
  steps: [
    'Use a custom authorization server, such as `default`; access tokens of the org authorization server cannot be validated by an API.',
    'Give that server an access policy, and set its audience to the identifier of this API.',
    'Let users enrol the factors that your strings need; with an enrollment policy Okta asks for them during the step-up.',
  ],
  notes: [
    'ID tokens are told apart by what they lack, `cid` and `scp`, and by what only they have, `nonce` and `at_hash`; their audience is a client.',
    "Classic Engine supports `max_age=1` in place of `max_age=0`: give clients `zeroMaxAge: { max_age: '1' }`. It supports neither `phr` nor `phrh`.",
    'Okta ignores `acr_values` that it does not support, so that a misspelled string is noticed only in the returned token.',
    '`urn:okta:loa:2fa:any:ifpossible` is met by one factor if the user has no second one: it requires nothing.',
  ],
});
