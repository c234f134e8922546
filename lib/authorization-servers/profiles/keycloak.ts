import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** Keycloak: numeric levels behind names that the realm maps. */
export const keycloak = Object.freeze<AuthorizationServerProfile>({
  title: 'Keycloak',
  source: [
    'https://github.com/keycloak/keycloak/blob/main/docs/documentation/server_admin/topics/authentication/flows.adoc',
    'https://github.com/keycloak/keycloak/blob/main/services/src/main/java/org/keycloak/protocol/oidc/mappers/AcrProtocolMapper.java',
    'https://github.com/keycloak/keycloak/blob/main/services/src/main/java/org/keycloak/protocol/oidc/OIDCLoginProtocolFactory.java',
    'https://github.com/keycloak/keycloak/blob/main/core/src/main/java/org/keycloak/util/TokenUtil.java',
  ],
  checkedOn: '2026-11-24',
  typ: ['at+jwt', 'JWT'],
  accessTokenClaims: { typ: 'Bearer' },
  claims: { clientId: 'azp' },
  request: { acrValues: 'first' },
  whenUnmet: 'lower',
  steps: [
    'Map the names of your authentication levels to numbers: realm settings, "ACR to Level of Authentication (LoA) Mapping".',
    'Give the browser flow a conditional subflow for each level, with the condition "Level of Authentication".',
    'Keep the client scopes "acr" and "basic" among the default scopes of the client: they put acr and auth_time into access tokens.',
    'Add an audience mapper, so that "aud" of access tokens names this API and not a client.',
  ],
  notes: [
    'ID, refresh, offline and logout tokens are told apart by the claim "typ", which is "Bearer" in access tokens alone.',
    'Of several acr_values Keycloak takes the one of the lowest level, so that the client sends the preferred one alone.',
    'An unknown value in acr_values silently gives the lowest level.',
    'An essential acr that Keycloak does not know ends on an error page without return to the client, so a pending step-up needs a time limit.',
    'A sign-on by cookie alone gives acr "0": never put "0" under a word of yours.',
  ],
});
