// Django OAuth Toolkit, as its tutorial has it. Its access tokens are opaque, and nothing tells of the authentication.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ADA, API, BOB, CALLBACK, DOCTOR_CALLBACK, SECRET } from '../parties.mjs';
import { freePorts, ServerProcess } from '../setup/server-process.mjs';
import { djangoPython, VERSION } from './environment.mjs';

const { profiles } = createRequire(import.meta.url)('../../../dist/authorization-servers/index.js');

export { differences } from './differences.mjs';

export const name = `Django OAuth Toolkit ${VERSION}`;

export const setUp =
  'Installed from PyPI, with the project of its tutorial: passwords alone. Its access tokens are opaque, and neither they nor their introspection tell of the authentication. Nothing can be stepped up: the table shows that every route that requires something stays closed.';

const PROJECT = fileURLToPath(new URL('project.py', import.meta.url));

export async function start() {
  const python = djangoPython();
  const [port] = await freePorts(1);
  const address = `127.0.0.1:${port}`;
  const directory = mkdtempSync(join(tmpdir(), 'interop-django-'));
  const clearUp = () => rmSync(directory, { recursive: true, force: true });
  process.once('exit', clearUp);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const django = await ServerProcess.start({
    name,
    command: python,
    options: ['-B', PROJECT],
    cwd: directory,
    env: {
      PARTIES: JSON.stringify({
        address,
        issuer: `http://${address}`,
        database: join(directory, 'database.sqlite3'),
        key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
        secretKey: randomBytes(32).toString('base64url'),
        secret: SECRET,
        redirectUris: [CALLBACK, DOCTOR_CALLBACK],
        users: { [ADA.name]: ADA.password, [BOB.name]: BOB.password },
        webClients: ['app', 'other', API],
      }),
    },
    addresses: [`http://${address}/o/.well-known/openid-configuration`],
    within: 60,
  });
  return {
    issuer: `http://${address}/o`,
    named: 'djangoOauthToolkit',
    // its profile says that there is nothing to tell, so that an API with words does not boot
    profile: { ...profiles.djangoOauthToolkit, issues: { acr: 'if-configured', authTime: 'if-configured' } },
    acr: { pwd: 'pwd', mfa: 'mfa' },
    clients: { app: 'app', other: 'other', thin: 'app', machine: 'machine', stranger: 'other' },
    scope: 'bank',
    // introspection names an audience only where the client has asked for one
    parameters: { resource: API },
    introspect: { of: 'app', every: 'opaque', thin: 'opaque', endpoint: `http://${address}/o/introspect/` },
    fillIn,
    async stop() {
      await django.stop();
      clearUp();
      process.off('exit', clearUp);
    },
  };
}

function fillIn({ form }, { name: username, password }) {
  return form.names.includes('password') ? { question: 'password', fields: { username, password } } : undefined;
}
