// What Keycloak does otherwise than the table says.
import { CODE_LASTS } from './realm.mjs';

const DOCS = 'https://github.com/keycloak/keycloak/blob/main/docs/documentation/server_admin/topics';
export const SERVICES =
  'https://github.com/keycloak/keycloak/blob/main/services/src/main/java/org/keycloak/protocol/oidc';
const GUIDE = `${DOCS}/authentication/flows.adoc`;
const AUDIENCE = `${DOCS}/clients/oidc/con-audience.adoc`;
const FACTORY = `${SERVICES}/OIDCLoginProtocolFactory.java`;
const ENDPOINT = `${SERVICES}/endpoints/AuthorizationEndpoint.java`;
const PROTOCOL = `${SERVICES}/OIDCLoginProtocol.java`;
const MAPPER = `${SERVICES}/mappers/AcrProtocolMapper.java`;
const TOKENS = 'https://github.com/keycloak/keycloak/blob/main/core/src/main/java/org/keycloak/util/TokenUtil.java';

export const differences = {
  'first of a list': {
    outcome: 'acr pwd',
    why: 'Of several acr_values it takes the lowest level. The profile has clients send the first alone.',
    source: FACTORY,
  },
  'known and unknown': {
    outcome: 'acr pwd',
    why: 'An unknown value counts as the lowest level, and the lowest of the list is what it takes.',
    source: FACTORY,
  },
  'essential known and unknown': {
    outcome: 'page with status 400',
    why: 'One unknown value in an essential claim spoils the others, and the page does not lead back to the client.',
    source: ENDPOINT,
  },
  'unknown essential acr': {
    outcome: 'page with status 400, no return, ERR_STEP_UP_TIMEOUT',
    why: 'It answers with a page, not with a redirect: what waits for the user has to have a time limit.',
    source: ENDPOINT,
  },
  'no second factor': {
    outcome: 'enrolment asked, satisfied, 200',
    why: 'A required one-time code that is not set up is set up on the way: the password is enough to leave a factor behind.',
    source: GUIDE,
  },
  'two moments': {
    outcome: 'password asked, then nothing; acr mfa, 200',
    why: `Level 2 counts for ${CODE_LASTS} s in the flow, auth_time is of the password: the token tells of two sign-ins as one.`,
    source: GUIDE,
  },
  'max_age=0 at once': {
    outcome: 'nothing asked',
    why: 'It compares whole seconds, so that a sign-in of this very second is not older than 0.',
    source: PROTOCOL,
  },
  'level beyond the flow': {
    outcome: 'a lower acr, told as acr_unmet, 401',
    why: 'A flow without conditions for levels gives level 1, however essential the request is.',
    source: GUIDE,
  },
  'level by its number': {
    outcome: 'acr 2',
    why: 'acr repeats what was asked for, so that a number asked for comes back as a number and no name.',
    source: MAPPER,
  },
  'older refresh token': {
    outcome: 'acr mfa',
    why: 'The level belongs to the session of user and client: an older refresh token has it as well, up and down.',
    source: MAPPER,
  },
  'introspection by a stranger': {
    outcome: 'inactive',
    why: 'Only a client that is in "aud" is told of a token: the audience of the API has to be the id of its client.',
    source: AUDIENCE,
  },
  'introspection after a step-up': {
    outcome: 'acr and auth_time of the session, 401',
    why: 'Introspection tells how the session stands now. The API judges by what the token says itself, and refuses.',
    source: MAPPER,
  },
  type: {
    outcome: 'JWT, 200',
    why: 'at+jwt is a switch of each client. The profile tells ID and refresh tokens apart by the claim "typ".',
    source: TOKENS,
  },
  'acr of a machine': {
    outcome: 'pwd, 403',
    why: 'Tokens by client credentials have the acr of level 1. The profile tells them apart, so that it counts for nothing.',
    source: MAPPER,
  },
};
