import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { type Around, diagnostics, nestjsStepUp } from './doctor.js';

const NOW = 1_800_000_000;
const API = 'https://api.example';

type TokenOptions = Parameters<TestAuthorizationServer['accessToken']>[0];
type Response = Record<string, unknown>;

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

/** An endpoint of its own, as Ory Hydra has one, with the requests that came. */
async function endpointThat(
  respond: (request: IncomingMessage, body: URLSearchParams, response: ServerResponse) => void,
) {
  const endpoint = createServer(async (request, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    respond(request, new URLSearchParams(Buffer.concat(chunks).toString()), response);
  });
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/introspect`,
    close: () => new Promise((resolve) => endpoint.close(resolve)),
  };
}

const credentials = () => [
  '--introspection-client-id',
  server.introspection.clientId,
  '--introspection-secret-env',
  'SECRET',
];

/** Returns the diagnostics of a token and of what the server says of it, one line each, with its fix. */
async function saidOf(
  token: string,
  options: readonly string[] = credentials(),
  around: Around = {},
): Promise<string[]> {
  const args = [server.issuer, '--token', '-', '--audience', API, '--introspect', ...options];
  const env = { SECRET: server.introspection.clientSecret };
  const found = await diagnostics(args, { stdin: token, env, ...around });
  return found
    .filter(({ subject }) => subject !== 'metadata')
    .map(({ subject, code, severity, message, fix }) =>
      [`${subject}: ${severity} ${code}: ${message}`, ...(fix === undefined ? [] : [fix])].join(' | '),
    );
}

/** The diagnostics of an opaque token, of which the server says this. */
async function saidOfResponse(response: Response, options: readonly string[] = []): Promise<string[]> {
  const endpoint = await endpointThat((_, __, answer) => answer.end(JSON.stringify(response)));
  const lines = await saidOf('2YotnFZFEjr1zCsicMWpAA', [
    ...credentials(),
    '--introspection-endpoint',
    endpoint.url,
    ...options,
  ]);
  await endpoint.close();
  return lines;
}

const OPAQUE = 'access_token: ok token_opaque: the access token is opaque: the server is asked about it';
const CLAIMS = '"token_type", "iss", "aud", "sub", "client_id", "scope", "jti", "iat", "exp"';

describe('an opaque token', () => {
  test('the doctor prints the whole table of a token that introspection accepts', async () => {
    const token = server.opaqueToken({ acr: 'urn:example:mfa', authTime: NOW - 34 });
    const { exitCode, stdout, stderr } = await nestjsStepUp(
      [
        'doctor',
        server.issuer,
        '--token',
        '-',
        '--audience',
        API,
        '--introspect',
        ...credentials(),
        '--acr',
        'mfa=urn:example:mfa',
        '--max-age',
        '300',
      ],
      { stdin: token, env: { SECRET: server.introspection.clientSecret } },
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.slice(stdout.indexOf('Access token'))).toBe(`Access token
  ok  token_opaque                the access token is opaque: the server is asked about it

Introspection
  ok  introspection_active        active, with "token_type", "iss", "aud", "sub", "client_id", "scope", "jti",
                                  "iat", "exp", "acr", "auth_time"
  ok  token_accepted              accepted: for "https://api.example", and token_type "Bearer" says that it is
                                  an access token
  ok  acr_present                 acr "urn:example:mfa", by introspection
  ok  auth_time_present           auth_time 2027-01-15T07:59:26Z, 34 s ago, by introspection
  ok  introspection_needed        configure introspection.when: 'opaque', the default: an API then asks about
                                  such tokens
  ok  requirements_met            enough for acr "urn:example:mfa" and a sign-in within the last 300 s

1 note.
`);
  });

  test('SRV-7 what introspection does not return is reported', async () => {
    const said = await saidOf(server.opaqueToken({ authTime: null }), [
      ...credentials(),
      '--acr',
      'mfa',
      '--max-age',
      '9',
    ]);
    expect(said).toEqual([
      OPAQUE,
      `introspection: ok introspection_active: active, with ${CLAIMS}`,
      'introspection: ok token_accepted: accepted: for "https://api.example", and token_type "Bearer" says that it is an ' +
        'access token',
      'introspection: error acr_missing: no acr in the introspection response | Have the server return acr by ' +
        'introspection, next to active.',
      'introspection: error auth_time_missing: no auth_time in the introspection response | Have the server return ' +
        'auth_time by introspection, next to active. Until then no maxAge is ever met.',
      "introspection: ok introspection_needed: configure introspection.when: 'opaque', the default: an API then asks about " +
        'such tokens',
      'introspection: error requirements_unmet: not enough for acr "mfa" and a sign-in within the last 9 s: it has no ' +
        'acr, no auth_time | Your API would respond with a step-up challenge.',
    ]);
  });

  test('SRV-7 every lack of a response is reported in one run', async () => {
    const said = await saidOfResponse({ active: true, iss: 'https://other.example', exp: NOW - 60 });
    expect(said.filter((line) => line.includes('error token_refused'))).toEqual([
      'introspection: error token_refused: refused: The issuer of the access token is not known | It names the issuer ' +
        '"https://other.example": give that one, exactly as it is written there.',
      'introspection: error token_refused: refused: The access token is for another audience | The response has no ' +
        'aud: have the server return it. If this server returns tokens of your API alone, give a profile with ' +
        "absentClaims: ['aud'] by --config.",
      'introspection: error token_refused: refused: The token is not a bearer access token | Nothing in the response says ' +
        'that it is an access token: have the server return token_type "Bearer", token_use "access_token" or a scope.',
      'introspection: error token_refused: refused: The access token has no subject | Have the server return sub, or ' +
        'username.',
      'introspection: error token_refused: refused: The access token has expired',
    ]);
    expect(said.join()).not.toContain('introspection_needed');
  });

  test.each<[what: string, response: Response, expected: string]>([
    [
      'a refresh token',
      { token_use: 'refresh_token' },
      'The token is not a bearer access token | By "token_use" "refresh_token" it is another token. Call APIs with the ' +
        'access token.',
    ],
    [
      'an ID token',
      { scope: 'openid', at_hash: 'not shown' },
      'The token is not a bearer access token | By "at_hash" it is another token. Call APIs with the access token.',
    ],
    [
      'a token for another API',
      { token_type: 'Bearer', aud: 'https://other.example' },
      'The access token is for another audience | It is for "https://other.example". If that is your API, give it by ' +
        '--audience.',
    ],
    [
      'a token that is bound to a key',
      { token_type: 'Bearer', cnf: { jkt: 'not shown' } },
      'The access token is bound to a key, and no proof of possession is accepted here | Set "boundTokens" ' +
        'of the server in the options of the API, and give them by --config, or have the server issue bearer ' +
        'tokens for this API, without a bound key (cnf).',
    ],
  ])('a response about %s is refused', async (_, response, expected) => {
    const said = await saidOfResponse({ active: true, sub: 'alice', aud: API, ...response });
    expect(said.filter((line) => line.includes('token_refused'))).toEqual([
      `introspection: error token_refused: refused: ${expected}`,
    ]);
    expect(said.join()).not.toContain('not shown');
  });

  test.each<[mark: string, response: Response]>([
    ['token_type "Bearer"', { token_type: 'Bearer' }],
    ['token_use "access_token"', { token_use: 'access_token' }],
    ['a claim', { scope: 'openid' }],
  ])('it is told what says that a response is about an access token: %s', async (mark, response) => {
    const said = await saidOfResponse({
      active: true,
      sub: 'alice',
      aud: [API, server.introspection.clientId],
      ...response,
    });
    expect(said[1]).toMatch(/; aud names the client that asks$/);
    expect(said[2]).toBe(
      `introspection: ok token_accepted: accepted: for "${API}", "test-resource-server", and ${mark} says that it is an ` +
        'access token',
    );
  });

  test('a sign-in after the token was issued is a warning', async () => {
    const said = await saidOfResponse({
      active: true,
      sub: 'a',
      aud: API,
      scope: 'a',
      iat: NOW - 60,
      auth_time: NOW - 30,
      acr: 'a',
    });
    expect(said[3]).toBe(
      'introspection: warning introspected_sign_in_mismatch: introspection tells of another sign-in than that of the ' +
        'token, so an API takes none from it | Try a new token. If it stays so, the server tells of its session as it is ' +
        'now: have it put acr and auth_time into access tokens.',
    );
  });
});

describe('a JWT', () => {
  const when = (value: string) =>
    `introspection: ok introspection_needed: configure introspection.when: '${value}': an API then asks about such tokens`;

  /** A JWT that lacks the authentication, of which the server says more. */
  async function saidOfJwt(options: TokenOptions, response: Response, more: readonly string[] = []): Promise<string[]> {
    const token = await server.accessToken({ authTime: null, ...options });
    const known = { active: true, sub: 'alice', client_id: 'test-client', iss: server.issuer };
    const endpoint = await endpointThat((_, __, answer) => answer.end(JSON.stringify({ ...known, ...response })));
    const lines = await saidOf(token, [...credentials(), '--introspection-endpoint', endpoint.url, ...more]);
    await endpoint.close();
    return lines;
  }

  test.each<[what: string, token: TokenOptions, response: Response, lines: string[]]>([
    [
      'acr and auth_time',
      {},
      { acr: 'mfa', auth_time: NOW },
      [
        'introspection: ok acr_present: acr "mfa", by introspection',
        'introspection: ok auth_time_present: auth_time 2027-01-15T08:00:00Z, 0 s ago, by introspection',
        when('event-missing'),
      ],
    ],
    [
      'an acr alone',
      { authTime: NOW },
      { acr: 'mfa' },
      ['introspection: ok acr_present: acr "mfa", by introspection', when('event-missing')],
    ],
    [
      'an auth_time alone',
      { acr: 'mfa' },
      { auth_time: NOW },
      [
        'introspection: ok auth_time_present: auth_time 2027-01-15T08:00:00Z, 0 s ago, by introspection',
        when('auth-time-missing'),
      ],
    ],
    [
      'nothing',
      {},
      {},
      [
        'introspection: warning introspection_insufficient: introspection adds nothing to what the token lacks of acr and ' +
          'auth_time | Have the server put them into access tokens, or into introspection responses.',
      ],
    ],
    [
      'what it says itself',
      { acr: 'mfa', authTime: NOW },
      { acr: 'mfa', auth_time: NOW },
      [
        'introspection: note introspection_unneeded: the token has acr and auth_time itself, and introspection adds nothing ' +
          "to them | Configure it only to notice revoked tokens: introspection.when 'always'.",
      ],
    ],
    [
      'another user',
      {},
      { sub: 'bob', acr: 'mfa' },
      [
        'introspection: error token_refused: refused: The authorization server knows the access token as another one | The ' +
          'response has another sub, client or issuer than the JWT: have the server return the same.',
      ],
    ],
    [
      'another sign-in',
      { acr: 'pwd' },
      { acr: 'mfa', auth_time: NOW },
      [
        'introspection: warning introspected_sign_in_mismatch: introspection tells of another sign-in than that of the ' +
          'token, so an API takes none from it | Try a new token. If it stays so, the server tells of its session as it is ' +
          'now: have it put acr and auth_time into access tokens.',
        'introspection: warning introspection_insufficient: introspection adds nothing to what the token lacks of acr and ' +
          'auth_time | Have the server put them into access tokens, or into introspection responses.',
      ],
    ],
  ])('of which the server says %s gets the advice that fits', async (_, token, response, lines) => {
    const said = await saidOfJwt(token, response);
    expect(said.filter((line) => line.startsWith('introspection: ')).slice(1)).toEqual(lines);
  });

  test('what introspection adds counts for the requirements, and its absence in the token is a note', async () => {
    const said = await saidOfJwt({}, { acr: 'mfa', auth_time: NOW }, ['--acr', 'mfa', '--max-age', '0']);
    expect(said.slice(1, 3)).toEqual([
      'access_token: note acr_missing: no acr in the access token | Introspection returns it.',
      'access_token: note auth_time_missing: no auth_time in the access token | Introspection returns it.',
    ]);
    expect(said.at(-1)).toBe(
      'introspection: ok requirements_met: enough for acr "mfa" and a sign-in within the last 0 s',
    );
  });

  test('a JWT that is refused by itself is not made up for by introspection', async () => {
    const said = await saidOfJwt({ claims: { jti: undefined } }, { acr: 'mfa', auth_time: NOW });
    expect(said.at(-1)).toBe(
      'introspection: note introspection_unneeded: an API refuses this JWT before it asks the server | Correct what the JWT ' +
        'lacks first. Introspection replaces none of it.',
    );
  });
});

describe('a JWT without sub or aud', () => {
  const THIN: TokenOptions = { authTime: null, claims: { sub: undefined, aud: undefined } };
  const TOLD = { active: true, sub: 'alice', aud: API, client_id: 'test-client', acr: 'mfa', auth_time: NOW };
  const REFUSED = 'access_token: error token_refused: refused: The access token';

  /** Returns what is said of such a token, by the options of the API that are given. */
  async function saidOfThin(response: Response, introspection?: Record<string, unknown>): Promise<string[]> {
    const endpoint = await endpointThat((_, __, answer) => answer.end(JSON.stringify(response)));
    const path = join(folder, 'api.json');
    const options = { issuer: server.issuer, audience: API };
    await writeFile(path, JSON.stringify({ ...options, introspection: { ...server.introspection, ...introspection } }));
    const token = await server.accessToken(THIN);
    const args = ['--config', path, '--introspection-endpoint', endpoint.url, '--acr', 'mfa'];
    const lines = await saidOf(token, introspection === undefined ? [...credentials(), ...args.slice(2)] : args);
    await endpoint.close();
    return lines.filter((line) => !line.includes(' acr_') && !line.includes(' auth_time_'));
  }

  test('SRV-5 of which introspection says enough gets the option named that accepts it', async () => {
    const said = await saidOfThin({ ...TOLD, iss: server.issuer });
    expect(said.slice(0, 2).map((line) => line.split(' | ')[0])).toEqual([
      `${REFUSED} is for another audience`,
      `${REFUSED} has no subject`,
    ]);
    expect(said.at(-1)).toBe(
      'introspection: error lightweight_token: introspection tells what the JWT leaves out, and an API accepts it so only ' +
        'by an option | Set introspection.lightweightTokens: true.',
    );
  });

  test('SRV-5 is judged with what introspection says by the options of an API that accepts it', async () => {
    const said = await saidOfThin({ ...TOLD, iss: server.issuer }, { lightweightTokens: true });
    expect(said.slice(1)).toEqual([
      'introspection: ok lightweight_token: introspection tells what the JWT leaves out, and ' +
        'introspection.lightweightTokens accepts it so',
      'introspection: ok requirements_met: enough for acr "mfa"',
    ]);
  });

  test.each<[what: string, response: Response, lines: string[]]>([
    [
      'too little',
      { iss: undefined, aud: undefined, sub: undefined, client_id: undefined },
      ['iss', 'aud', 'sub', 'client_id'].map(
        (claim) =>
          'introspection: error token_refused: refused: The authorization server says too little of the access token | The ' +
          `response has no "${claim}": have the server return it, or put it into access tokens.`,
      ),
    ],
    [
      'another client',
      { client_id: 'other' },
      [
        'introspection: error token_refused: refused: The authorization server knows the access token as another one | The ' +
          'response has another "client_id" than the JWT: have the server return the same.',
      ],
    ],
  ])('SRV-5 of which introspection says %s is refused, each lack by its name', async (_, response, lines) => {
    const said = await saidOfThin({ ...TOLD, iss: server.issuer, ...response }, { lightweightTokens: true });
    expect(said.slice(1)).toEqual(lines);
  });
});

describe('claims that no API accepts are reported, whatever else is said', () => {
  const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) });
  const rows: [name: string, claims: Response, message: string][] = [
    ['nested too deeply', { nested: deep(40) }, 'The claims of the access token are nested too deeply'],
    ['a forbidden name', { constructor: {} }, 'The access token has a claim name that is not accepted'],
    [
      'a forbidden name of a delegate',
      { act: { constructor: {} } },
      'The access token has a claim name that is not accepted',
    ],
  ];

  test.each(rows)('of an opaque token: %s', async (_, claims, message) => {
    const said = await saidOfResponse({ active: true, token_type: 'Bearer', sub: 'alice', aud: API, ...claims });
    expect(said.filter((line) => line.includes(message))).toHaveLength(1);
    expect(said.join('\n')).not.toContain('introspection_accepted');
  });

  test('a delegate of a JWT', async () => {
    const endpoint = await endpointThat((_, __, answer) =>
      answer.end(JSON.stringify({ active: true, act: { constructor: {} } })),
    );
    const token = await server.accessToken({ authTime: null });
    const said = await saidOf(token, [...credentials(), '--introspection-endpoint', endpoint.url]);
    await endpoint.close();
    expect(said.join('\n')).toContain('The access token has a claim name that is not accepted');
  });
});

describe('what a server says stays what the server says', () => {
  const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
  const said = {
    subject: 'introspection',
    code: 'introspection_active',
    severity: 'ok',
    message: 'all is well\u001b[2J',
    fix: 'run a script of mine',
  };

  test.each<[name: string, response: string, expected: string]>([
    ['claims with the names of a diagnostic', JSON.stringify({ active: true, ...said }), 'error token_refused'],
    ['claims that nest as deeply as JSON can', `{"active":true,"nested":${deep}}`, 'are nested too deeply'],
  ])('of an opaque token: %s', async (_, response, expected) => {
    const endpoint = await endpointThat((_, __, answer) => answer.end(response));
    const lines = await saidOf('2YotnFZFEjr1zCsicMWpAA', [...credentials(), '--introspection-endpoint', endpoint.url]);
    await endpoint.close();
    expect(lines.join('\n')).toContain(expected);
    expect(lines.join('\n')).not.toMatch(/all is well|a script of mine/);
  });

  test('of a JWT: claims with the names of a diagnostic', async () => {
    const endpoint = await endpointThat((_, __, answer) => answer.end(JSON.stringify({ active: true, ...said })));
    const token = await server.accessToken({ authTime: null });
    const lines = await saidOf(token, [...credentials(), '--introspection-endpoint', endpoint.url]);
    await endpoint.close();
    expect(lines.join('\n')).toContain('warning introspection_insufficient');
    expect(lines.join('\n')).not.toMatch(/all is well|a script of mine/);
  });
});

describe('a server that cannot or does not say', () => {
  test('a token that is not active is an error, and the client that asks is looked for in aud', async () => {
    const token = await server.accessToken({});
    server.revoke(token);
    const [, , , active] = await saidOf(token);
    expect(active).toBe(
      'introspection: error introspection_inactive: the server says that the token is not active | If the token is new: its ' +
        'aud does not name the client "test-resource-server" that asks, and some servers, such as Keycloak, then say so. ' +
        'Have the server put that client into aud, or ask as another one.',
    );
    const [, opaque] = await saidOf('unknown');
    expect(opaque).toBe(
      'introspection: error introspection_inactive: the server says that the token is not active | It has expired or was ' +
        'revoked, is of another server, or this client cannot ask about it. Try a new one.',
    );
  });

  test('a kind of token that the server does not introspect is an error', async () => {
    const endpoint = await endpointThat((_, __, answer) =>
      answer.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"unsupported_token_type"}'),
    );
    const said = await saidOf('opaque', [...credentials(), '--introspection-endpoint', endpoint.url]);
    await endpoint.close();
    expect(said[1]).toBe(
      'introspection: error introspection_unsupported: the server does not introspect tokens of this kind | Have it put acr ' +
        'and auth_time into access tokens.',
    );
  });

  test('SRV-8 refused credentials are reported with the other form of client authentication', async () => {
    const around = { env: { SECRET: 'wrong' } };
    const [, refused] = await saidOf(server.opaqueToken(), credentials(), around);
    const fix = (method: string) =>
      'introspection: error introspection_credentials_refused: its introspection endpoint refuses the credentials of this ' +
      `API | Compare client and secret. If they are right, try --introspection-auth ${method}: some servers take one form of ` +
      'client authentication alone. The client must be allowed to introspect tokens.';
    expect(refused).toBe(fix('client_secret_post'));
    const post = [...credentials(), '--introspection-auth', 'client_secret_post'];
    const [, again] = await saidOf(server.opaqueToken(), post);
    expect(again).toBe(fix('client_secret_basic'));
  });

  test('SRV-9 an endpoint that the metadata lacks is asked for', async () => {
    const fetched = globalThis.fetch;
    const spy = jest.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      const response = await fetched(input, init);
      if (!`${input}`.endsWith('/openid-configuration')) return response;
      return Response.json({ ...((await response.json()) as object), introspection_endpoint: undefined });
    });
    const [, missing] = await saidOf(server.opaqueToken());
    spy.mockRestore();
    expect(missing).toBe(
      'introspection: error introspection_endpoint_missing: its metadata has no https "introspection_endpoint" (http is ' +
        'accepted on loopback only) | Give --introspection-endpoint: some servers, such as Ory Hydra, have it at the port of ' +
        'their administration.',
    );
  });

  test('an endpoint that nobody serves is reported with what to check', async () => {
    const endpoint = await endpointThat(() => undefined);
    await endpoint.close();
    const [, unreachable] = await saidOf('opaque', [...credentials(), '--introspection-endpoint', endpoint.url]);
    expect(unreachable).toBe(
      'introspection: error introspection_unusable: its introspection endpoint cannot be reached (ECONNREFUSED) | About its ' +
        'server: check the address and the network.',
    );
  });
});

describe('how the API authenticates', () => {
  /** What an endpoint is sent with these options. */
  async function sentWith(options: readonly string[], around?: Around) {
    let sent: { authorization: string | undefined; body: URLSearchParams } | undefined;
    const endpoint = await endpointThat((request, body, answer) => {
      sent = { authorization: request.headers.authorization, body };
      answer.end('{"active":false}');
    });
    await saidOf(
      'opaque',
      ['--introspection-client-id', 'api', '--introspection-endpoint', endpoint.url, ...options],
      around,
    );
    await endpoint.close();
    return sent!;
  }

  test('the secret is read from a file, and sent by either method', async () => {
    await writeFile(join(folder, 'secret'), 'secret-of-api\n');
    const file = ['--introspection-secret-file', join(folder, 'secret')];
    const basic = await sentWith(file);
    expect(basic.authorization).toBe(`Basic ${Buffer.from('api:secret-of-api').toString('base64')}`);
    const post = await sentWith([...file, '--introspection-auth', 'client_secret_post']);
    expect(post.body.get('client_secret')).toBe('secret-of-api');
  });

  test.each<[form: string, write: (key: ReturnType<typeof privateKey>) => string]>([
    ['PEM', (key) => key.export({ type: 'pkcs8', format: 'pem' }) as string],
    ['JWK', (key) => JSON.stringify(key.export({ format: 'jwk' }))],
  ])('a private key is read from a file, as %s', async (_, write) => {
    await writeFile(join(folder, 'key'), write(privateKey()));
    const { body } = await sentWith(['--introspection-key-file', join(folder, 'key')]);
    expect(body.get('client_assertion')).toMatch(/^eyJ/);
  });

  const privateKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

  test('neither the secret nor the token is printed if the endpoint repeats them', async () => {
    const secret = 'secret-of-api';
    const token = '2YotnFZFEjr1zCsicMWpAA';
    const endpoint = await endpointThat((_, body, answer) => {
      const texts = [secret, body.get('token') as string];
      const response = {
        active: true,
        sub: 'a',
        aud: [API, ...texts],
        acr: `x${'y'.repeat(195)}${secret}`,
        [secret]: texts,
      };
      answer.end(JSON.stringify({ ...response, iss: texts.join(' '), token_type: texts.join(), auth_time: token }));
    });
    const options = [
      '--introspection-client-id',
      'api',
      '--introspection-secret-env',
      'SECRET',
      '--introspection-endpoint',
      endpoint.url,
    ];
    for (const format of [[], ['--json']]) {
      const args = ['doctor', server.issuer, '--token', '-', '--introspect', ...options, ...format];
      const { stdout, stderr } = await nestjsStepUp(args, { stdin: token, env: { SECRET: secret } });
      const printed = (stdout + stderr).replace(/\s+/g, '');
      expect(printed).toContain('introspection_active');
      for (const part of [secret, 'secret-', token]) expect(printed).not.toContain(part);
    }
    await endpoint.close();
  });

  test.each<[what: string, options: string[], sentence: string]>([
    ['no client', [], '"--introspect" needs "--introspection-client-id", or "introspection" in the file of "--config"'],
    [
      'no secret',
      ['--introspection-client-id', 'api'],
      '"--introspect" needs the secret of the client: "--introspection-secret-env" or "--introspection-secret-file", or its ' +
        'key: "--introspection-key-file". A server that asks for no secret takes any',
    ],
    [
      'a variable that is not set',
      ['--introspection-client-id', 'api', '--introspection-secret-env', 'NOT_SET'],
      '"--introspection-secret-env" must name an environment variable that is set',
    ],
    [
      'a secret that is no file',
      ['--introspection-client-id', 'api', '--introspection-secret-file', 'secret-of-api'],
      '"--introspection-secret-file" must be a readable file with the secret of the client',
    ],
    [
      'two secrets',
      ['--introspection-client-id', 'api', '--introspection-secret-env', 'SECRET', '--introspection-secret-file', 'x'],
      '"--introspect" takes one of "--introspection-secret-env", "--introspection-secret-file", "--introspection-key-file"',
    ],
    [
      'a method that does not exist',
      ['--introspection-client-id', 'api', '--introspection-secret-env', 'SECRET', '--introspection-auth', 'tls'],
      '"--introspection-auth" must be one of client_secret_basic, client_secret_post, private_key_jwt',
    ],
    [
      'an endpoint that is not https',
      [
        '--introspection-client-id',
        'api',
        '--introspection-secret-env',
        'SECRET',
        '--introspection-endpoint',
        'http://as.example',
      ],
      '"--introspection-endpoint" must be an https URL (http is accepted on loopback only), not "http://as.example"; in a ' +
        'network that you trust, set "--allow-insecure-requests"',
    ],
  ])('%s is refused with one sentence', async (_, options, sentence) => {
    const args = ['doctor', server.issuer, '--token', '-', '--introspect', ...options];
    const outcome = await nestjsStepUp(args, { stdin: 'opaque', env: { SECRET: 'secret-of-api' } });
    expect(outcome).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `nestjs-step-up: ${sentence} (--help shows the options)\n`,
    });
  });

  test.each<[what: string, text: string, sentence: string]>([
    [
      'a key that cannot be read',
      'secret-of-api',
      'The private key for introspection must be an RSA, EC or Ed25519 key, as PEM or JWK',
    ],
    [
      'a key that is not JSON',
      '{"d": secret-of-api',
      '"--introspection-key-file" must be a readable file with a private key, as PEM or JWK',
    ],
  ])('%s is refused, and not quoted', async (_, text, sentence) => {
    await writeFile(join(folder, 'key'), text);
    const options = ['--introspection-client-id', 'api', '--introspection-key-file', join(folder, 'key')];
    const outcome = await nestjsStepUp(['doctor', server.issuer, '--token', '-', '--introspect', ...options], {
      stdin: 'opaque',
    });
    expect(outcome).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `nestjs-step-up: ${sentence} (--help shows the options)\n`,
    });
  });

  test('introspection needs a token, and its options need introspection', async () => {
    const refused = (sentence: string) => ({
      exitCode: 2,
      stdout: '',
      stderr: `nestjs-step-up: ${sentence} (--help shows the options)\n`,
    });
    const env = { SECRET: 'x' };
    const options = ['--introspection-client-id', 'api', '--introspection-secret-env', 'SECRET'];
    await expect(nestjsStepUp(['doctor', server.issuer, '--introspect', ...options], { env })).resolves.toEqual(
      refused('"--introspect" needs a token: "--token" or "--login"'),
    );
    await expect(nestjsStepUp(['doctor', server.issuer, ...options], { env })).resolves.toEqual(
      refused('"--introspection-client-id" needs "--introspect"'),
    );
  });
});
