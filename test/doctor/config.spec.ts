import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { type Around, nestjsStepUp } from './doctor.js';

const NOW = 1_800_000_000;
const API = 'https://api.example';
const SECRET = 'secret-of-api';

let server: TestAuthorizationServer;
let clock: jest.SpyInstance;
let folder: string;
beforeEach(async () => {
  clock = jest.spyOn(Date, 'now').mockReturnValue(NOW * 1000);
  server = await createTestAuthorizationServer();
  folder = await mkdtemp(join(tmpdir(), 'nestjs-step-up-'));
});
afterEach(async () => {
  clock.mockRestore();
  await server.close();
  await rm(folder, { recursive: true });
});

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

/** Runs the doctor with this file, and returns its diagnostics, one line each. */
async function saidWith(config: string, options: readonly string[] = [], around?: Around) {
  const { exitCode, stdout, stderr } = await nestjsStepUp(['doctor', '--config', config, '--json', ...options], around);
  const { issuer, diagnostics } =
    stdout === ''
      ? { issuer: undefined, diagnostics: [] }
      : (JSON.parse(stdout) as { issuer: string; diagnostics: Record<string, string>[] });
  const lines = diagnostics.map(
    ({ subject, code, severity, message }) => `${subject}: ${severity} ${code}: ${message}`,
  );
  return { exitCode, stderr, issuer, lines };
}

/** A server whose tokens no shipped profile describes. */
const lemon = {
  typ: ['JWT'],
  accessTokenClaims: { client_id: true },
  claims: { acr: ['ext', 'acr'] },
  absentClaims: ['jti'],
};
const lemonToken = () =>
  server.accessToken({ header: { typ: 'JWT' }, claims: { jti: undefined, ext: { acr: 'loa-5' } } });

