// Ory Hydra, unmodified, with a login and a consent application beside it.
import { randomBytes } from 'node:crypto';
import { oneTimeCode } from '../one-time-code.mjs';
import { ADA, API, BOB, CALLBACK, DOCTOR_CALLBACK, SECRET } from '../parties.mjs';
import { freePorts, ServerProcess } from '../setup/server-process.mjs';
import { Applications } from './applications.mjs';
import { hydraProgram, VERSION } from './build.mjs';

export { differences } from './differences.mjs';

export const name = `Ory Hydra ${VERSION}`;

export const setUp =
  'Compiled by Go from its module, with a login and a consent application of about a hundred lines. JWTs at most clients, opaque tokens at one.';

const SCOPE = 'bank offline_access';

export async function start() {
  const program = hydraProgram();
  const [publicPort, adminPort] = await freePorts(2);
  const issuer = `http://127.0.0.1:${publicPort}`;
  const administration = `http://127.0.0.1:${adminPort}`;
  const applications = new Applications([ADA, BOB], (clientId) => clientId === 'without-auth-time');
  const origin = await applications.listen();
  applications.serve(administration);
  let hydra;
  const stop = async () => {
    await hydra?.stop();
    await applications.close();
  };
  try {
    hydra = await ServerProcess.start({
      name,
      command: program,
      options: ['serve', 'all', '--dev', '--sqa-opt-out'],
      env: configuration({ issuer, origin, publicPort, adminPort }),
      addresses: [`${issuer}/health/ready`, `${administration}/health/ready`],
      within: 60,
    });
    for (const client of clients) await register(administration, client);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    issuer,
    profile: 'hydra',
    acr: { pwd: 'pwd', mfa: 'mfa' },
    mfa: { at: 'app' },
    clients: {
      app: 'app',
      other: 'other',
      thin: 'opaque',
      withoutAuthTime: 'without-auth-time',
      machine: 'machine',
    },
    scope: SCOPE,
    machineScope: 'bank',
    // without it access tokens name no audience
    parameters: { audience: API },
    introspect: {
      of: 'thin',
      every: 'opaque',
      thin: 'opaque',
      endpoint: `${administration}/admin/oauth2/introspect`,
    },
    changeKey: () => newKey(administration),
    fillIn,
    stop,
  };
}

function configuration({ issuer, origin, publicPort, adminPort }) {
  return {
    DSN: 'memory',
    SECRETS_SYSTEM: randomBytes(24).toString('base64url'),
    URLS_SELF_ISSUER: issuer,
    URLS_LOGIN: `${origin}/login`,
    URLS_CONSENT: `${origin}/consent`,
    URLS_ERROR: `${origin}/error`,
    SERVE_PUBLIC_HOST: '127.0.0.1',
    SERVE_PUBLIC_PORT: String(publicPort),
    SERVE_ADMIN_HOST: '127.0.0.1',
    SERVE_ADMIN_PORT: String(adminPort),
    SERVE_COOKIES_SAME_SITE_MODE: 'Lax',
    STRATEGIES_ACCESS_TOKEN: 'jwt',
    STRATEGIES_JWT_SCOPE_CLAIM: 'both',
    LOG_LEVEL: 'warn',
  };
}

const clients = [
  ...['app', 'other', 'without-auth-time'].map((clientId) => webClient(clientId)),
  { ...webClient('opaque'), access_token_strategy: 'opaque' },
  { ...webClient('machine'), grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
];

function webClient(clientId) {
  return {
    client_id: clientId,
    client_secret: SECRET,
    redirect_uris: [CALLBACK, DOCTOR_CALLBACK],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    scope: `openid ${SCOPE}`,
    audience: [API],
    token_endpoint_auth_method: 'client_secret_basic',
  };
}

/** Has Hydra sign access tokens with a new key from now on. It keeps the old one among those that it publishes. */
async function newKey(administration) {
  const response = await fetch(`${administration}/admin/keys/hydra.jwt.access-token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ alg: 'RS256', use: 'sig', kid: randomBytes(8).toString('hex') }),
  });
  if (response.status !== 201) throw new Error(`Hydra makes no key: ${await response.text()}`);
}

async function register(administration, client) {
  const response = await fetch(`${administration}/admin/clients`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(client),
  });
  if (response.status !== 201) throw new Error(`Hydra does not register ${client.client_id}: ${await response.text()}`);
}

function fillIn({ form }, { name, password, otpSecret }) {
  if (form.names.includes('password')) return { question: 'password', fields: { name, password } };
  if (form.names.includes('code') && otpSecret !== undefined) {
    return { question: 'code', fields: { code: oneTimeCode(otpSecret) } };
  }
  return undefined;
}
