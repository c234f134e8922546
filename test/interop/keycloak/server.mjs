// Keycloak, unmodified. What it does otherwise than the table says is at the end.
import { oneTimeCode } from '../one-time-code.mjs';
import { ADA, API, BOB, CALLBACK, DOCTOR_CALLBACK, SECRET } from '../parties.mjs';
import { keycloakHome, VERSION } from './distribution.mjs';
import { KeycloakProcess } from './process.mjs';
import {
  atJwt,
  bound,
  CODE_LASTS,
  lightweight,
  machine,
  resourceServer,
  stepUpRealm,
  stockRealm,
  strict,
  webClient,
  withoutAuthTime,
} from './realm.mjs';

export const name = `Keycloak ${VERSION}`;

export async function start() {
  const client = (clientId, kind = {}) =>
    webClient(clientId, { secret: SECRET, redirectUris: [CALLBACK, DOCTOR_CALLBACK], audience: API, ...kind });
  const users = [ADA, BOB];
  const keycloak = await KeycloakProcess.start(keycloakHome(), [
    stepUpRealm('interop', {
      acrToLevel: { pwd: 1, mfa: 2 },
      users,
      clients: [
        client('app'),
        client('other'),
        client('strict', strict),
        client('at-jwt', atJwt),
        client('thin', lightweight),
        client('without-auth-time', withoutAuthTime),
        client('bound', bound),
        client('machine', machine),
        resourceServer(API, { secret: SECRET }),
        resourceServer('not-the-api', { secret: SECRET }),
      ],
    }),
    stockRealm('stock', { users, clients: [client('app')] }),
  ]);
  return {
    issuer: `${keycloak.url}/realms/interop`,
    profile: 'keycloak',
    acr: { pwd: 'pwd', mfa: 'mfa' },
    clients: {
      app: 'app',
      other: 'other',
      strict: 'strict',
      atJwt: 'at-jwt',
      thin: 'thin',
      withoutAuthTime: 'without-auth-time',
      bound: 'bound',
      machine: 'machine',
      stranger: 'not-the-api',
    },
    // its access tokens are JWTs, of which the thin ones lack what introspection tells
    introspect: { of: 'app', every: 'always', thin: 'auth-time-missing' },
    levels: {
      issuer: `${keycloak.url}/realms/stock`,
      first: '1',
      second: '2',
    },
    fillIn,
    stop: () => keycloak.stop(),
  };
}

/** What a user types into a page of Keycloak. */
function fillIn({ form }, { name: username, password, otpSecret }) {
  const asksFor = (field) => form.names.includes(field);
  if (asksFor('password')) {
    return { question: 'password', fields: { ...(asksFor('username') && { username }), password } };
  }
  if (asksFor('otp') && otpSecret !== undefined) return { question: 'code', fields: { otp: oneTimeCode(otpSecret) } };
  // the page to set up an authenticator application; the secret is shown in Base32, and hidden as it is
  if (asksFor('totp')) {
    const totp = oneTimeCode(base32(form.hidden.totpSecret));
    return { question: 'enrolment', fields: { totp, userLabel: 'phone' } };
  }
  return undefined;
}

function base32(text) {
  const bits = [...Buffer.from(text)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return bits
    .match(/.{1,5}/g)
    .map((group) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(group.padEnd(5, '0'), 2)])
    .join('');
}

export const differences = {
  'first of a list': {
    outcome: 'acr pwd',
    why: 'Of several acr_values it takes the lowest level. The profile has clients send the first alone.',
  },
  'known and unknown': {
    outcome: 'acr pwd',
    why: 'An unknown value counts as the lowest level, and the lowest of the list is what it takes.',
  },
  'essential known and unknown': {
    outcome: 'page with status 400',
    why: 'One unknown value in an essential claim spoils the others, and the page does not lead back to the client.',
  },
  'unknown essential acr': {
    outcome: 'page with status 400, no return, ERR_STEP_UP_TIMEOUT',
    why: 'It answers with a page, not with a redirect: what waits for the user has to have a time limit.',
  },
  'no second factor': {
    outcome: 'enrolment asked, acr mfa, 200',
    why: 'A required one-time code that is not set up is set up on the way: the password is enough to leave a factor behind.',
  },
  'two moments': {
    outcome: 'acr mfa, 200',
    why: `Level 2 counts for ${CODE_LASTS} s in the flow, auth_time is of the password: the token tells of two sign-ins as one.`,
  },
  'max_age=0 at once': {
    outcome: 'nothing asked',
    why: 'It compares whole seconds, so that a sign-in of this very second is not older than 0.',
  },
  'level beyond the flow': {
    outcome: 'a lower acr, told as acr_unmet, 401',
    why: 'A flow without conditions for levels gives level 1, however essential the request is.',
  },
  'level by its number': {
    outcome: 'acr 2',
    why: 'acr repeats what was asked for, so that a number asked for comes back as a number and no name.',
  },
  'older refresh token': {
    outcome: 'acr mfa',
    why: 'The level belongs to the session of user and client: an older refresh token has it as well, up and down.',
  },
  'introspection by a stranger': {
    outcome: 'inactive',
    why: 'Only a client that is in "aud" is told of a token: the audience of the API has to be the id of its client.',
  },
  'introspection after a step-up': {
    outcome: 'acr and auth_time of the session, 401',
    why: 'Introspection tells how the session stands now. The API judges by what the token says itself, and refuses.',
  },
  type: {
    outcome: 'JWT, 200',
    why: 'at+jwt is a switch of each client. The profile tells ID and refresh tokens apart by the claim "typ".',
  },
  'acr of a machine': {
    outcome: 'pwd, 403',
    why: 'Tokens by client credentials have the acr of level 1. The profile tells them apart, so that it counts for nothing.',
  },
};
