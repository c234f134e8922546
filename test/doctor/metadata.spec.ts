import { generateKeyPairSync } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestAuthorizationServer } from 'nestjs-step-up/testing';
import { profiles } from '../../lib/authorization-servers/index.js';
import { JsonServer } from '../token/json-server.js';
import { diagnostics, nestjsStepUp } from './doctor.js';

const OIDC = '/.well-known/openid-configuration';
const OAUTH = '/.well-known/oauth-authorization-server';

describe('a server that does all', () => {
  test('the doctor prints the whole table, with words that the server offers and one that it does not', async () => {
    const server = await createTestAuthorizationServer();
    const words = ['--acr', 'mfa=urn:example:mfa', '--acr', 'mfa=urn:example:phr', '--acr', 'urn:example:pwd'];
    const outcome = await nestjsStepUp(['doctor', server.issuer, ...words, '--acr', 'sms=urn:example:sms']);
    await server.close();
    const stdout = outcome.stdout.replaceAll(server.issuer, 'http://127.0.0.1:50000');
    expect({ ...outcome, stdout }).toEqual({
      exitCode: 1,
      stderr: '',
      stdout: `http://127.0.0.1:50000

Metadata
  ok  metadata_read               read at http://127.0.0.1:50000/.well-known/openid-configuration; its issuer
                                  is exactly this one
  -   https_missing               http is accepted on loopback only
                                  > Use https everywhere else.
  ok  claims_parameter_supported  clients can request acr as an essential claim, which the server has to
                                  satisfy or refuse
  ok  introspection_published     introspection at "http://127.0.0.1:50000/introspect" can add claims that
                                  tokens lack
  ok  response_iss_supported      authorization responses have iss (RFC 9207)
  ok  pkce_supported              PKCE with S256
  ok  openid_supported            scope openid, which many servers need with acr_values and max_age
  ok  keys_usable                 1 key for ES256 at http://127.0.0.1:50000/jwks
  ok  acr_values_published        offered are "urn:example:phr", "urn:example:mfa", "urn:example:pwd"
  ok  acr_value_offered           "mfa" means "urn:example:mfa", "urn:example:phr": offered
  ok  acr_value_offered           "urn:example:pwd" is offered
  !   acr_value_unknown           "sms" means "urn:example:sms": not offered
                                  > Did you mean "urn:example:phr"? If not, configure it at the server.

1 warning, 1 note.
`,
    });
  });

  test('the exit code is 0 if no diagnostic asks for a change', async () => {
    const server = await createTestAuthorizationServer();
    const { exitCode, stdout } = await nestjsStepUp(['doctor', server.issuer, '--json']);
    await server.close();
    const result = JSON.parse(stdout);
    expect({ ...result, exitCode }).toEqual({ issuer: server.issuer, diagnostics: expect.any(Array), exitCode: 0 });
    expect(result.exitCode).toBe(0);
    expect(result.diagnostics.map(({ code, severity }: Record<string, string>) => `${severity} ${code}`)).toEqual([
      'ok metadata_read',
      'note https_missing',
      'ok claims_parameter_supported',
      'ok introspection_published',
      'ok response_iss_supported',
      'ok pkce_supported',
      'ok openid_supported',
      'ok keys_usable',
      'ok acr_values_published',
    ]);
  });
});

