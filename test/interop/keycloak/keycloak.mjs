// Keycloak, unmodified, of any version.
import { oneTimeCode } from '../one-time-code.mjs';
import { ADA, API, BOB, CALLBACK, DOCTOR_CALLBACK, SECRET } from '../parties.mjs';
import { keycloakHome } from './distribution.mjs';
import { startKeycloak } from './process.mjs';
import {
  atJwt,
  lightweight,
  machine,
  resourceServer,
  stepUpRealm,
  stockRealm,
  strict,
  thin,
  webClient,
  withoutAuthTime,
} from './realm.mjs';

/** What is special about each client that signs users in or asks about tokens. */
export const CLIENTS = {
  app: 'app',
  other: 'other',
  strict: 'strict',
  atJwt: 'at-jwt',
  thin: 'thin',
  lightweight: 'lightweight',
  lightweightMachine: 'lightweight-machine',
  withoutAuthTime: 'without-auth-time',
  machine: 'machine',
  stranger: 'not-the-api',
};

/**
 * Starts a version of Keycloak with the realms of the tests.
 *
 * @param differing members in place of those of the newest version
 */
export async function keycloak(version, differing = {}) {
  const client = (clientId, kind = {}) =>
    webClient(clientId, { secret: SECRET, redirectUris: [CALLBACK, DOCTOR_CALLBACK], audience: API, ...kind });
  const users = [ADA, BOB];
  const server = await startKeycloak(`Keycloak ${version}`, keycloakHome(version), [
    stepUpRealm('interop', {
      acrToLevel: { pwd: 1, mfa: 2 },
      users,
      clients: [
        client('app'),
        client('other'),
        client('strict', strict),
        client('at-jwt', atJwt),
        client('thin', thin),
        client('lightweight', lightweight),
        client('lightweight-machine', { ...lightweight, ...machine }),
        client('without-auth-time', withoutAuthTime),
        client('machine', machine),
        resourceServer(API, { secret: SECRET }),
        resourceServer('not-the-api', { secret: SECRET }),
      ],
    }),
    stockRealm('stock', { users, clients: [client('app')] }),
  ]);
  return {
    issuer: `${server.url}/realms/interop`,
    profile: 'keycloak',
    acr: { pwd: 'pwd', mfa: 'mfa' },
    mfa: { at: 'app' },
    clients: CLIENTS,
    // its access tokens are JWTs, of which the thin ones lack what introspection tells
    introspect: { of: 'app', every: 'always', thin: 'auth-time-missing' },
    levels: {
      issuer: `${server.url}/realms/stock`,
      first: '1',
      second: '2',
    },
    dpop: true,
    fillIn,
    stop: () => server.stop(),
    ...differing,
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
