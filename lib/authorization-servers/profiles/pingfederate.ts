import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** PingFederate, whose access tokens carry what its administrator maps into them. */
export const pingfederate = Object.freeze<AuthorizationServerProfile>({
  title: 'PingFederate',
  source: [
    'https://docs.pingidentity.com/pingfederate/latest/administrators_reference_guide/pf_configure_json_token_management.html',
    'https://docs.pingidentity.com/pingfederate/latest/administrators_reference_guide/pf_defining_access_token_attribute_contract.html',
    'https://docs.pingidentity.com/pingfederate/13.1/administrators_reference_guide/help_oauthuserkey2accesstokenmappingtasklet_oauthsource2targetmappingstate.html',
    'https://docs.pingidentity.com/pingfederate/latest/administrators_reference_guide/pf_special_attr_names_contracts.html',
  ],
  checkedOn: '2026-11-26',
  issues: { acr: 'if-configured', authTime: 'if-configured' },
  idToken: { acr: 'by-default' },
  steps: [
    'Create an access token management instance of JSON Web Tokens, signed by a certificate, with the type `at+jwt` in its header, and with `client_id`, `iat` and `jti`, none of which may be left out.',
    'Set its audience to the identifier of this API.',
    'Extend its attribute contract with `sub`, `acr` and `auth_time`, and map them from the authentication in the access token mapping. Map seconds since 1970 into `auth_time`.',
    'Choose the authentication policy by a selector for the requested authentication context, so that `acr_values` has an effect.',
  ],
  notes: [
    'The authentication context is that of the last authentication source of the flow that returns one (`SAML_AUTHN_CTX`). It becomes `acr` of the ID token by itself, and `acr` of the access token only by your mapping.',
    'A reference token needs introspection, which returns the same contract.',
  ],
});
