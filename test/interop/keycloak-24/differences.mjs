// What Keycloak 24 does otherwise than the table says: as the newest, but for these.
import { differences as newest, SERVICES } from '../keycloak/differences.mjs';

const { 'introspection by a stranger': _, ...common } = newest;

export const differences = {
  ...common,
  'introspection after a step-up': {
    outcome: 'acr of the session, auth_time of its own sign-in, 401',
    why: 'Introspection tells the level of the session and the time of the token. The API judges by what the token says itself, and refuses.',
    source: `${SERVICES}/mappers/AcrProtocolMapper.java`,
  },
  'thin token after a step-up': {
    outcome: '401 before, 200 after',
    why: 'For the same reason a lightweight token from before a step-up counts for more after it. Introspection of 26 tells a time that is later than the token, which the API refuses; that of 24 tells the old time.',
    source: `${SERVICES}/mappers/AcrProtocolMapper.java`,
  },
  'lightweight token': {
    outcome: 'without aud: 401, then 200, 401 for a password, 200 for mfa',
    why: 'Its lightweight tokens keep `sub` and `auth_time`.',
    source: common.type.source,
  },
  'type by a switch': {
    outcome: 'JWT, 200',
    why: 'It does not have the switch yet.',
    source: common.type.source,
  },
};
