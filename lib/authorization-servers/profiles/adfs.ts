import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** Active Directory Federation Services (AD FS 2016 and later). */
export const adfs = Object.freeze<AuthorizationServerProfile>({
  title: 'AD FS',
  source: [
    'https://learn.microsoft.com/en-us/windows-server/identity/ad-fs/development/ad-fs-openid-connect-oauth-concepts',
    'https://learn.microsoft.com/en-us/windows-server/identity/ad-fs/development/custom-id-tokens-in-ad-fs',
    'https://learn.microsoft.com/en-us/powershell/module/adfs/set-adfsproperties',
    'https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-oapx/32ce8878-7d33-4c02-818b-6c9164cc731e',
    'https://github.com/snok/django-auth-adfs/blob/master/tests/utils.py',
  ],
  checkedOn: '2026-11-26',
  typ: ['JWT'],
  accessTokenClaims: { appid: true, ver: '1.0' },
  otherTokenClaims: ['nonce', 'at_hash', 'c_hash'],
  claims: { amr: 'authmethod', clientId: 'appid', scope: 'scp' },
  authTimeFormat: 'rfc3339',
  methods: { form: 'text' },
  absentClaims: ['jti'],
  issues: { acr: 'if-configured', authTime: 'by-default' },
  idToken: { authTime: 'by-default' },
  request: { zeroMaxAge: { prompt: 'login' } },
  steps: [
    'Give the federation service an https identifier (`Set-AdfsProperties -Identifier`): it is the issuer of access tokens, `http://…/adfs/services/trust` by default, and every relying party has to learn the new one.',
    'Give that identifier as `issuer`, and the address of the keys as `jwksUri`: the metadata names another issuer, that of ID tokens.',
    'Register this API as a web API of the application group. Its identifier is the `audience`, and clients ask for it with `resource`.',
    'Add claim rules to the web API: one that issues `sub`, which access tokens lack, and one that issues your own claim, such as `https://api.example/acr`, if `http://schemas.microsoft.com/claims/authnmethodsreferences` has `http://schemas.microsoft.com/claims/multipleauthn`.',
    'Require multi-factor authentication in the access control policy of the web API, or of a second one for what needs it: AD FS decides by the resource.',
  ],
  notes: [
    '`auth_time` of access tokens is a text, such as `2026-11-26T10:00:00.661Z`; in ID tokens it is a number.',
    '`authmethod` is one text in the tokens that the sources show, and stands for no `acr` here.',
    'The documents name `prompt=login`, and neither `acr_values` nor `max_age`, as what a client can send.',
    'ID tokens are told apart by their issuer and audience, and by what only they have, `nonce`, `at_hash` and `c_hash`.',
  ],
});
