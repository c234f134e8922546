import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { profiles } from '../../lib/authorization-servers/index.js';
import { SigningKey } from '../../lib/testing/signing-key.js';
import { JsonServer } from '../token/json-server.js';
import { type Around, diagnostics, nestjsStepUp } from './doctor.js';

const NOW = 1_800_000_000;
const API = 'https://api.example';

let server: TestAuthorizationServer;
let clock: jest.SpyInstance;
beforeEach(async () => {
  clock = jest.spyOn(Date, 'now').mockReturnValue(NOW * 1000);
  server = await createTestAuthorizationServer();
});
afterEach(async () => {
  clock.mockRestore();
  await server.close();
});

type TokenOptions = Parameters<TestAuthorizationServer['accessToken']>[0];

/** Returns the diagnostics of a token from standard input, one line each, with its fix. */
async function saidOf(token: string, options: readonly string[] = ['--audience', API]): Promise<string[]> {
  const found = await diagnostics([server.issuer, '--token', '-', ...options], { stdin: token });
  return found
    .filter(({ subject }) => subject === 'access_token')
    .map(({ code, severity, message, fix }) =>
      [`${severity} ${code}: ${message}`, ...(fix === undefined ? [] : [fix])].join(' | '),
    );
}

const ACCEPTED = 'ok token_accepted: accepted: typ "at+jwt", signed with "ES256", for "https://api.example"';
const ACR = 'ok acr_present: acr "urn:example:mfa"';
const AUTH_TIME = 'ok auth_time_present: auth_time 2027-01-15T08:00:00Z, 0 s ago';