describe('the form of the file', () => {
  const options = (issuer: string) =>
    JSON.stringify({ authorizationServers: [{ issuer, audience: API, profile: lemon, acr: { mfa: 'loa-5' } }] });

  test.each<[form: string, name: string, text: (issuer: string) => string]>([
    ['JSON', 'a.json', options],
    [
      'one authorization server in JSON',
      'a.json',
      (issuer) => JSON.stringify({ issuer, audience: API, profile: lemon, acr: { mfa: 'loa-5' } }),
    ],
    ['an ES module with a default export', 'a.mjs', (issuer) => `export default ${options(issuer)};`],
    [
      'an ES module that exports stepUpOptions',
      'a.mjs',
      (issuer) => `export const stepUpOptions = ${options(issuer)}; export class AppModule {}`,
    ],
    ['an ES module that exports options', 'a.mjs', (issuer) => `export const options = ${options(issuer)};`],
    ['a CommonJS module', 'a.cjs', (issuer) => `module.exports = ${options(issuer)};`],
    ['a CommonJS module with stepUpOptions', 'a.cjs', (issuer) => `exports.stepUpOptions = ${options(issuer)};`],
    [
      'a CommonJS module with a function, as nest add writes it',
      'a.cjs',
      (issuer) => `exports.stepUpOptions = function stepUpOptions() { return ${options(issuer)}; };`,
    ],
    ['an ES module with an async function', 'a.mjs', (issuer) => `export default async () => (${options(issuer)});`],
    [
      'a compiled default export',
      'a.js',
      (issuer) =>
        `Object.defineProperty(exports, '__esModule', { value: true }); exports.default = ${options(issuer)};`,
    ],
  ])('SRV-7 a server and its profile are read from %s', async (_, name, text) => {
    const config = await file(name, text(server.issuer));
    const { exitCode, issuer, lines } = await saidWith(config, ['--token', '-', '--acr', 'mfa'], {
      stdin: await lemonToken(),
    });
    expect({ exitCode, issuer }).toEqual({ exitCode: 1, issuer: server.issuer });
    expect(lines.slice(-5)).toEqual([
      'metadata: warning acr_value_unknown: "mfa" means "loa-5": not offered',
      'access_token: ok token_accepted: accepted: typ "JWT", signed with "ES256", for "https://api.example"',
      'access_token: ok acr_present: acr "loa-5"',
      'access_token: ok auth_time_present: auth_time 2027-01-15T08:00:00Z, 0 s ago',
      'access_token: ok requirements_met: enough for acr "loa-5"',
    ]);
  });

  test('SRV-7 a profile alone is read from a file, and the command line names the server', async () => {
    const config = await file('profile.json', JSON.stringify({ title: 'LemonLDAP::NG', ...lemon }));
    const given = [server.issuer, '--token', '-', '--audience', API, '--acr', 'mfa=loa-5'];
    const { lines } = await saidWith(config, given, { stdin: await lemonToken() });
    expect(lines).toContain('access_token: ok requirements_met: enough for acr "loa-5"');
    const { stderr } = await saidWith(config, [server.issuer, '--profile', 'keycloak']);
    expect(stderr).toMatch(/^nestjs-step-up: "--profile" has no use with a profile in the file of "--config"/);
  });

  const EXPECTED =
    'The file of "--config" must have the options of StepUpModule, an authorization server of them, or a profile';

  test.each<[what: string, name: string, text: string, sentence: string]>([
    [
      'a module with other exports',
      'a.mjs',
      'export class AppModule {} export const bootstrap = 1;',
      `${EXPECTED}; it has "AppModule", "bootstrap"`,
    ],
    [
      'a module whose export is a function of something',
      'a.cjs',
      'module.exports.default = (config) => ({});',
      `${EXPECTED}; it has a function that needs arguments`,
    ],
    [
      'a function that returns nothing of it',
      'a.cjs',
      'module.exports.default = () => ({});',
      `${EXPECTED}; it has an empty object`,
    ],
    [
      'a function that throws',
      'a.cjs',
      "exports.stepUpOptions = () => { throw new TypeError('secret-of-api'); };",
      'The function of "--config" throws ("TypeError"): set the variables that it reads, or call it with node, which shows why',
    ],
    ['an empty module', 'a.mjs', 'export {};', `${EXPECTED}; it has an empty object`],
    [
      'options whose servers are known at run time alone',
      'a.cjs',
      'module.exports = { realm: "bank", resolveAuthorizationServer: () => undefined };',
      `${EXPECTED}; it has servers that "resolveAuthorizationServer" returns at run time: export the options of one of them`,
    ],
    ['a list', 'a.json', '[{}]', `${EXPECTED}; it has a list`],
    ['a text', 'a.json', '"secret-of-api"', `${EXPECTED}; it has a string`],
    ['null', 'a.json', 'null', `${EXPECTED}; it has nothing`],
    [
      'members of something else',
      'a.json',
      '{"compilerOptions": {"secret": "secret-of-api"}}',
      `${EXPECTED}; it has "compilerOptions"`,
    ],
    [
      'a profile with a misspelt member',
      'a.json',
      '{"typ": ["JWT"], "clams": {}}',
      `${EXPECTED}; it has "typ", "clams"`,
    ],
    [
      'servers without issuers',
      'a.json',
      '{"authorizationServers": [{"clientSecret": "secret-of-api"}]}',
      `${EXPECTED}; it has no list of servers, each with its issuer, in "authorizationServers"`,
    ],
    ['what is not JSON', 'a.json', '{"clientSecret": secret-of-api}', 'The file of "--config" is not valid JSON'],
    [
      'a module that throws',
      'a.cjs',
      "throw new TypeError('secret-of-api');",
      'The module of "--config" cannot be loaded ("TypeError"): run it with node, which shows why',
    ],
    [
      'TypeScript',
      'a.ts',
      'export default {};',
      '"--config" is TypeScript: give the JavaScript that is compiled from it, or JSON',
    ],
    [
      'another kind of file',
      'a.yaml',
      'issuer: https://as.example',
      '"--config" must be a .json, .js, .mjs or .cjs file',
    ],
    [
      'a profile that does not exist',
      'a.json',
      '{"issuer": "https://as.example", "profile": "keykloak"}',
      expect.stringMatching(
        /^The file of "--config" is not valid: "server\.profile" is not the name of a profile: "keykloak"; the closest is "keycloak"\./,
      ),
    ],
    [
      'a server with an unknown option',
      'a.json',
      '{"authorizationServers": [{"issuer": "https://as.example", "audiences": "a"}]}',
      expect.stringMatching(
        /^The file of "--config" is not valid: "authorizationServers\[0\]" has the unknown option "audiences"; the closest is "audience"; /,
      ),
    ],
    [
      'an http issuer',
      'a.json',
      '{"issuer": "http://as.example"}',
      'The file of "--config" is not valid: "server.issuer" must be an https URL (http is accepted on loopback only), not ' +
        '"http://as.example"; if tokens have another "iss" and this is only an address of their server, give it in ' +
        '"server.metadataUri"; in a network that you trust, set "server.allowInsecureRequests" to true',
    ],
  ])('%s is refused with one sentence, with what was found', async (_, name, text, sentence) => {
    const { exitCode, stdout, stderr } = await nestjsStepUp(['doctor', '--config', await file(name, text)]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).not.toContain('secret-of-api');
    const [, said] = /^nestjs-step-up: (.*) \(--help shows the options\)\n$/.exec(stderr) ?? [];
    expect(said).toEqual(sentence);
  });

  test.each(['a.json', 'a.mjs'])('a file that is not there is refused: %s', async (name) => {
    await expect(nestjsStepUp(['doctor', '--config', join(folder, name)])).resolves.toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'nestjs-step-up: "--config" must be a readable file (--help shows the options)\n',
    });
  });
});

