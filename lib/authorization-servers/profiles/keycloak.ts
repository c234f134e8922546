import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** Keycloak: numeric levels behind names that the realm maps. */
export const keycloak = Object.freeze<AuthorizationServerProfile>({
  title: 'Keycloak',
  source: [
    'https://github.com/keycloak/keycloak/blob/main/docs/documentation/server_admin/topics/authentication/flows.adoc',
    'https://github.com/keycloak/keycloak/blob/main/services/src/main/java/org/keycloak/protocol/oidc/mappers/AcrProtocolMapper.java',
    'https://github.com/keycloak/keycloak/blob/main/services/src/main/java/org/keycloak/protocol/oidc/OIDCLoginProtocolFactory.java',
    'https://github.com/keycloak/keycloak/blob/main/services/src/main/java/org/keycloak/protocol/oidc/mappers/OIDCAttributeMapperHelper.java',
    'https://github.com/keycloak/keycloak/blob/main/core/src/main/java/org/keycloak/util/TokenUtil.java',
  ],
  checkedOn: '2026-11-25',
  typ: ['at+jwt', 'JWT'],
  accessTokenClaims: { typ: 'Bearer' },
  claims: { clientId: 'azp' },
  machineClaims: { clientAddress: true },
  issues: { acr: 'by-default', authTime: 'by-default' },
  request: { acrValues: 'first', zeroMaxAge: { max_age: '0' } },
  whenUnmet: 'lower',
  onRefresh: 'keeps',
  steps: [
    'Map the names of your authentication levels to numbers: realm settings, "ACR to Level of Authentication (LoA) Mapping".',
    'Give the browser flow a conditional subflow for each level, with the condition "Level of Authentication". Its "Max Age" is for how long a factor counts within a session; 0 has it asked for every time.',
    'Keep the client scopes `acr` and `basic` among the default scopes of the client: they put `acr` and `auth_time` into access tokens.',
    'Add an audience mapper, so that `aud` of access tokens names this API. For introspection that audience has to be the id of the client as which this API asks: others are told that the token is inactive.',
    'Have users set up their second factor before they need it: who has none is asked to set one up during the step-up, on the strength of the password alone.',
  ],
  notes: [
    'ID, refresh, offline and logout tokens are told apart by the claim `typ`, which is `Bearer` in access tokens alone, and which no mapper can write.',
    'Mappers can write `acr`, `auth_time` and `aud`: never map an attribute there that users edit themselves, or they name their own level.',
    'Observed with Keycloak 26.7.3, unmodified, by test/interop of this package, as is what follows.',
    'Of several `acr_values` Keycloak takes the one of the lowest level, whatever their order, so that the client sends the preferred one alone.',
    'An unknown value in `acr_values` silently counts as the lowest level.',
    'An essential `acr` with an unknown value, even beside known ones, ends on an error page without return to the client, so a pending step-up needs a time limit.',
    'In a flow without conditions for levels, an essential level silently comes back as `1`, and a sign-on by cookie as `0`: never put `0` under a word of yours.',
    'A level asked for by its number comes back as that number, not by its name.',
    'The level belongs to the session of user and client, not to the token: after a step-up, refresh tokens and introspection of tokens from before tell of the higher level and the newer `auth_time`. A JWT is judged by what it says itself. A lightweight access token says nothing itself: introspection completes it only as long as no sign-in came after it.',
    '`auth_time` is of the latest sign-in, with whichever factor. Where a second factor counts for longer ("Max Age"), a newer password renews `auth_time` beside an older second factor.',
    '`max_age` is compared in whole seconds: a sign-in of this very second passes `max_age=0`.',
    'Tokens by client credentials carry the `acr` of the lowest level. They are told apart by `clientAddress`, and that `acr` counts for nothing: no user has signed in. Keep the client scope `service_account`, which puts it there, with clients that have a service account.',
  ],
});
