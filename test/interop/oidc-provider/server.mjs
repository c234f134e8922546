// oidc-provider in this process, with its own policy: `acr_values` is a hint that it enforces nothing of, an essential
// `acr` claim leads to the pages.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { oneTimeCode } from '../one-time-code.mjs';
import { ADA, API, BOB, CALLBACK, DOCTOR_CALLBACK, SECRET } from '../parties.mjs';
import { Pages } from './pages.mjs';

const { version } = createRequire(import.meta.url)('oidc-provider/package.json');

export { differences } from './differences.mjs';

export const name = `oidc-provider ${version}`;

export const setUp = 'In the process of the run, with its own policy and pages for a password and a code.';

const SCOPE = 'bank';
const ACCOUNTS = [ADA, BOB];

export async function start() {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = await quietly(async () => {
    const { default: Provider, errors } = await import('oidc-provider');
    return new Provider(issuer, configuration(errors));
  });
  const pages = new Pages(provider, ACCOUNTS);
  const protocol = provider.callback();
  server.on('request', (request, response) => {
    if (!request.url.startsWith('/interaction/')) return protocol(request, response);
    pages.handle(request, response).catch((error) => response.writeHead(500).end(String(error)));
  });
  return {
    issuer,
    profile: 'oidcProvider',
    acr: { pwd: 'pwd', mfa: 'mfa' },
    mfa: { at: 'app' },
    clients: {
      app: 'app',
      other: 'other',
      thin: 'opaque',
      withoutAuthTime: 'without-auth-time',
      machine: 'machine',
      stranger: 'other',
    },
    scope: SCOPE,
    introspect: { of: 'thin', every: 'opaque', thin: 'opaque' },
    dpop: true,
    fillIn,
    stop: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function configuration(errors) {
  return {
    clients: [
      ...['app', 'other', 'opaque', 'without-auth-time'].map((clientId) => client(clientId)),
      { ...client('machine'), grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
      { ...client(API), grant_types: [], redirect_uris: [], response_types: [] },
    ],
    jwks: { keys: [signingKey()] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    acrValues: ['pwd', 'mfa'],
    scopes: ['openid', 'offline_access'],
    findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      claimsParameter: { enabled: true },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => API,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, resource, { clientId }) => {
          if (resource !== API) throw new errors.InvalidTarget();
          const isOpaque = clientId === 'opaque';
          return { scope: SCOPE, audience: API, accessTokenFormat: isOpaque ? 'opaque' : 'jwt' };
        },
      },
    },
    // the two claims that a resource server needs reach access tokens, and what introspection tells, by this alone
    extraTokenClaims: ({ oidc }) => {
      const origin = oidc.entities.AuthorizationCode ?? oidc.entities.RefreshToken;
      if (origin === undefined) return undefined;
      const { acr, authTime } = origin;
      return oidc.client.clientId === 'without-auth-time' ? { acr } : { acr, auth_time: authTime };
    },
    loadExistingGrant: grantWithoutConsent,
    issueRefreshToken: (_, { clientId }) => clientId !== 'machine',
    ttl: {
      AccessToken: 600,
      ClientCredentials: 600,
      AuthorizationCode: 60,
      Grant: 3600,
      IdToken: 600,
      Interaction: 600,
      RefreshToken: 3600,
      Session: 3600,
    },
  };
}

function client(clientId) {
  return {
    client_id: clientId,
    client_secret: SECRET,
    redirect_uris: [CALLBACK, DOCTOR_CALLBACK],
    response_types: ['code'],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'client_secret_basic',
  };
}

async function grantWithoutConsent({
  oidc: {
    client: { clientId },
    provider,
    session,
  },
}) {
  const grantId = session.grantIdFor(clientId);
  const existing = grantId === undefined ? undefined : await provider.Grant.find(grantId);
  if (existing !== undefined || session.accountId === undefined) return existing;
  const grant = new provider.Grant({ clientId, accountId: session.accountId });
  grant.addOIDCScope('openid');
  grant.addResourceScope(API, SCOPE);
  await grant.save();
  return grant;
}

function signingKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomBytes(8).toString('hex'), alg: 'RS256', use: 'sig' };
}

/** It warns on every Node before 22, although it works there, and of its memory, which is meant for development. */
async function quietly(work) {
  const { warn } = console;
  console.warn = () => {};
  try {
    return await work();
  } finally {
    console.warn = warn;
  }
}

function fillIn({ form }, { name, password, otpSecret }) {
  if (form.names.includes('password')) return { question: 'password', fields: { name, password } };
  if (form.names.includes('code') && otpSecret !== undefined) {
    return { question: 'code', fields: { code: oneTimeCode(otpSecret) } };
  }
  return undefined;
}
