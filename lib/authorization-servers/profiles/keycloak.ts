import type { AuthorizationServerProfile } from '../authorization-server-profile.js';

/** Keycloak, with numeric levels behind names that the realm maps. */
export const keycloak = Object.freeze<AuthorizationServerProfile>({
  title: 'Keycloak',
  source: [
    'https://github.com/keycloak/keycloak/blob/main/docs/documentation/server_admin/topics/authentication/flows.adoc',
    'https://github.com/keycloak/keycloak/blob/main/docs/documentation/server_admin/topics/clients/oidc/con-audience.adoc',
    'https://github.com/keycloak/keycloak/blob/main/services/src/main/java/org/keycloak/protocol/oidc/mappers/AcrProtocolMapper.java',
    'https://github.com/keycloak/keycloak/blob/main/services/src/main/java/org/keycloak/protocol/oidc/OIDCLoginProtocolFactory.java',
    'https://github.com/keycloak/keycloak/blob/main/services/src/main/java/org/keycloak/protocol/oidc/mappers/OIDCAttributeMapperHelper.java',
    'https://github.com/keycloak/keycloak/blob/main/core/src/main/java/org/keycloak/util/TokenUtil.java',
  ],
  checkedOn: '2026-11-25',
  typ: ['at+jwt', 'JWT'],
  accessTokenClaims: { typ: 'Bearer' },
  claims: { clientId: 'azp' },
  clientCredentialsClaims: { clientAddress: true },
  issues: { acr: 'by-default', authTime: 'by-default' },
  request: { acrValues: 'first', zeroMaxAge: { max_age: '0' } },
  whenUnmet: 'lower',
  onRefresh: 'keeps',
  steps: [
    'Map the names of your authentication levels to numbers: realm settings, "ACR to Level of Authentication (LoA) Mapping".',
    'Make a flow with a conditional subflow for each level, with the condition "Level of Authentication". Its "Max Age" (seconds) says how long a factor counts within a session; with 0 it is asked for every time.',
    'Bind that flow, or nothing changes: Action, "Bind flow", "Browser flow" for the whole realm, or "Authentication flow overrides" under "Advanced" of a single client.',
    'Keep the client scopes `acr` and `basic` among the default scopes of the client: they put `acr` and `auth_time` into access tokens.',
    'Add an audience mapper, so that `aud` of access tokens names this API: in a client scope, or in the dedicated scope of the client (Clients, the client, "Client scopes"), open "Mappers", then "Add mapper", "By configuration" ("Configure a new mapper" if there is none yet), "Audience". "Included Custom Audience" takes any text, such as a URL, "Included Client Audience" the id of a client.',
    'For introspection, that audience has to be the id of the client as which this API asks: any other client is told that the token is inactive.',
    'Have users set up their second factor before they need it: those without one are asked to set it up during the step-up, on the strength of the password alone.',
  ],
  notes: [
    'ID, refresh, offline and logout tokens are told apart by the claim `typ`, which is `Bearer` in access tokens alone, and which no mapper can write.',
    'Mappers can write `acr`, `auth_time` and `aud`: never map an attribute there that users edit themselves, or they name their own level.',
  ],
  observed: [
    'All of this with Keycloak 26.7.3, unmodified, by test/interop of this package.',
    'Of several `acr_values` Keycloak takes the one of the lowest level, whatever their order: clients send only the preferred one.',
    'An unknown value in `acr_values` silently counts as the lowest level.',
    'An essential `acr` with an unknown value, even next to known ones, ends on an error page, and nothing returns to the client: give a pending step-up a timeout.',
    'In a flow without conditions for levels, an essential level silently comes back as `1`, and a sign-in by cookie alone as `0`: never map a word of yours to `0`.',
    'A level asked for by its number comes back as that number, not by its name.',
    'The level belongs to the session of user and client, not to the token: after a step-up, tokens by a refresh token from before, and introspection of a token from before, show the higher level and the newer `auth_time`. A JWT is judged by its own claims.',
    'A lightweight access token has no such claims: introspection adds them only as long as no newer sign-in has taken place.',
    '`auth_time` is the time of the latest sign-in, with any factor. While an older second factor still counts ("Max Age"), entering the password alone renews `auth_time`.',
    '`max_age` is compared in whole seconds: a sign-in within the same second passes `max_age=0`.',
    'Tokens by client credentials carry the `acr` of the lowest level, which is ignored here: no user has signed in. They are told apart by `clientAddress`; keep the client scope `service_account`, which puts it there, on clients with a service account.',
  ],
});