describe('how the token gets here', () => {
  const withToken = async (around: Around, ...options: string[]) => {
    const { exitCode, stdout, stderr } = await nestjsStepUp(['doctor', server.issuer, '--json', ...options], around);
    const codes = JSON.parse(stdout).diagnostics.map(({ code }: Record<string, string>) => code);
    return { exitCode, stderr, isExamined: codes.includes('token_accepted') };
  };

  test.each<[how: string, around: (token: string) => Around]>([
    ['alone', (token) => ({ stdin: token })],
    ['with a line end behind it', (token) => ({ stdin: `${token}\r\n` })],
    ['with its scheme before it', (token) => ({ stdin: `Bearer ${token}` })],
  ])('the token is read from standard input %s', async (_, around) => {
    const given = around(await server.accessToken({ acr: 'urn:example:mfa' }));
    await expect(withToken(given, '--token', '-')).resolves.toEqual({ exitCode: 0, stderr: '', isExamined: true });
  });

  test('the token is read from the variable STEP_UP_TOKEN', async () => {
    const env = { STEP_UP_TOKEN: await server.accessToken({ acr: 'urn:example:mfa' }) };
    await expect(withToken({ env })).resolves.toEqual({ exitCode: 0, stderr: '', isExamined: true });
    await expect(withToken({ env: { STEP_UP_TOKEN: '' } })).resolves.toMatchObject({ isExamined: false });
  });

  test('a file with the token comes before the variable', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nestjs-step-up-'));
    try {
      await writeFile(join(folder, 'token'), await server.accessToken({ acr: 'urn:example:mfa' }));
      const env = { STEP_UP_TOKEN: 'opaque' };
      await expect(withToken({ env }, '--token', join(folder, 'token'))).resolves.toEqual({
        exitCode: 0,
        stderr: '',
        isExamined: true,
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test.each<[what: string, text: string, sentence: string]>([
    ['a text of two tokens', 'one two', '"--token" must have one access token and nothing else'],
    ['a text that is too long', 'x'.repeat(70_000), '"--token" is too long for an access token'],
  ])('%s is refused, from standard input and from a file', async (_, text, sentence) => {
    const refused = { exitCode: 2, stdout: '', stderr: `nestjs-step-up: ${sentence} (--help shows the options)\n` };
    const examine = (from: string) => nestjsStepUp(['doctor', server.issuer, '--token', from], { stdin: text });
    await expect(examine('-')).resolves.toEqual(refused);
    const folder = await mkdtemp(join(tmpdir(), 'nestjs-step-up-'));
    try {
      await writeFile(join(folder, 'token'), text);
      await expect(examine(join(folder, 'token'))).resolves.toEqual(refused);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

test('the doctor prints the whole table of a token that is good enough', async () => {
  const token = await server.accessToken({ acr: 'urn:example:mfa', authTime: NOW - 34 });
  const { exitCode, stdout, stderr } = await nestjsStepUp(
    ['doctor', server.issuer, '--token', '-', '--audience', API, '--acr', 'mfa=urn:example:mfa', '--max-age', '300'],
    { stdin: token },
  );
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout.slice(stdout.indexOf('Access token'))).toBe(`Access token
  ok  token_accepted              accepted: typ "at+jwt", signed with "ES256", for "https://api.example"
  ok  acr_present                 acr "urn:example:mfa"
  ok  auth_time_present           auth_time 2027-01-15T07:59:26Z, 34 s ago
  ok  requirements_met            enough for acr "urn:example:mfa" and a sign-in within the last 300 s

1 note.
`);
});

test('without --audience the audience of the token is shown', async () => {
  const token = await server.accessToken({ acr: 'urn:example:mfa', claims: { aud: [API, 'https://other.example'] } });
  await expect(saidOf(token, [])).resolves.toEqual([
    'ok token_accepted: accepted: typ "at+jwt", signed with "ES256", for "https://api.example", ' +
      '"https://other.example"',
    'note audience_unchecked: it is for the audience "https://api.example", "https://other.example" | ' +
      'Give the identifier of your API by --audience to have it compared.',
    ACR,
    AUTH_TIME,
  ]);
});

describe('what the token tells of the authentication', () => {
  const SECONDS = 'Have the server issue seconds. Until then no maxAge is ever met.';
  const NUMBER =
    'It must be a JSON number of seconds: have the server issue one, or give a --profile that reads this form.';
  const NTP = 'Set the clocks of the server and of this machine by NTP.';
  const TEXT = 'Have the server issue a string, or give a --profile that reads this form.';

  test.each<[what: string, options: TokenOptions, expected: string]>([
    [
      'RS-43 an absent acr',
      {},
      'acr_missing: no acr in the access token | Have the server put acr into access tokens (by a scope, a claim ' +
        'mapping or a script), or configure "introspection" if the server returns it there.',
    ],
    ['RS-42 an acr that is a number', { acr: 2 }, `acr_unusable: acr is of type number: 2 | ${TEXT}`],
    [
      'RS-42 an acr that is a list',
      { claims: { acr: ['mfa', 'pwd'] } },
      `acr_unusable: acr is a list: ["mfa","pwd"] | ${TEXT}`,
    ],
    [
      'RS-42 an acr of type object',
      { claims: { acr: { level: 2 } } },
      `acr_unusable: acr is of type object: an object | ${TEXT}`,
    ],
  ])('%s is a warning, and an error if an acr is required', async (_, options, expected) => {
    const token = await server.accessToken(options);
    await expect(saidOf(token)).resolves.toEqual([ACCEPTED, `warning ${expected}`, AUTH_TIME]);
    const [, acr, , requirements] = await saidOf(token, ['--audience', API, '--acr', 'mfa']);
    expect(acr).toBe(`error ${expected}`);
    expect(requirements).toBe(
      'error requirements_unmet: not enough for acr "mfa": it has no acr | Your API would respond with a step-up ' +
        'challenge. Try whether --login obtains a better token.',
    );
  });

  test('RS-44 the acr "0" earns a note', async () => {
    await expect(saidOf(await server.accessToken({ acr: '0' }))).resolves.toEqual([
      ACCEPTED,
      'note acr_zero: acr "0": the user reached no level | Never require "0". Some servers issue it if a user ' +
        'returns by a cookie.',
      AUTH_TIME,
    ]);
  });

  test('an acr that would move the cursor is escaped', async () => {
    const [, acr] = await saidOf(await server.accessToken({ acr: '\u001b[2J\r\u009b\u202e"' }));
    expect(acr).toBe('ok acr_present: acr "\\u001b[2J\\r\\u009b\\u202e\\""');
  });

  test.each<[what: string, authTime: unknown, expected: string, reason: string]>([
    [
      'RS-50 an absent auth_time',
      null,
      'auth_time_missing: no auth_time in the access token | Have the server put auth_time into access tokens, or ' +
        'configure "introspection" if the server returns it there. Until then no maxAge is ever met.',
      'no auth_time',
    ],
    [
      'RS-49 an auth_time in milliseconds',
      NOW * 1000,
      `auth_time_in_milliseconds: auth_time is ${NOW * 1000}, which looks like milliseconds | ${SECONDS}`,
      'an auth_time that is not a number of seconds',
    ],
    [
      'RS-51 an auth_time that is a string',
      `${NOW}`,
      `auth_time_not_a_number: auth_time is "${NOW}", which is not a number | ${NUMBER}`,
      'an auth_time that is not a number of seconds',
    ],
    [
      'an auth_time that is a list',
      [NOW],
      `auth_time_not_a_number: auth_time is [${NOW}], which is not a number | ${NUMBER}`,
      'an auth_time that is not a number of seconds',
    ],
    [
      'a negative auth_time',
      -1,
      'auth_time_negative: auth_time is -1 | Have the server issue seconds.',
      'an auth_time that is not a number of seconds',
    ],
    [
      'RS-48 an auth_time in the future',
      NOW + 3600,
      `auth_time_in_future: auth_time 2027-01-15T09:00:00Z is 3600 s in the future | ${NTP}`,
      'an auth_time in the future',
    ],
  ])('%s is a warning, and an error if a maximum age is required', async (_, authTime, expected, reason) => {
    const token = await server.accessToken({ acr: 'urn:example:mfa', claims: { auth_time: authTime } });
    await expect(saidOf(token)).resolves.toEqual([ACCEPTED, ACR, `warning ${expected}`]);
    await expect(saidOf(token, ['--audience', API, '--max-age', '0'])).resolves.toEqual([
      ACCEPTED,
      ACR,
      `error ${expected}`,
      `error requirements_unmet: not enough for a sign-in within the last 0 s: it has ${reason} | Your API would ` +
        `respond with a step-up challenge.${authTime === null ? '' : ' Try whether --login obtains a better token.'}`,
    ]);
  });

  test('both another acr and too old a sign-in are named', async () => {
    const token = await server.accessToken({ acr: 'urn:example:pwd', authTime: NOW - 400 });
    const [, , , requirements] = await saidOf(token, [
      '--audience',
      API,
      '--acr',
      'a',
      '--acr',
      'b',
      '--max-age',
      '300',
    ]);
    expect(requirements).toBe(
      'error requirements_unmet: not enough for acr one of "a", "b" and a sign-in within the last 300 s: it has ' +
        'another acr, ' +
        'a sign-in that is too old | Your API would respond with a step-up challenge. Try whether --login obtains a ' +
        'better token.',
    );
  });
});

describe('what a profile changes', () => {
  test.each<[name: string, profile: string, options: TokenOptions, found: string[]]>([
    [
      'a profile says the type of the token and the names of its claims',
      'keycloak',
      { acr: '1', header: { typ: 'JWT' }, claims: { typ: 'Bearer', client_id: undefined, azp: 'page' } },
      ['ok token_accepted', 'ok acr_present', 'ok auth_time_present'],
    ],
    [
      'a profile says that acr is a list',
      'entra',
      { header: { typ: 'JWT' }, claims: { azp: 'page', ver: '2.0', jti: undefined, acrs: ['c1', 'c2'] } },
      ['ok token_accepted', 'ok acr_present', 'ok auth_time_present'],
    ],
    [
      'a profile names what an administrator has to do if the token says too little',
      'keycloak',
      { acr: '1', authTime: null, header: { typ: 'JWT' }, claims: { typ: 'Bearer', azp: 'page' } },
      ['ok token_accepted', 'ok acr_present', 'warning auth_time_missing', 'note profile_documented'],
    ],
  ])('%s', async (_, profile, options, found) => {
    const said = await saidOf(await server.accessToken(options), ['--audience', API, '--profile', profile]);
    expect(said.map((line) => line.split(':')[0])).toEqual(found);
  });

  test.each<[how: string, acrClaim: string, authTimeClaim: string]>([
    ['by their names', 'https://api.example/acr', 'https://api.example/auth_time'],
    ['by the way to nested ones', '["ext","acr"]', '["ext","auth_time"]'],
  ])('claims with names of the application are read %s', async (_, acrClaim, authTimeClaim) => {
    const claims = {
      'https://api.example/acr': 'urn:example:mfa',
      'https://api.example/auth_time': NOW,
      ext: { acr: 'urn:example:mfa', auth_time: NOW },
    };
    const token = await server.accessToken({ authTime: null, claims });
    const options = ['--audience', API, '--profile', 'auth0', '--acr-claim', acrClaim];
    await expect(saidOf(token, [...options, '--auth-time-claim', authTimeClaim])).resolves.toEqual([
      ACCEPTED,
      ACR,
      AUTH_TIME,
    ]);
  });

  test.each<[what: string, profile: string, claims: Record<string, unknown>, said: string[]]>([
    [
      'methods that tell a string',
      'authentik',
      { azp: 'page', uid: 'u', acr: 'goauthentik.io/providers/oauth2/default', amr: ['pwd', 'mfa'] },
      ['ok acr_present: amr "mfa"', 'ok auth_time_present: auth_time 2027-01-15T08:00:00Z, 0 s ago'],
    ],
    [
      'methods that tell none',
      'authentik',
      { azp: 'page', uid: 'u', acr: 'goauthentik.io/providers/oauth2/default', amr: ['pwd'] },
      [
        'note acr_zero: amr tells none of "mfa", "sc": the user reached no level',
        'ok auth_time_present: auth_time 2027-01-15T08:00:00Z, 0 s ago',
      ],
    ],
    [
      'a time that is a text',
      'adfs',
      { appid: 'page', ver: '1.0', acr: 'x', auth_time: '2027-01-15T07:59:00.000Z' },
      ['ok acr_present: acr "x"', 'ok auth_time_present: auth_time 2027-01-15T07:59:00Z, 60 s ago'],
    ],
    [
      'a time that is no text of the profile',
      'adfs',
      { appid: 'page', ver: '1.0', acr: 'x', auth_time: NOW },
      [
        'ok acr_present: acr "x"',
        'warning auth_time_not_a_number: auth_time is 1800000000, which is not a time in the format "rfc3339" | Give a profile by ' +
          '--config whose "authTimeFormat" is how the server writes it.',
      ],
    ],
  ])('RS-57 RS-58 %s: read as the profile says', async (_, profile, claims, expected) => {
    const token = await server.accessToken({ header: { typ: 'JWT' }, claims });
    const said = await saidOf(token, ['--audience', API, '--profile', profile]);
    expect(said.slice(1, 3)).toEqual(expected);
  });

  test('field RS-15 a token without aud is told which scope it needs', async () => {
    const options = { header: { typ: undefined }, claims: { aud: undefined, token_use: 'access', scope: 'openid' } };
    const said = await saidOf(await server.accessToken(options), ['--audience', API, '--profile', 'cognito']);
    expect(said[0]).toContain(
      'It has no audience, and no scope of your API, which is one of --audience, a slash and a name: have the client ask for one.',
    );
  });

  test('each profile has a section in the documentation', () => {
    const page = readFileSync(join(__dirname, '../../docs/authorization-servers.md'), 'utf8');
    const sections = [...page.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    expect(sections).toEqual(expect.arrayContaining(Object.values(profiles).map(({ title }) => title)));
  });

  test('a note says which section of the documentation to read', async () => {
    const token = await server.accessToken({ authTime: null, header: { typ: 'JWT' }, claims: { typ: 'Bearer' } });
    const said = await saidOf(token, ['--audience', API, '--profile', 'keycloak']);
    expect(said.at(-1)).toBe(
      'note profile_documented: docs/authorization-servers.md has the steps for an administrator of Keycloak | Read ' +
        '"Keycloak" ' +
        'there. Give claims under your own names by --acr-claim and --auth-time-claim.',
    );
  });

  test('an unknown profile is refused, and all profiles are listed', async () => {
    const { exitCode, stderr } = await nestjsStepUp(['doctor', server.issuer, '--profile', 'keycloack']);
    expect(exitCode).toBe(2);
    expect(stderr).toBe(
      'nestjs-step-up: "--profile" must be one of keycloak, okta, auth0, entra, duende, logto, oidcProvider, hydra, ' +
        'supabase, pingone, pingfederate, pingam, cognito, adfs, spring, zitadel, authentik, wso2, fusionauth, authelia, lemonldap, djangoOauthToolkit (--help shows the options)\n',
    );
  });
});

test('a token without a user earns a warning', async () => {
  const token = await server.accessToken({ authTime: null, subject: 'batch', clientId: 'batch' });
  const [, machine] = await saidOf(token);
  expect(machine).toBe(
    'warning user_missing: the client obtained this token for itself: it has no user | Give a token for which a user ' +
      'signed in. A client cannot step up without a user.',
  );
});

describe('a token that would be refused', () => {
  const CLAIM = 'RFC 9068 §2.2 requires it. If the server leaves it out, give its --profile.';

  test.each<[what: string, options: TokenOptions, message: string, fix: string]>([
    [
      'RS-60 a token of typ JWT',
      { header: { typ: 'JWT' } },
      'The token is not marked as an access token (typ at+jwt)',
      'Its typ is "JWT": have the server issue at+jwt (RFC 9068), or give its --profile, or a profile of your own by ' +
        '--config.',
    ],
    [
      'RS-62 a token without typ',
      { header: { typ: undefined } },
      'The token is not marked as an access token (typ at+jwt)',
      'Its typ is missing: have the server issue at+jwt (RFC 9068), or give its --profile, or a profile of your own ' +
        'by --config.',
    ],
    [
      'RS-67 an ID token',
      { header: { typ: 'JWT' }, claims: { nonce: 'n' } },
      'The token is not marked as an access token (typ at+jwt)',
      'This seems to be an ID token. Call APIs with the access token.',
    ],
    [
      'RS-63 a token of another issuer',
      { claims: { iss: 'https://other.example' } },
      'The issuer of the access token is not known',
      'It names the issuer "https://other.example": give that one, exactly as it is written there.',
    ],
    [
      'RS-64 a token for another audience',
      { claims: { aud: 'https://other.example' } },
      'The access token is for another audience',
      'It is for "https://other.example". If that is your API, give it by --audience. If not, have the server issue ' +
        'tokens for yours, by a resource indicator or an audience mapping.',
    ],
    [
      'RS-64 a token without audience',
      { claims: { aud: undefined } },
      'The access token is for another audience',
      'It has no audience: have the server issue tokens for your API, by a resource indicator or an audience mapping.',
    ],
    ['RS-66 an expired token', { expiresIn: -60 }, 'The access token has expired', 'Get a new one.'],
    [
      'RS-70 a token without exp',
      { claims: { exp: undefined } },
      'The access token does not say when it expires',
      'RFC 9068 §2.2 requires it: have the server put exp into access tokens.',
    ],
    [
      'a token that is not valid yet',
      { claims: { nbf: NOW + 60 } },
      'The access token is not valid yet',
      'Set the clocks of the server and of this machine by NTP.',
    ],
    [
      'a token that is issued in the future',
      { claims: { iat: NOW + 60 } },
      'The access token is issued in the future; check the clocks',
      'Set the clocks of the server and of this machine by NTP.',
    ],
    [
      'RS-70 a token without sub',
      { claims: { sub: undefined } },
      'The access token has no subject',
      'RFC 9068 §2.2 requires it, and no profile can leave it out: have the server put sub into access tokens. ' +
        'Or have the API ask for it, as lightweight tokens of Keycloak need: --introspect shows whether the server tells it.',
    ],
    ['RS-70 a token without client_id', { claims: { client_id: undefined } }, 'The access token has no client', CLAIM],
    ['RS-70 a token without jti', { claims: { jti: undefined } }, 'The access token has no identifier', CLAIM],
    [
      'RS-70 a token without iat',
      { claims: { iat: undefined } },
      'The access token does not say when it was issued',
      CLAIM,
    ],
    [
      'a token that is bound to a key',
      { claims: { cnf: { jkt: 'x' } } },
      'The access token is bound to a key, and no proof of possession is accepted here',
      'Set "boundTokens" of the server in the options of the API, and give them by --config, or have the server issue bearer ' +
        'tokens for this API, without a bound key (cnf).',
    ],
    [
      'RS-65 a token of an unknown key',
      { header: { kid: 'other' } },
      'The key of the access token is not known',
      'The server publishes no key "other": is the token from another environment?',
    ],
  ])('%s is reported as refused, with what to do', async (_, options, message, fix) => {
    const token = await server.accessToken({ acr: 'urn:example:mfa', ...options });
    await expect(saidOf(token)).resolves.toEqual([`error token_refused: refused: ${message} | ${fix}`, ACR, AUTH_TIME]);
  });

  test('RS-62 the profile that fits the issuer is named for a token of typ JWT', async () => {
    const keycloak = await new JsonServer().listen();
    const issuer = `${keycloak.origin}/realms/bank`;
    const key = new SigningKey('ES256');
    keycloak.json('/realms/bank/.well-known/openid-configuration', { issuer, jwks_uri: `${keycloak.origin}/jwks` });
    keycloak.json('/jwks', { keys: [key.jwk] });
    const claims = { iss: issuer, aud: API, sub: 'alice', client_id: 'page', jti: '1', iat: NOW, exp: NOW + 300 };
    const token = await key.sign({ ...claims, acr: '1', auth_time: NOW }, { typ: 'JWT' });
    const found = await diagnostics([issuer, '--token', '-', '--audience', API], { stdin: token });
    await keycloak.close();
    expect(found.find(({ code }) => code === 'token_refused')?.['fix']).toBe(
      'Its typ is "JWT": have the server issue at+jwt (RFC 9068), or give --profile keycloak.',
    );
  });

  test('a refused token is not compared with requirements', async () => {
    const token = await server.accessToken({ acr: 'urn:example:mfa', expiresIn: -60 });
    await expect(saidOf(token, ['--audience', API, '--acr', 'urn:example:mfa', '--max-age', '300'])).resolves.toEqual([
      'error token_refused: refused: The access token has expired | Get a new one.',
      ACR,
      AUTH_TIME,
    ]);
  });

  test('RS-67 an ID token of Keycloak is not taken for a token of another audience', async () => {
    const claims = { aud: 'page', typ: 'ID', azp: 'page', at_hash: 'x' };
    const token = await server.accessToken({ acr: '1', header: { typ: 'JWT' }, claims });
    const [refusal] = await saidOf(token, ['--audience', API, '--profile', 'keycloak']);
    expect(refusal).toMatch(/ \| This seems to be an ID token\. Call APIs with the access token\.$/);
  });

  test('RS-65 a token of an algorithm that is not allowed is refused, and the allowed ones are listed', async () => {
    const [, payload] = (await server.accessToken({ acr: 'urn:example:mfa' })).split('.');
    const header = Buffer.from('{"alg":"HS256","typ":"at+jwt"}').toString('base64url');
    const [refusal] = await saidOf(`${header}.${payload}.c2ln`);
    expect(refusal).toBe(
      'error token_refused: refused: The access token is signed with an algorithm that is not allowed | It is signed ' +
        'with "HS256": have the server use one of RS256, PS256, ES256, ES384, ES512, EdDSA, Ed25519.',
    );
  });

  test('RS-65 a token with the signature of another token is refused', async () => {
    const [header, payload] = (await server.accessToken({ acr: 'urn:example:mfa' })).split('.');
    const [, , signature] = (await server.accessToken({ acr: 'urn:example:mfa' })).split('.');
    const [refusal] = await saidOf(`${header}.${payload}.${signature}`);
    expect(refusal).toBe(
      'error token_refused: refused: The signature of the access token is not valid | It was changed or cut off, or ' +
        'another party signed it.',
    );
  });

  test('a token is reported as unverified if the keys cannot be read', async () => {
    const token = await server.accessToken({ acr: 'urn:example:mfa' });
    const fetched = jest.spyOn(globalThis, 'fetch').mockImplementation(async (url) => {
      if (`${url}`.endsWith('/jwks')) return new Response('', { status: 500 });
      return Response.json({ issuer: server.issuer, jwks_uri: server.jwksUri });
    });
    const found = await diagnostics([server.issuer, '--token', '-', '--audience', API], { stdin: token });
    fetched.mockRestore();
    expect(
      found.filter(({ severity }) => severity === 'error').map(({ code, message }) => `${code}: ${message}`),
    ).toEqual([
      `keys_unreadable: ${server.jwksUri} is answered with status 500`,
      'token_unverified: its key cannot be read',
    ]);
  });
});

describe('several lacks of one token', () => {
  const refused = (lines: string[]) => lines.filter((line) => line.startsWith('error token_refused'));

  test('SRV-7 every lack of a token is reported in one run', async () => {
    const claims = { aud: 'page', client_id: undefined, jti: undefined, exp: NOW - 60 };
    const token = await server.accessToken({ acr: 'urn:example:mfa', header: { typ: undefined }, claims });
    const requires = 'RFC 9068 §2.2 requires it. If the server leaves it out, give its --profile.';
    expect(refused(await saidOf(token))).toEqual([
      'error token_refused: refused: The token is not marked as an access token (typ at+jwt) | Its typ is missing: have ' +
        'the server issue at+jwt (RFC 9068), or give its --profile, or a profile of your own by --config.',
      'error token_refused: refused: The access token is for another audience | It is for "page". If that is your ' +
        'API, give it by --audience. If not, have the server issue tokens for yours, by a resource indicator or an ' +
        'audience mapping.',
      'error token_refused: refused: The access token has expired | Get a new one.',
      `error token_refused: refused: The access token has no client | ${requires}`,
      `error token_refused: refused: The access token has no identifier | ${requires}`,
    ]);
  });

  test('SRV-5 what a lightweight token of Keycloak lacks is reported, and that introspection may tell it', async () => {
    const claims = { typ: 'Bearer', azp: 'page', client_id: undefined, sub: undefined, aud: undefined };
    const token = await server.accessToken({ authTime: null, header: { typ: 'JWT' }, claims });
    expect(refused(await saidOf(token, ['--audience', API, '--profile', 'keycloak']))).toEqual([
      'error token_refused: refused: The access token is for another audience | It has no audience: have the ' +
        'server issue tokens for your API, by a resource indicator or an audience mapping.',
      'error token_refused: refused: The access token has no subject | RFC 9068 §2.2 requires it, and no profile can ' +
        'leave it out: have the server put sub into access tokens. Or have the API ask for it, as lightweight tokens of ' +
        'Keycloak need: --introspect shows whether the server tells it.',
    ]);
  });

  test('a signature that does not hold is reported next to what the claims lack', async () => {
    const [header, payload] = (await server.accessToken({ claims: { jti: undefined } })).split('.');
    const [, , signature] = (await server.accessToken({})).split('.');
    const messages = refused(await saidOf(`${header}.${payload}.${signature}`)).map((line) => line.split(' | ')[0]);
    expect(messages).toEqual([
      'error token_refused: refused: The signature of the access token is not valid',
      'error token_refused: refused: The access token has no identifier',
    ]);
  });
});

describe('a token that a given profile refuses', () => {
  const MARKS = 'error token_refused: refused: The claims of the token are not those of an access token';
  const ENTRA = { azp: 'page', ver: '2.0', client_id: undefined, jti: undefined };
  const KEYCLOAK = { azp: 'page', typ: 'Bearer', client_id: undefined };

  test.each<[what: string, profile: string, typ: string, claims: Record<string, unknown>, expected: string[]]>([
    [
      'a token of Entra of version 1.0 lacks what version 2.0 has',
      'entra',
      'JWT',
      { ...ENTRA, ver: '1.0', azp: undefined, appid: 'page' },
      [
        `${MARKS}: it has no "azp" | By the profile of Microsoft Entra ID only access tokens have "azp". If this is ` +
          'one, have the server put it there.',
        `${MARKS}: "ver" is "1.0" and not "2.0" | By the profile of Microsoft Entra ID only access tokens have "ver" ` +
          '"2.0". If this is one, have the server put it there.',
      ],
    ],
    [
      'a token of Keycloak has no claim "typ"',
      'keycloak',
      'JWT',
      { ...KEYCLOAK, typ: undefined },
      [
        `${MARKS}: it has no "typ" of "Bearer" | By the profile of Keycloak only access tokens have "typ" "Bearer". If ` +
          'this is one, have the server put it there.',
      ],
    ],
    [
      'a refresh token of Keycloak says so',
      'keycloak',
      'JWT',
      { ...KEYCLOAK, typ: 'Refresh', aud: 'https://keycloak.example', sub: undefined },
      [
        `${MARKS}: "typ" is "Refresh" and not "Bearer" | This seems to be a refresh token. Call APIs with the access token.`,
      ],
    ],
    [
      'a logout token of Keycloak says so',
      'keycloak',
      'JWT',
      { ...KEYCLOAK, typ: 'Logout' },
      [
        `${MARKS}: "typ" is "Logout" and not "Bearer" | This seems to be a logout token. Call APIs with the access token.`,
      ],
    ],
    [
      'a claim of another kind of token is named without its value',
      'hydra',
      'JWT',
      { events: { secret: 'not shown' } },
      [`${MARKS}: it has "events" | By the profile of Ory Hydra access tokens never have "events".`],
    ],
    [
      'another typ than those of the profile',
      'entra',
      'at+jwt',
      ENTRA,
      [
        'error token_refused: refused: The token is not marked as an access token (typ at+jwt) | Its typ is "at+jwt", and ' +
          'the profile of Microsoft Entra ID accepts "jwt": is the token of such a server?',
      ],
    ],
    [
      'a claim that the profile does not leave out',
      'keycloak',
      'JWT',
      { ...KEYCLOAK, azp: undefined, jti: undefined },
      [
        'error token_refused: refused: The access token has no client | RFC 9068 §2.2 requires "azp", and the profile ' +
          'of Keycloak does not leave it out: have the server put it into access tokens, or give a profile with ' +
          '"absentClaims" by --config.',
        'error token_refused: refused: The access token has no identifier | RFC 9068 §2.2 requires "jti", and the profile ' +
          'of Keycloak does not leave it out: have the server put it into access tokens, or give a profile with ' +
          '"absentClaims" by --config.',
      ],
    ],
  ])(
    'field RS-18 a token that a given profile refuses is explained by that profile: %s',
    async (_, profile, typ, claims, expected) => {
      const token = await server.accessToken({ acr: '1', header: { typ }, claims });
      const said = await saidOf(token, ['--audience', API, '--profile', profile]);
      expect(said.filter((line) => line.startsWith('error token_refused'))).toEqual(expected);
      expect(said.join()).not.toContain('--profile');
      expect(said.at(-1)).toMatch(/^note profile_documented: /);
    },
  );
});

describe('what holds a token and is none', () => {
  const RESPONSE = { access_token: '2YotnFZFEjr1zCsicMWpAA', token_type: 'Bearer', expires_in: 3600 };
  const QUOTED = 'error token_quoted: the access token is in quotes | Give it without them: no token has quotes.';
  const WHOLE =
    'error token_response_given: this is a whole token response, and not the access token | Give the value of its ' +
    'member access_token alone.';

  test.each<[what: string, text: string, expected: string]>([
    ['an opaque token in quotes', '"2YotnFZFEjr1zCsicMWpAA"', QUOTED],
    ['a JWT in single quotes', "'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln'", QUOTED],
    ['a token with its scheme in quotes', '"Bearer 2YotnFZFEjr1zCsicMWpAA"', QUOTED],
    ['a token of which one quote was copied', '2YotnFZFEjr1zCsicMWpAA"', QUOTED],
    ['a whole response', JSON.stringify(RESPONSE), WHOLE],
    ['a whole response over several lines', JSON.stringify(RESPONSE, null, 2), WHOLE],
    [
      'a response without a token',
      '{"error": "invalid_grant"}',
      'error token_response_given: this is a JSON object without access_token, and not an access token | Give the value ' +
        'of access_token in a token response.',
    ],
  ])('field CL-17 what holds a token is named for what it is: %s', async (_, text, expected) => {
    await expect(saidOf(text)).resolves.toEqual([expected]);
  });
});

describe('a token that says nothing by itself', () => {
  test.each<[what: string, token: string, expected: string]>([
    [
      'an opaque token',
      '2YotnFZFEjr1zCsicMWpAA',
      'warning token_opaque: the access token is opaque: only the server can read it | Ask the server by ' +
        '--introspect, and configure "introspection" if it returns enough. Or have the server issue JWT access ' +
        'tokens (RFC 9068) for this API.',
    ],
    [
      'an encrypted token',
      'a.b.c.d.e',
      'error token_encrypted: the access token is encrypted | Have the server issue signed, unencrypted access ' +
        'tokens ' +
        'for this API.',
    ],
    [
      'a token that is cut off',
      'eyJhbGciOiJFUzI1NiJ9.eyJ.c2ln',
      'error token_refused: refused: The access token is not a readable JWT | Copy the whole token, and nothing else.',
    ],
  ])('%s is reported, and nothing else', async (_, token, expected) => {
    await expect(saidOf(token)).resolves.toEqual([expected]);
  });
});

test('neither the token nor its user is printed', async () => {
  const secret = 'not-to-be-shown';
  const options = {
    acr: 'urn:example:mfa',
    subject: secret,
    claims: { email: secret, jti: secret, client_id: secret },
  };
  const token = await server.accessToken(options);
  for (const format of [[], ['--json']]) {
    for (const audience of [API, 'https://other.example']) {
      const args = ['doctor', server.issuer, '--token', '-', '--audience', audience, ...format];
      const { stdout, stderr } = await nestjsStepUp(args, { stdin: token });
      const printed = stdout + stderr;
      expect(printed).toContain('urn:example:mfa');
      for (const part of [secret, ...token.split('.')]) expect(printed).not.toContain(part);
    }
  }
});
