import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** Microsoft Entra ID, with authentication contexts of a tenant and its own form of challenge. */
export const entra = Object.freeze<AuthorizationServerProfile>({
  title: 'Microsoft Entra ID',
  source: [
    'https://learn.microsoft.com/en-us/entra/identity-platform/claims-challenge',
    'https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference',
    'https://learn.microsoft.com/en-us/entra/identity-platform/optional-claims-reference',
    'https://learn.microsoft.com/en-us/entra/identity-platform/developer-guide-conditional-access-authentication-context',
    'https://learn.microsoft.com/en-us/entra/identity-platform/reference-claims-mapping-policy-type',
  ],
  checkedOn: '2026-11-24',
  typ: ['JWT'],
  accessTokenClaims: { azp: true, ver: '2.0' },
  otherTokenClaims: ['nonce', 'at_hash', 'c_hash'],
  claims: { acr: 'acrs', clientId: 'azp', scope: 'scp' },
  acrType: 'list',
  absentClaims: ['jti'],
  clientCredentialsClaims: { idtyp: 'app' },
  challenge: 'entra',
  issues: { acr: 'if-configured', authTime: 'if-configured' },
  steps: [
    'Create authentication contexts in Conditional Access and policies that enforce them; their ids, such as c1, are those of your tenant alone.',
    'In the manifest of the API set `requestedAccessTokenVersion` to 2.',
    'There add the optional claims `acrs`, `xms_cc`, `auth_time` and `idtyp` to access tokens.',
    "Let clients declare the capability cp1: `clientCapabilities: ['CP1']` in MSAL.js.",
  ],
  notes: [
    "The challenge is Entra's own (`insufficient_claims`). The client hands its `claims` to MSAL. A client without the capability `cp1` gets 403, since it cannot answer.",
    'That challenge names one context and cannot express `maxAge`: if the context is met and the sign-in too old, the response is 403.',
    "The audience is the client id of the API's own registration. Do not sign users in with that registration: give clients one of their own.",
    'ID tokens are told apart by what they lack, `azp`, and by what only they have, `nonce`, `at_hash` and `c_hash`. No claims mapping policy can write `azp`, `acrs` or `auth_time`.',
    'Tokens of version 1.0 are refused.',
  ],
});