describe('field RS-03 a server at another address than its issuer', () => {
  const ISSUER = 'https://login.example/realms/bank';
  const KEY = {
    ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
    alg: 'ES256',
  };

  let server: JsonServer;
  beforeEach(async () => {
    server = await new JsonServer().listen();
    server.json('/inside', { issuer: ISSUER, jwks_uri: 'http://keycloak.invalid/jwks' });
    server.json('/jwks', { keys: [KEY] });
  });
  afterEach(() => server.close());

  const reported = async (...options: string[]) =>
    (await diagnostics([ISSUER, '--metadata-uri', `${server.origin}/inside`, ...options]))
      .filter(({ code }) => /^(metadata_read|https_missing|keys_)/.test(code as string))
      .map(({ severity, code, message }) => `${severity} ${code}: ${message}`);

  test('its metadata and keys are read where the options say', async () => {
    expect(await reported('--jwks-uri', `${server.origin}/jwks`)).toEqual([
      `ok metadata_read: read at ${server.origin}/inside; its issuer is exactly this one`,
      'note https_missing: http is accepted on loopback only',
      `ok keys_usable: 1 key for ES256 at ${server.origin}/jwks`,
    ]);
  });

  test('a key document by http beyond loopback is an error, unless the option allows it', async () => {
    expect(await reported()).toContain(
      'error keys_unreadable: the metadata has no https "jwks_uri" (http is accepted on loopback only)',
    );
    expect(await reported('--allow-insecure-requests')).toContainEqual(
      expect.stringMatching(/^error keys_unreadable: http:\/\/keycloak\.invalid\/jwks cannot be reached/),
    );
  });

  test('the file of --config says the same', async () => {
    const file = join(tmpdir(), `step-up-networks-${process.pid}.json`);
    const jwksUri = `${server.origin}/jwks`;
    writeFileSync(
      file,
      JSON.stringify({ issuer: ISSUER, audience: 'a', metadataUri: `${server.origin}/inside`, jwksUri }),
    );
    const found = await diagnostics(['--config', file]).finally(() => rmSync(file));
    expect(found).toContainEqual(expect.objectContaining({ severity: 'ok', code: 'keys_usable' }));
  });

  test('an issuer by http is accepted with the option, and is a note', async () => {
    const issuer = 'http://login.invalid/realms/bank';
    server.json('/inside', { issuer, jwks_uri: `${server.origin}/jwks` });
    const options = [issuer, '--metadata-uri', `${server.origin}/inside`, '--allow-insecure-requests'];
    expect(await diagnostics(options)).toContainEqual(
      expect.objectContaining({
        severity: 'note',
        code: 'https_missing',
        message: expect.stringContaining('beyond loopback'),
      }),
    );
  });
});