describe('which server is examined', () => {
  const OTHER = 'https://other.example';
  const several = () =>
    file(
      'several.json',
      JSON.stringify({ authorizationServers: [OTHER, server.issuer].map((issuer) => ({ issuer, audience: API })) }),
    );

  test.each([['--issuer'], []])('the server of the given issuer is chosen among several: %s', async (...option) => {
    const { exitCode, issuer } = await saidWith(await several(), [...option, server.issuer]);
    expect({ exitCode, issuer }).toEqual({ exitCode: 0, issuer: server.issuer });
  });

  test('without an issuer several servers are listed, and with another one too', async () => {
    const list = `"${OTHER}", "${server.issuer}" (--help shows the options)\n`;
    await expect(saidWith(await several())).resolves.toMatchObject({
      exitCode: 2,
      stderr: `nestjs-step-up: The file of "--config" has several authorization servers: choose one by its issuer, ${list}`,
    });
    await expect(saidWith(await several(), ['https://third.example'])).resolves.toMatchObject({
      exitCode: 2,
      stderr: `nestjs-step-up: The file of "--config" has no server with this issuer; it has ${list}`,
    });
  });
});

describe('the command line comes before the file', () => {
  const config = (more: object = {}) =>
    file(
      'a.json',
      JSON.stringify({
        issuer: server.issuer,
        audience: API,
        acr: { mfa: 'urn:example:mfa', phr: 'urn:example:phr' },
        ...more,
      }),
    );

  test('all words of the file are compared with what the server offers, and those of --acr are required', async () => {
    const token = await server.accessToken({ acr: 'urn:example:pwd' });
    const { lines } = await saidWith(await config(), ['--acr', 'mfa', '--acr', 'sms=urn:example:sms', '--token', '-'], {
      stdin: token,
    });
    expect(lines.filter((line) => /acr_value_|requirements/.test(line))).toEqual([
      'metadata: ok acr_value_offered: "mfa" means "urn:example:mfa": offered',
      'metadata: warning acr_value_unknown: "sms" means "urn:example:sms": not offered',
      'metadata: ok acr_value_offered: "phr" means "urn:example:phr": offered',
      'access_token: error requirements_unmet: not enough for acr one of "urn:example:mfa", "urn:example:sms": it has ' +
        'another acr',
    ]);
  });

  test('a string of the file is known as its words are, and field CL-17 the closest word is named', async () => {
    await expect(saidWith(await config(), ['--acr', 'urn:example:phr'])).resolves.toMatchObject({ exitCode: 0 });
    await expect(saidWith(await config(), ['--acr', 'MFA'])).resolves.toMatchObject({
      exitCode: 2,
      stderr:
        'nestjs-step-up: The file of "--config" knows no word "MFA"; the closest is "mfa" (--help shows the options)\n',
    });
  });

  test('audience, profile and claims of the command line are used', async () => {
    const claims = { aud: 'https://other.example', typ: 'Bearer', azp: 'page', client_id: undefined, level: '2' };
    const token = await server.accessToken({ header: { typ: 'JWT' }, claims });
    const options = [
      '--audience',
      'https://other.example',
      '--profile',
      'keycloak',
      '--acr-claim',
      'level',
      '--token',
      '-',
    ];
    const { lines } = await saidWith(await config({ profile: 'entra', acr: 'literal' }), options, { stdin: token });
    expect(lines.slice(-3)).toEqual([
      'access_token: ok token_accepted: accepted: typ "JWT", signed with "ES256", for "https://other.example"',
      'access_token: ok acr_present: acr "2"',
      'access_token: ok auth_time_present: auth_time 2027-01-15T08:00:00Z, 0 s ago',
    ]);
  });

  test('the keys are read where the file says', async () => {
    const { lines } = await saidWith(await config({ jwksUri: `${server.issuer}/jwks?of=file` }));
    expect(lines).toContain(`metadata: ok keys_usable: 1 key for ES256 at ${server.issuer}/jwks?of=file`);
  });

  test.each<[when: string | undefined, line: string]>([
    [
      undefined,
      "introspection: ok introspection_needed: introspection.when is 'opaque': an API then asks about such tokens",
    ],
    [
      'always',
      "introspection: ok introspection_needed: introspection.when is 'always': an API then asks about such tokens",
    ],
    [
      'event-missing',
      "introspection: error introspection_when_mismatch: introspection.when is 'event-missing', by which an API does not " +
        'ask about this token',
    ],
  ])('introspection of the file is used, and its occasion %s compared with the token', async (when, line) => {
    const introspection = { ...server.introspection, when };
    const { lines } = await saidWith(await config({ introspection }), ['--introspect', '--token', '-'], {
      stdin: server.opaqueToken(),
    });
    expect(lines.at(-1)).toBe(line);
  });

  test('a secret of the command line replaces that of the file, or one that the file lacks', async () => {
    const { clientId, clientSecret, endpoint } = server.introspection;
    const around = { stdin: server.opaqueToken({ acr: 'a' }), env: { API_SECRET: clientSecret } };
    const options = ['--introspect', '--introspection-secret-env', 'API_SECRET', '--token', '-'];
    for (const given of [{ clientSecret: SECRET }, {}, { privateKey: SECRET }]) {
      const { exitCode, lines } = await saidWith(
        await config({ introspection: { clientId, endpoint, ...given } }),
        options,
        around,
      );
      expect({ exitCode, last: lines.at(-1) }).toEqual({
        exitCode: 0,
        last: "introspection: ok introspection_needed: introspection.when is 'opaque': an API then asks about such tokens",
      });
    }
  });

  test('no secret of the file is printed', async () => {
    const introspection = { ...server.introspection, clientSecret: SECRET };
    const path = await config({ introspection });
    for (const format of [[], ['--json']]) {
      const args = ['doctor', '--config', path, '--introspect', '--token', '-', ...format];
      const { exitCode, stdout, stderr } = await nestjsStepUp(args, { stdin: server.opaqueToken() });
      expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
      expect(stdout).toContain('introspection_credentials_refused');
      expect(stdout).not.toContain(SECRET);
    }
  });
});
