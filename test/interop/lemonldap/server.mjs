// LemonLDAP::NG, unmodified, with its demonstration users and its second factor.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { oneTimeCode } from '../one-time-code.mjs';
import { ADA, BOB } from '../parties.mjs';
import { freePorts, ServerProcess } from '../setup/server-process.mjs';
import { configure } from './configuration.mjs';
import { lemonldapRoot, perlLibraries } from './packages.mjs';

export { differences } from './differences.mjs';

const VERSION = '2.16.1';

export const name = `LemonLDAP::NG ${VERSION}`;

export const setUp =
  "Debian's packages, without its captchas, with its demonstration users and TOTP as second factor. A client of a higher level stands beside the others; that is the way to `mfa` in the rows that need one.";

const HERE = fileURLToPath(new URL('perl', import.meta.url));

/** Demonstration users, whose password is their name. */
const USERS = { [ADA.name]: 'dwho', [BOB.name]: 'rtyler' };

export async function start() {
  const root = lemonldapRoot(VERSION);
  const [port] = await freePorts(1);
  const portal = `http://127.0.0.1:${port}/`;
  const directory = mkdtempSync(join(tmpdir(), 'interop-lemonldap-'));
  const clearUp = () => rmSync(directory, { recursive: true, force: true });
  process.once('exit', clearUp);
  const file = configure({ directory, root, portal, user: USERS[ADA.name], otpSecret: ADA.otpSecret });
  const usr = (path) => join(root, 'usr', path);
  const libraries = join(root, perlLibraries());
  const lemonldap = await ServerProcess.start({
    name,
    command: 'perl',
    options: [
      usr('bin/plackup'),
      ...['--host', '127.0.0.1', '--port', String(port), '--env', 'deployment'],
      usr('share/lemonldap-ng/portal/htdocs/index.psgi'),
    ],
    env: {
      LLNG_DEFAULTCONFFILE: file,
      PERL5LIB: [HERE, usr('share/perl5'), libraries].join(':'),
      LD_LIBRARY_PATH: join(libraries, '../..'),
    },
    addresses: [`${portal}.well-known/openid-configuration`],
    within: 60,
  });
  return {
    issuer: portal,
    profile: 'lemonldap',
    acr: { pwd: 'loa-1', mfa: 'loa-2' },
    mfa: { at: 'secondLevel' },
    clients: {
      app: 'app',
      other: 'other',
      secondLevel: 'second-level',
      untouched: 'untouched',
      thin: 'opaque',
      withoutAuthTime: 'without-auth-time',
      machine: 'machine',
      stranger: 'other',
    },
    scope: 'bank',
    clientAuthentication: 'client_secret_post',
    introspect: { of: 'thin', every: 'opaque', thin: 'opaque' },
    users: Object.values(USERS).map((user) => ({ name: user, password: user })),
    fillIn,
    async stop() {
      await lemonldap.stop();
      clearUp();
      process.off('exit', clearUp);
    },
  };
}

function fillIn({ form }, { name: user, otpSecret }) {
  const asksFor = (field) => form.names.includes(field);
  if (asksFor('password')) return { question: 'password', fields: { user: USERS[user], password: USERS[user] } };
  if (asksFor('code') && otpSecret !== undefined) return { question: 'code', fields: { code: oneTimeCode(otpSecret) } };
  // a page that asks whether one wants to sign in again, or with more
  if (form.hidden.confirm !== undefined) return { question: undefined, fields: {} };
  return undefined;
}