describe('a server of which something is missing', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const KEY = { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256', use: 'sig' };

  let server: JsonServer;
  beforeEach(async () => {
    server = await new JsonServer().listen();
    server.json('/jwks', { keys: [KEY] });
  });
  afterEach(() => server.close());

  const publish = (metadata: object, path = OIDC) =>
    server.json(path, { issuer: server.origin, jwks_uri: `${server.origin}/jwks`, ...metadata });

  /** The diagnostics of one code, as text. */
  async function said(code: string, ...options: string[]): Promise<string[]> {
    const found = await diagnostics([server.origin, ...options]);
    return found
      .filter((diagnostic) => diagnostic['code'] === code)
      .map(({ severity, message, fix }) =>
        [severity, message, ...(fix === undefined ? [] : [fix])].join(' | ').replaceAll(server.origin, 'ORIGIN'),
      );
  }

  test('metadata at the address of RFC 8414 alone is read', async () => {
    publish({}, OAUTH);
    await expect(said('metadata_read')).resolves.toEqual([
      `ok | read at ORIGIN${OAUTH}; its issuer is exactly this one`,
    ]);
  });

  test('M-02 what is not published earns a note, and the exit code stays 0', async () => {
    publish({});
    const { exitCode, stdout } = await nestjsStepUp(['doctor', server.origin, '--acr', 'mfa', '--json']);
    const severities = JSON.parse(stdout).diagnostics.map(
      ({ code, severity }: Record<string, string>) => `${severity} ${code}`,
    );
    expect({ exitCode, severities }).toEqual({
      exitCode: 0,
      severities: [
        'ok metadata_read',
        'note https_missing',
        'note claims_parameter_unsupported',
        'note introspection_missing',
        'note response_iss_unsupported',
        'note pkce_unpublished',
        'note openid_unpublished',
        'ok keys_usable',
        'note acr_values_unpublished',
      ],
    });
  });

  test.each<[name: string, metadata: object, code: string, diagnostic: string]>([
    [
      'M-01 an acr value outside acr_values_supported earns a warning',
      { acr_values_supported: ['1', '2'] },
      'acr_value_unknown',
      'warning | "mfa" is not offered | Give the string it stands for: --acr mfa=<an offered value>.',
    ],
    [
      'M-01 an empty acr_values_supported earns a warning',
      { acr_values_supported: [] },
      'acr_value_unknown',
      'warning | "mfa" is not offered | Configure it at the server.',
    ],
    [
      'acr values are escaped, and no more than twenty are shown',
      { acr_values_supported: ['\u001b[31mred', 7, ...Array(30).fill('x')] },
      'acr_values_published',
      `ok | offered are "\\u001b[31mred", 7, ${Array(18).fill('"x"').join(', ')} and 12 more`,
    ],
    [
      'PKCE without S256 earns a warning',
      { code_challenge_methods_supported: ['plain'] },
      'pkce_s256_missing',
      'warning | PKCE is supported, but not with S256 | Allow S256 at the server: clients need it.',
    ],
    [
      'scopes without openid earn a warning',
      { scopes_supported: ['profile'] },
      'openid_missing',
      'warning | scopes_supported has no openid: acr_values and max_age are parameters of OpenID Connect | ' +
        'Enable OpenID Connect at the server, for this realm or tenant.',
    ],
    [
      'metadata without jwks_uri is an error',
      { jwks_uri: undefined },
      'keys_unreadable',
      'error | the metadata has no https "jwks_uri" (http is accepted on loopback only) | ' +
        'Publish the keys, or configure "jwksUri" (--jwks-uri). No token can be verified without keys.',
    ],
    [
      'a jwks_uri that is not https is an error',
      { jwks_uri: 'http://as.example/jwks' },
      'keys_unreadable',
      'error | the metadata has no https "jwks_uri" (http is accepted on loopback only) | ' +
        'Publish the keys, or configure "jwksUri" (--jwks-uri). No token can be verified without keys.',
    ],
    [
      'a long jwks_uri that cannot be reached is cut off',
      { jwks_uri: `http://127.0.0.1:1/${'a'.repeat(500_000)}` },
      'keys_unreadable',
      `error | http://127.0.0.1:1/${'a'.repeat(181)}... cannot be reached | ` +
        'No token can be verified: check the address and the network.',
    ],
  ])('%s', async (_, metadata, code, diagnostic) => {
    publish(metadata);
    await expect(said(code, '--acr', 'mfa')).resolves.toEqual([diagnostic]);
  });

  test('acr values that nest too deeply are not shown', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    server.text(OIDC, `{"issuer":"${server.origin}","acr_values_supported":[${deep}]}`);
    await expect(said('acr_values_published')).resolves.toEqual(['ok | offered are a list that nests too deeply']);
  });

  test.each<[offered: string[], given: string, diagnostic: string]>([
    [['0', '1'], 'mfa=gold', 'acr_value_unknown: "mfa" means "gold": not offered'],
    [['0', '1'], 'gold', 'acr_value_unknown: "gold" is not offered'],
    [
      ['0', '1'],
      'mfa=1',
      'acr_value_default: "mfa" means "1", and any sign-in is enough, because the server has no levels',
    ],
    [['0', '1'], '1', 'acr_value_default: for "1" any sign-in is enough, because the server has no levels'],
  ])('SRV-4 a Keycloak without levels, which offers %s, leads to the steps: %s', async (offered, given, diagnostic) => {
    publish({ acr_values_supported: offered });
    const found = await diagnostics([server.origin, '--profile', 'keycloak', '--acr', given]);
    const { code, message, severity, fix } = found.at(-1)!;
    expect({ severity, said: `${code}: ${message}`, fix }).toEqual({
      severity: 'warning',
      said: diagnostic,
      fix:
        'Set up levels at the server. docs/authorization-servers.md has the steps, under "Keycloak". The first: Map the ' +
        'names of your authentication levels to numbers: realm settings, "ACR to Level of Authentication (LoA) Mapping".',
    });
  });

  test('SRV-4 a Keycloak with levels is judged by what it offers', async () => {
    publish({ acr_values_supported: ['gold', '1', '2'] });
    const keycloak = ['--profile', 'keycloak', '--acr'];
    await expect(said('acr_value_offered', ...keycloak, 'pwd=1')).resolves.toEqual(['ok | "pwd" means "1": offered']);
    await expect(said('acr_value_unknown', ...keycloak, 'mfa=golf')).resolves.toEqual([
      'warning | "mfa" means "golf": not offered | Give the string it stands for: --acr mfa=<an offered value>.',
    ]);
  });

  test('a word of which only a part is offered earns a warning', async () => {
    publish({ acr_values_supported: ['a'] });
    await expect(said('acr_value_unknown', '--acr', 'mfa=a b')).resolves.toEqual([
      'warning | "mfa" means "a", "b": offered, except "b" | ' +
        'Give the string it stands for: --acr mfa=<an offered value>.',
    ]);
  });

  test('acr values that are not published are known from the profile', async () => {
    publish({});
    const okta = ['--profile', 'okta'];
    await expect(said('acr_values_assumed', ...okta)).resolves.toEqual([
      `note | offered are ${profiles.okta.acrValues?.map((value) => `"${value}"`).join(', ')}, by the profile of Okta`,
    ]);
    await expect(said('acr_value_offered', ...okta, '--acr', 'phr')).resolves.toEqual(['ok | "phr" is offered']);
  });

  test('a misspelt acr value earns a warning that names the nearest one', async () => {
    publish({ acr_values_supported: ['urn:example:pwd', 7, 'urn:example:mfa'] });
    await expect(said('acr_value_unknown', '--acr', 'mfa=urn:exmaple:mfa')).resolves.toEqual([
      'warning | "mfa" means "urn:exmaple:mfa": not offered | Did you mean "urn:example:mfa"? If not, configure it ' +
        'at the ' +
        'server.',
    ]);
  });

  test.each<[given: string, diagnostic: string]>([
    ['urn:example:MFA', 'warning | "urn:example:MFA" is not offered | Did you mean "urn:example:mfa"?'],
    ['mfa=urn:example:MFA', 'warning | "mfa" means "urn:example:MFA": not offered | Did you mean "urn:example:mfa"?'],
    ['GOLD', 'warning | "GOLD" is not offered | Did you mean "gold"?'],
  ])(
    'field CL-17 an acr value in another case earns a warning that names the offered one: %s',
    async (given, sentence) => {
      publish({ acr_values_supported: ['urn:example:phr', 'urn:example:mfa', 'gold'] });
      await expect(said('acr_value_unknown', '--acr', given)).resolves.toEqual([
        `${sentence} If not, configure it at the server.`,
      ]);
    },
  );

  test('an acr value with an equals sign is not a word', async () => {
    publish({ acr_values_supported: ['urn:bankid:bid;LOA=4'] });
    await expect(said('acr_value_offered', '--acr', 'urn:bankid:bid;LOA=4')).resolves.toEqual([
      'ok | "urn:bankid:bid;LOA=4" is offered',
    ]);
  });

  const rsa = (modulusLength: number, members: object) => ({
    ...generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' }),
    ...members,
  });

  test.each<[what: string, document: unknown, expected: string[]]>([
    ['a list', [], ['error keys_unreadable ORIGIN/jwks is not a JSON object']],
    ['a document without a list of keys', { keys: 'none' }, ['error keys_unreadable ORIGIN/jwks has no list of keys']],
    ['an empty list of keys', { keys: [] }, ['error keys_unusable no key at ORIGIN/jwks can verify an access token']],
    [
      'a key for encryption, one only for signing and one that is null',
      { keys: [{ ...KEY, use: 'enc' }, { ...KEY, key_ops: ['sign'] }, null] },
      ['error keys_unusable no key at ORIGIN/jwks can verify an access token'],
    ],
    [
      'a short key and a symmetric one next to a good one',
      { keys: [KEY, rsa(1024, { kid: '\u001b]0;title' }), { kty: 'oct', k: 'c2VjcmV0' }] },
      [
        'ok keys_usable 1 key for ES256 at ORIGIN/jwks',
        'note key_unused the key "\\u001b]0;title" is too short or too long, or of a kind that cannot verify access tokens',
        'note key_unused the key without "kid" is too short or too long, or of a kind that cannot verify access tokens',
      ],
    ],
    [
      'more keys than an API looks at',
      { keys: [...Array(100).fill(KEY), ...Array(200_000).fill({})] },
      [
        'ok keys_usable 100 keys for ES256 at ORIGIN/jwks',
        'warning keys_too_many there are 200100 keys; the doctor and your API read the first 100',
      ],
    ],
    [
      'a key for several algorithms and one for an algorithm that is not accepted by default',
      { keys: [rsa(2048, { kid: 'a' }), rsa(2048, { kid: 'b', alg: 'RS512' })] },
      [
        'ok keys_usable 1 key for RS256, PS256 at ORIGIN/jwks',
        'note key_unused the key "b" is for RS512, which is not accepted by default',
      ],
    ],
  ])('the diagnostics about a key document: %s', async (_, document, expected) => {
    publish({});
    server.json('/jwks', document);
    const found = await diagnostics([server.origin]);
    expect(
      found
        .filter(({ code }) => code?.startsWith('key'))
        .map(({ severity, code, message }) => `${severity} ${code} ${message}`.replaceAll(server.origin, 'ORIGIN')),
    ).toEqual(expected);
  });
});
