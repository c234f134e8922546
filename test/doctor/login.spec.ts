import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AuthorizationBehavior,
  createTestAuthorizationServer,
  type TestAuthorizationServer,
} from 'nestjs-step-up/testing';
import { type Around, nestjsStepUp } from './doctor.js';

const NOW = 1_800_000_000;
const API = 'https://api.example';
/** Seconds that a user needs from the sign-in to being back. */
const PACE = 30;

const mockClock = { now: NOW };
jest.mock('node:timers/promises', () => ({
  setTimeout: async (milliseconds: number) => {
    mockClock.now += milliseconds / 1000;
  },
}));

let server: TestAuthorizationServer;
let port: number;
let clock: jest.SpyInstance;
beforeEach(async () => {
  mockClock.now = NOW;
  clock = jest.spyOn(Date, 'now').mockImplementation(() => mockClock.now * 1000);
  server = await createTestAuthorizationServer();
  port = await freePort();
  register();
});
afterEach(async () => {
  clock.mockRestore();
  await server.close();
});

/** Makes the doctor a client of the server, a confidential one if it has a secret. */
function register(clientSecret?: string): void {
  const redirectUris = [`http://127.0.0.1:${port}/callback`];
  server.registerClient({ clientId: 'doctor', redirectUris, ...(clientSecret !== undefined && { clientSecret }) });
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port: free } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return free;
}

/** Signs the user in, who takes a while, and follows the redirect. */
async function browser(url: string): Promise<string> {
  const sent = await fetch(url, { redirect: 'manual' });
  mockClock.now += PACE;
  const callback = sent.headers.get('location');
  return callback === null ? 'the user stays there' : (await fetch(callback)).text();
}

const logIn = (options: readonly string[], around: Around = { browser }) =>
  nestjsStepUp(
    ['doctor', server.issuer, '--audience', API, '--login', '--client-id', 'doctor', '--port', `${port}`, ...options],
    around,
  );

/** The diagnostics of both sign-ins, one line for each. */
async function said(options: readonly string[], around?: Around): Promise<string[]> {
  const { stdout } = await logIn(['--json', ...options], around);
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: Record<string, string>[] };
  return diagnostics
    .filter(({ subject }) => subject !== 'metadata')
    .map(({ subject, code, severity, message, fix }) =>
      [`${subject}: ${severity} ${code}: ${message}`, ...(fix === undefined ? [] : [fix])].join(' | '),
    );
}

const MFA = ['--acr', 'mfa=urn:example:mfa'];

test('the doctor prints the whole table of a server that does as it is asked', async () => {
  const { exitCode, stdout, stderr } = await logIn(MFA);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const [first, second, third] = server.authorizationRequests.map((request) => `${new URLSearchParams(request)}`);
  expect(stdout.replaceAll(server.issuer, 'http://127.0.0.1:50000')).toBe(
    `Sign-in 1 of 3: open this address.

http://127.0.0.1:50000/authorize?${first}

Sign-in 2 of 3, as the same user: open this address.

http://127.0.0.1:50000/authorize?${second}

Sign-in 3 of 3, as the same user: open this address.

http://127.0.0.1:50000/authorize?${third}

http://127.0.0.1:50000

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
  ok  acr_value_offered           "mfa" means "urn:example:mfa": offered

Plain sign-in
  ok  sign_in_finished            the ID token has acr "urn:example:pwd"

Sign-in with acr values
  ok  acr_values_honored          honored: asked for "urn:example:mfa", and the ID token has "urn:example:mfa"
  ok  token_accepted              accepted: typ "at+jwt", signed with "ES256", for "https://api.example"
  ok  acr_present                 acr "urn:example:mfa"
  ok  auth_time_present           auth_time 2027-01-15T08:00:30Z, 30 s ago
  ok  requirements_met            enough for acr "urn:example:mfa"

Sign-in with max_age
  ok  max_age_honored             honored: asked for max_age=0, and the user signed in again, 30 s before the
                                  ID token was issued
  ok  token_accepted              accepted: typ "at+jwt", signed with "ES256", for "https://api.example"
  ok  acr_present                 acr "urn:example:mfa"
  ok  auth_time_present           auth_time 2027-01-15T08:01:01Z, 30 s ago

1 note.
`,
  );
  const each = {
    client_id: 'doctor',
    response_type: 'code',
    redirect_uri: `http://127.0.0.1:${port}/callback`,
    scope: 'openid',
    state: expect.stringMatching(/^[\w-]{43}$/),
    nonce: expect.stringMatching(/^[\w-]{43}$/),
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    code_challenge_method: 'S256',
  };
  expect(server.authorizationRequests).toEqual([
    each,
    { ...each, acr_values: 'urn:example:mfa' },
    { ...each, max_age: '0' },
  ]);
  for (const name of ['state', 'nonce', 'code_challenge']) {
    expect(new Set(server.authorizationRequests.map((request) => request[name])).size).toBe(3);
  }
});

test('with --json the addresses go to standard error, and one object to standard output', async () => {
  const { stdout, stderr } = await logIn(['--json', ...MFA]);
  expect(JSON.parse(stdout)).toEqual({ issuer: server.issuer, diagnostics: expect.any(Array), exitCode: 0 });
  expect(stderr.match(/^http\S+$/gm)).toHaveLength(3);
});

test('scope, resource and maximum age are asked for', async () => {
  await logIn(['--scope', 'accounts openid', '--resource', API, '--max-age', '20', ...MFA]);
  expect(server.authorizationRequests).toMatchObject([
    { scope: 'openid accounts', resource: API },
    { scope: 'openid accounts', resource: API, acr_values: 'urn:example:mfa' },
    { scope: 'openid accounts', resource: API, max_age: '20' },
  ]);
});

test('further parameters are part of every request', async () => {
  await logIn(['--parameter', `audience=${API}`, '--parameter', 'organization=a=b', ...MFA]);
  const each = { audience: API, organization: 'a=b' };
  expect(server.authorizationRequests).toMatchObject([each, each, each]);
  expect(server.authorizationRequests).toHaveLength(3);
});

describe('the request is in the form of the profile', () => {
  test.each<[profile: string, byAcr: Record<string, string>, byAge: Record<string, string>]>([
    ['keycloak', { acr_values: 'urn:example:mfa' }, { max_age: '0' }],
    ['okta', { acr_values: 'urn:example:mfa urn:example:phr' }, { max_age: '0' }],
    ['entra', { claims: '{"access_token":{"acrs":{"essential":true,"value":"urn:example:mfa"}}}' }, { max_age: '0' }],
  ])('the requests have the form of the profile %s', async (profile, byAcr, byAge) => {
    await logIn(['--acr', 'mfa=urn:example:mfa urn:example:phr', '--profile', profile]);
    const asked = server.authorizationRequests.map(({ acr_values, claims, max_age }) => ({
      acr_values,
      claims,
      max_age,
    }));
    expect(asked).toEqual([{}, byAcr, byAge]);
  });

  test('with the profile of Entra only the access token can tell whether acr values are honored', async () => {
    const [, second] = await said([...MFA, '--profile', 'entra']);
    expect(second).toBe(
      'acr_values: note acr_values_unobservable: asked for "urn:example:mfa" by a claims request: only the access ' +
        'token shows whether it is honored',
    );
  });
});

describe('a confidential client', () => {
  const withSecret = (secret: string) => {
    register('right');
    return said([...MFA, '--client-secret-env', 'SECRET'], { browser, env: { SECRET: secret } });
  };

  test('a confidential client signs in with its secret', async () => {
    const [first, second] = await withSecret('right');
    expect(first).toBe('sign_in: ok sign_in_finished: the ID token has acr "urn:example:pwd"');
    expect(second).toMatch(/^acr_values: ok acr_values_honored:/);
  });

  test('a confidential client with a wrong secret is refused each time', async () => {
    await expect(withSecret('wrong')).resolves.toEqual(
      ['sign_in', 'acr_values', 'max_age'].map(
        (subject) =>
          `${subject}: error code_refused: the server refuses the code: status 401 | Compare client id, secret ` +
          'and redirect URI with what is registered at the server.',
      ),
    );
  });

  test('a confidential client without its secret is refused', async () => {
    register('right');
    const [first] = await said(MFA);
    expect(first).toMatch(/^sign_in: error code_refused:/);
  });
});

describe('what is said of the acr values', () => {
  const ignored = (returned: string) =>
    `error acr_values_ignored: ignored: asked for "urn:example:mfa", and the ID token has "${returned}" | Configure ` +
    "the value at the server, by a flow or policy that reads acr_values. Or request an essential claim: mode 'essential' of " +
    'authorizationParameters(). Or give the --profile of the server, which can need another request. Or list the ' +
    'returned value too, if it is enough.';

  test.each<[name: string, behavior: AuthorizationBehavior, diagnostic: string]>([
    [
      'C-54 a stronger acr value that is not listed is reported as ignored',
      'returnsHigherAcr',
      ignored('urn:example:phr'),
    ],
    ['C-54 acr values that the server ignores are reported', 'ignoresAcrValues', ignored('urn:example:pwd')],
    [
      'C-50 acr values that the user cannot satisfy are reported as refused',
      'failsUnmet',
      'error acr_values_refused: the server refuses: "unmet_authentication_requirements" ("The user cannot ' +
        'authenticate ' +
        'as asked") | The server understood the request, and this user cannot meet it: give the user such a factor, ' +
        'or configure the value at the server.',
    ],
    [
      'C-51 acr values that the user declines are reported as refused',
      'declines',
      'error acr_values_refused: the server refuses: "access_denied" ("The user does not want to authenticate") | ' +
        'Sign in again and agree. If the server did not ask, read its log.',
    ],
  ])('%s', async (_, behavior, diagnostic) => {
    server.behavior = behavior;
    const [, second] = await said(MFA);
    expect(second).toBe(`acr_values: ${diagnostic}`);
  });

  test('an essential claim that the server ignores is reported', async () => {
    server.behavior = 'ignoresEssential';
    const [, second] = await said([...MFA, '--profile', 'oidcProvider']);
    expect(second).toBe(
      'acr_values: error acr_values_ignored: ignored: asked for "urn:example:mfa", and the ID token has ' +
        '"urn:example:pwd" | Configure the value at the server, by a flow or policy that reads acr_values. Or list ' +
        'the returned value too, if it is enough.',
    );
  });

  test('SRV-4 a word that the plain sign-in satisfies already is a warning', async () => {
    const [, second] = await said(['--acr', 'urn:example:pwd']);
    expect(second).toBe(
      'acr_values: warning acr_values_untested: asked for "urn:example:pwd", and the plain sign-in had ' +
        '"urn:example:pwd" already: it satisfies "urn:example:pwd" without a step-up | If the user had stepped up ' +
        'before, try it in a private window. If not, give the word a string that only a stronger sign-in has.',
    );
  });

  test('without acr values there are two sign-ins', async () => {
    await expect(said([])).resolves.toEqual([
      'sign_in: ok sign_in_finished: the ID token has acr "urn:example:pwd"',
      'sign_in: ok token_accepted: accepted: typ "at+jwt", signed with "ES256", for "https://api.example"',
      'sign_in: ok acr_present: acr "urn:example:pwd"',
      'sign_in: ok auth_time_present: auth_time 2027-01-15T08:00:00Z, 30 s ago',
      'max_age: ok max_age_honored: honored: asked for max_age=0, and the user signed in again, 30 s before the ID ' +
        'token ' +
        'was issued',
      'max_age: ok token_accepted: accepted: typ "at+jwt", signed with "ES256", for "https://api.example"',
      'max_age: ok acr_present: acr "urn:example:pwd"',
      'max_age: ok auth_time_present: auth_time 2027-01-15T08:00:31Z, 30 s ago',
    ]);
    expect(server.authorizationRequests).toHaveLength(2);
  });
});

describe('what is said of max_age', () => {
  const lastOf = async (options: readonly string[], around?: Around) =>
    (await said(options, around)).find((line) => line.startsWith('max_age:'));

  /** A browser whose user, or whose server, leaves a parameter of the request out. */
  const without = (name: string) => (url: string) => {
    const address = new URL(url);
    address.searchParams.delete(name);
    return browser(address.href);
  };

  test('SRV-13 a max_age that the server ignores is reported, with what some servers honor', async () => {
    await expect(lastOf(MFA, { browser: without('max_age') })).resolves.toBe(
      'max_age: error max_age_ignored: ignored: asked for max_age=0, and the user was not asked again; the sign-in ' +
        'was ' +
        '61 s old | Some servers honor --max-age 1, and some honor prompt=login of a client: try that. If nothing ' +
        'helps, no user can meet a maxAge here. APIs have to assess auth_time themselves.',
    );
  });

  test('a max_age that a fresh sign-in cannot exceed is reported as not tried', async () => {
    await expect(lastOf([...MFA, '--max-age', '300'])).resolves.toBe(
      'max_age: note max_age_untested: asked for max_age=300, and the sign-in was only 61 s old: this does not show ' +
        'whether it is honored | Try --max-age 0.',
    );
  });

  test.each<[maxAge: string, beginning: string]>([
    [
      '0',
      'error max_age_ignored: ignored: asked for max_age=0, and the user was not asked again; the sign-in was 61 s old',
    ],
    ['300', 'note max_age_untested: asked for max_age=300, and the sign-in was only 61 s old'],
  ])(
    'max_age %s is judged at a server that sends auth_time only if max_age is asked for',
    async (maxAge, beginning) => {
      server.behavior = 'omitsAuthTime';
      const onceMore = (url: string) => {
        if (server.authorizationRequests.length < 2) return browser(url);
        server.behavior = 'honors';
        return without('max_age')(url);
      };
      const line = await lastOf([...MFA, '--max-age', maxAge], { browser: onceMore });
      expect(line?.slice(0, `max_age: ${beginning}`.length)).toBe(`max_age: ${beginning}`);
    },
  );

  test('C-55 an absent auth_time is reported for both tokens', async () => {
    server.behavior = 'omitsAuthTime';
    await expect(said(MFA)).resolves.toEqual([
      'sign_in: ok sign_in_finished: the ID token has acr "urn:example:pwd"',
      'acr_values: ok acr_values_honored: honored: asked for "urn:example:mfa", and the ID token has "urn:example:mfa"',
      'acr_values: ok token_accepted: accepted: typ "at+jwt", signed with "ES256", for "https://api.example"',
      'acr_values: ok acr_present: acr "urn:example:mfa"',
      'acr_values: warning auth_time_missing: no auth_time in the access token | Have the server put auth_time into ' +
        'access tokens, or configure "introspection" if the server returns it there. Until then no maxAge is ever met.',
      'acr_values: ok requirements_met: enough for acr "urn:example:mfa"',
      'max_age: error id_token_auth_time_missing: asked for max_age=0, and the ID token has no auth_time, which ' +
        'max_age ' +
        'makes mandatory | Have the server put auth_time into ID tokens: OpenID Connect Core §2.',
      'max_age: ok token_accepted: accepted: typ "at+jwt", signed with "ES256", for "https://api.example"',
      'max_age: ok acr_present: acr "urn:example:mfa"',
      'max_age: warning auth_time_missing: no auth_time in the access token | Have the server put auth_time into ' +
        'access ' +
        'tokens, or configure "introspection" if the server returns it there. Until then no maxAge is ever met.',
    ]);
  });

  test('RS-49 an auth_time in milliseconds is reported', async () => {
    server.behavior = 'authTimeInMilliseconds';
    await expect(lastOf(MFA)).resolves.toBe(
      `max_age: error id_token_auth_time_invalid: asked for max_age=0, and the auth_time of the ID token, ` +
        `${(NOW + 2 * PACE + 1) * 1000}, is not a time before it was issued | It must be a JSON number of seconds ` +
        `since 1970: ` +
        'OpenID Connect Core §2.',
    );
  });

  test('C-44 another user in the last sign-in is reported', async () => {
    const visitors = ['alice', 'alice', 'bob'];
    const change = (url: string) => {
      server.subject = visitors.shift() as string;
      return browser(url);
    };
    await expect(lastOf(MFA, { browser: change })).resolves.toBe(
      'max_age: error user_changed: another user signed in | Sign in as the same user each time.',
    );
  });

  test('C-44 another user in the second sign-in is reported once', async () => {
    const visitors = ['alice', 'bob', 'bob'];
    const change = (url: string) => {
      server.subject = visitors.shift() as string;
      return browser(url);
    };
    const lines = await said(MFA, { browser: change });
    expect(lines.filter((line) => line.includes('user_changed'))).toEqual([
      'acr_values: error user_changed: another user signed in | Sign in as the same user each time.',
    ]);
  });

  test('max_age is tried although the acr values were refused', async () => {
    server.behavior = 'failsUnmet';
    await expect(lastOf(MFA)).resolves.toBe(
      'max_age: error max_age_refused: the server refuses: "unmet_authentication_requirements" ("The user cannot ' +
        'authenticate as asked") | The server understood the request, and had no recent enough sign-in: sign in ' +
        'again when it asks. If it did not ask, read its log.',
    );
  });
});

describe('the way back', () => {
  test('C-52 if the user does not come back, there is no further sign-in', async () => {
    await expect(said([...MFA, '--timeout', '0'], { browser: async () => undefined })).resolves.toEqual([
      'sign_in: error sign_in_unfinished: no user came back from the server within 0 s | Register ' +
        `http://127.0.0.1:${port}/callback for this client. Some servers show an error page for an acr they do not ` +
        'know: then clients need a timeout.',
    ]);
  });

  describe('time limits', () => {
    let giveUp: () => void;
    let timers: jest.SpyInstance;
    beforeEach(() => {
      const later = globalThis.setTimeout;
      timers = jest.spyOn(globalThis, 'setTimeout').mockImplementation(((
        callback: (...args: unknown[]) => void,
        delay?: number,
        ...args: unknown[]
      ) => {
        if (delay !== 60_000) return later(callback, delay, ...args);
        giveUp = () => callback(...args);
        return undefined as unknown as NodeJS.Timeout;
      }) as typeof setTimeout);
    });
    afterEach(() => timers.mockRestore());

    test('a response without the state of the request is mentioned', async () => {
      const forgetful = async () => {
        const response = await fetch(`http://127.0.0.1:${port}/callback?error=server_error`);
        expect(response.status).toBe(400);
        giveUp();
      };
      const [only] = await said([...MFA, '--timeout', '60'], { browser: forgetful });
      expect(only).toMatch(
        /: no user came back from the server within 60 s; a response without the state of the request was rejected \| /,
      );
    });

    test('C-52 acr values that lead to a page without return end the sign-ins', async () => {
      server.behavior = 'neverReturns';
      const patient = async (url: string) => {
        if ((await browser(url)) === 'the user stays there') giveUp();
      };
      const codes = (await said([...MFA, '--timeout', '60'], { browser: patient })).map((line) =>
        line.split(':').slice(0, 2).join(),
      );
      expect(codes).toEqual(['sign_in, ok sign_in_finished', 'acr_values, error sign_in_unfinished']);
    });
  });

  test.each(['authorization_endpoint', 'token_endpoint'])('metadata without a usable %s is reported', async (name) => {
    const fetched = jest.spyOn(globalThis, 'fetch').mockImplementation(async () =>
      Response.json({
        issuer: server.issuer,
        authorization_endpoint: `${server.issuer}/authorize`,
        token_endpoint: `${server.issuer}/token`,
        [name]: 'file:///etc/passwd',
      }),
    );
    const lines = await said(MFA);
    fetched.mockRestore();
    expect(lines).toEqual([
      `sign_in: error endpoint_missing: no sign-in is possible: the metadata has no https "${name}" (http is ` +
        `accepted on ` +
        'loopback only) | Enable OpenID Connect and the authorization code flow at the server.',
    ]);
  });

  test('metadata that nests too deeply to be copied does not stop the sign-in', async () => {
    const fetched = globalThis.fetch;
    const spy = jest.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      const response = await fetched(input, init);
      if (!`${input}`.endsWith('/openid-configuration')) return response;
      const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
      return new Response(`{"deep":${deep},${(await response.text()).slice(1)}`);
    });
    const [first] = await said(MFA);
    spy.mockRestore();
    expect(first).toBe('sign_in: ok sign_in_finished: the ID token has acr "urn:example:pwd"');
  });

  test('a response that belongs to no request is turned away, and a response is taken once', async () => {
    const responses: unknown[] = [];
    const meddler = async (url: string) => {
      const callback = `http://127.0.0.1:${port}/callback`;
      const state = new URL(url).searchParams.get('state');
      const forms: [string, RequestInit][] = [
        [`${callback}?code=x`, {}],
        [`${callback}?error=access_denied&state=other`, {}],
        [`${callback}?error=access_denied&state=${state}`, { method: 'POST' }],
        [`http://127.0.0.1:${port}/`, {}],
      ];
      for (const [address, init] of forms) {
        const response = await fetch(address, init);
        responses.push(`${response.status} ${await response.text()}`);
      }
      responses.push(await browser(url));
    };
    const { exitCode } = await logIn(MFA, { browser: meddler });
    const each = [
      '400 No sign-in is waiting for this response.',
      '400 No sign-in is waiting for this response.',
      '404 There is nothing here.',
      '404 There is nothing here.',
      'Received. Go back to the terminal; this page can be closed.',
    ];
    expect({ exitCode, responses }).toEqual({ exitCode: 0, responses: [...each, ...each, ...each] });
    await expect(fetch(`http://127.0.0.1:${port}/callback`)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });

  test('a plain sign-in that is refused is not reported as a refusal of acr values', async () => {
    const refusing = async (url: string) => {
      const request = new URL(url).searchParams;
      const callback = new URL(request.get('redirect_uri') as string);
      const refusal = { error: 'access_denied', error_description: '\u001b[2J', iss: server.issuer };
      callback.search = `${new URLSearchParams({ ...refusal, state: request.get('state') as string })}`;
      return fetch(callback);
    };
    const [first] = await said([], { browser: refusing });
    expect(first).toMatch(/^sign_in: error sign_in_refused: the server refuses: "access_denied" \("\\u001b\[2J"\) \|/);
  });

  test('C-53 a response that names another issuer is reported as unusable', async () => {
    const mixUp = async (url: string) => {
      const sent = await fetch(url, { redirect: 'manual' });
      const callback = new URL(sent.headers.get('location') as string);
      callback.searchParams.set('iss', 'https://other.example');
      return (await fetch(callback)).text();
    };
    const [first] = await said(MFA, { browser: mixUp });
    expect(first).toBe(
      'sign_in: error response_unusable: the response of the server cannot be used: unexpected "iss" (issuer) ' +
        'response ' +
        'parameter value | Have the server corrected. An OpenID library refuses it too.',
    );
  });

  test('a server that breaks down before the code is redeemed is reported', async () => {
    const [first] = await said(MFA, {
      browser: async (url) => {
        server.setUnavailable(false);
        const sent = await fetch(url, { redirect: 'manual' });
        server.setUnavailable(true);
        return fetch(sent.headers.get('location') as string);
      },
    });
    expect(first).toBe(
      'sign_in: error response_unusable: the response of the server cannot be used: unexpected HTTP response status ' +
        'code | ' +
        'Have the server corrected. An OpenID library refuses it too.',
    );
  });

  test('a port that is taken is named, and another asked for', async () => {
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve));
    const outcome = await logIn(MFA);
    await new Promise((resolve) => squatter.close(resolve));
    expect(outcome).toEqual({
      exitCode: 2,
      stdout: '',
      stderr:
        `nestjs-step-up: Port ${port} of 127.0.0.1 cannot be used (EADDRINUSE): choose another one by "--port" ` +
        '(--help shows the options)\n',
    });
  });
});

test('a token response that is not JSON is not quoted', async () => {
  const fetched = globalThis.fetch;
  const spy = jest.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    if (!`${input}`.endsWith('/token')) return fetched(input, init);
    return new Response('secret-in-no-form', { headers: { 'content-type': 'application/json' } });
  });
  const { exitCode, stdout } = await logIn(MFA);
  spy.mockRestore();
  expect(exitCode).toBe(1);
  expect(stdout.replace(/\s+/g, ' ')).toContain(
    'the response of the server cannot be used: failed to parse "response" body as JSON',
  );
  expect(stdout).not.toContain('secret');
});

describe('a token endpoint of ill will', () => {
  /** Returns the first diagnostic, with this response of the token endpoint. */
  async function saidOf(respond: (request: URLSearchParams) => Response): Promise<string | undefined> {
    register('secret-of-doctor');
    const fetched = globalThis.fetch;
    const spy = jest.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      if (!`${input}`.endsWith('/token')) return fetched(input, init);
      return respond(init?.body as URLSearchParams);
    });
    const [first] = await said(['--client-secret-env', 'SECRET'], { browser, env: { SECRET: 'secret-of-doctor' } });
    spy.mockRestore();
    return first;
  }

  test('code, verifier and secret are not printed if the token endpoint repeats them', async () => {
    const said = await saidOf((request) => {
      const [code, verifier] = [request.get('code'), request.get('code_verifier')];
      expect({ code, verifier }).toEqual({ code: expect.any(String), verifier: expect.any(String) });
      const description = `no code ${code} for ${verifier} of secret-of-doctor`;
      return Response.json({ error: 'invalid_grant', error_description: description }, { status: 400 });
    });
    expect(said).toMatch(
      /^sign_in: error code_refused: the server refuses the code: "invalid_grant" \("no code \.\.\. for \.\.\. of \.\.\."\)/,
    );
  });

  test('no more than 1 MiB of a token response is read', async () => {
    let sent = 0;
    const said = await saidOf(() => {
      const endless = new ReadableStream({
        pull(controller) {
          sent += 65_536;
          controller.enqueue(new Uint8Array(65_536).fill(0x20));
        },
      });
      return new Response(endless, { headers: { 'content-type': 'application/json' } });
    });
    expect(said).toMatch(/^sign_in: error response_unusable: the response of the server is larger than 1024 KiB \|/);
    // for both sign-ins, and what the stream keeps at hand
    expect(sent).toBeLessThan(2.5 * 1_048_576);
  });
});

test('neither tokens nor codes nor users are printed', async () => {
  server.subject = 'not-to-be-shown';
  const secrets: string[] = [server.subject];
  const fetched = globalThis.fetch;
  const spy = jest.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const response = await fetched(input, init);
    if (`${input}`.endsWith('/token')) {
      const body = (await response.clone().json()) as Record<string, string>;
      for (const name of ['access_token', 'id_token', 'refresh_token']) secrets.push(body[name] as string);
    }
    return response;
  });
  const watching = async (url: string) => {
    const sent = await fetch(url, { redirect: 'manual' });
    mockClock.now += PACE;
    const callback = sent.headers.get('location') as string;
    secrets.push(new URL(callback).searchParams.get('code') as string);
    return fetch(callback);
  };
  const outcomes = [await logIn(MFA, { browser: watching }), await logIn([...MFA, '--json'], { browser: watching })];
  spy.mockRestore();
  expect(secrets).toHaveLength(25);
  for (const { stdout, stderr } of outcomes) {
    for (const secret of secrets.flatMap((text) => text.split('.'))) expect(stdout + stderr).not.toContain(secret);
  }
});

describe('what the two tokens of a sign-in say of it', () => {
  type Claims = Record<string, unknown>;

  /** The diagnostics, with ID tokens of which these claims differ, and access tokens of which these differ. */
  async function saidOf(
    idToken: (claims: Claims) => Claims,
    accessToken: (claims: Claims) => Claims,
    options: readonly string[],
    around?: Around,
  ): Promise<string[]> {
    const fetched = globalThis.fetch;
    const spy = jest.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      const response = await fetched(input, init);
      if (!`${input}`.endsWith('/token')) return response;
      const body = (await response.json()) as { access_token: string; id_token: string };
      const [header, payload, signature] = body.id_token.split('.') as [string, string, string];
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
      const changed = Buffer.from(JSON.stringify({ ...claims, ...idToken(claims) })).toString('base64url');
      const { acr, auth_time } = claims;
      const token = await server.accessToken({ claims: { acr, auth_time, ...accessToken(claims) } });
      return Response.json({ ...body, access_token: token, id_token: [header, changed, signature].join('.') });
    });
    const lines = await said(options, around);
    spy.mockRestore();
    return lines;
  }

  test('SRV-3 an acr that only the access token has is honored, and missing in the ID token that was to have it', async () => {
    const lines = await saidOf(
      () => ({ acr: undefined }),
      () => ({}),
      MFA,
    );
    expect(lines).toEqual([
      'sign_in: ok sign_in_finished: the ID token has no acr',
      'acr_values: ok acr_values_honored: honored: asked for "urn:example:mfa", and the access token has ' +
        '"urn:example:mfa"',
      'acr_values: ok token_accepted: accepted: typ "at+jwt", signed with "ES256", for "https://api.example"',
      'acr_values: ok acr_present: acr "urn:example:mfa"',
      'acr_values: ok auth_time_present: auth_time 2027-01-15T08:00:30Z, 30 s ago',
      'acr_values: ok requirements_met: enough for acr "urn:example:mfa"',
      'acr_values: error id_token_acr_missing: the access token has acr "urn:example:mfa", and the ID token has none | ' +
        'Have the server put acr into ID tokens too: verifyStepUp() of the client reads it there, and reports acr_missing.',
      'max_age: ok max_age_honored: honored: asked for max_age=0, and the user signed in again, 30 s before the ID token ' +
        'was issued',
      'max_age: ok token_accepted: accepted: typ "at+jwt", signed with "ES256", for "https://api.example"',
      'max_age: ok acr_present: acr "urn:example:mfa"',
      'max_age: ok auth_time_present: auth_time 2027-01-15T08:01:01Z, 30 s ago',
    ]);
  });

  test('SRV-2 an access token that claims a newer sign-in than the ID token is an error', async () => {
    const oldSignIn = NOW - 600;
    const lines = await saidOf(
      () => ({ auth_time: oldSignIn }),
      () => ({ auth_time: NOW + 2 * PACE + 1 }),
      ['--max-age', '1000'],
    );
    expect(lines.filter((line) => line.includes('mismatch'))).toContain(
      'max_age: error id_token_auth_time_mismatch: the access token claims a sign-in at 2027-01-15T08:01:01Z, 661 s ' +
        'after that of the ID token, 2027-01-15T07:50:00Z | Have the server put the time of the sign-in into access ' +
        'tokens, not that of the token or of a consent. Until then no maxAge notices an old sign-in.',
    );
  });

  test.each<[what: string, idToken: Claims, accessToken: Claims, expected: string[]]>([
    ['the same', {}, {}, []],
    ['times that differ by rounding', {}, { auth_time: NOW + 1 }, []],
    ['no auth_time in the ID token', { auth_time: undefined }, {}, []],
    ['no acr in the ID token, which nobody asked for', { acr: undefined }, {}, []],
    [
      'an older sign-in in the access token',
      {},
      { auth_time: NOW - 60 },
      [
        'sign_in: warning id_token_auth_time_mismatch: the access token claims a sign-in at 2027-01-15T07:59:00Z, 60 s ' +
          'before that of the ID token, 2027-01-15T08:00:00Z | Have the server put the same auth_time into both tokens.',
      ],
    ],
    [
      'another acr in the access token',
      {},
      { acr: 'urn:example:mfa' },
      [
        'sign_in: warning id_token_acr_mismatch: the access token has acr "urn:example:mfa", and the ID token has ' +
          '"urn:example:pwd" | Have the server put the same acr into both: the API reads the access token, and the ' +
          'client the ID token.',
      ],
    ],
  ])('both tokens are compared: %s', async (_, idToken, accessToken, expected) => {
    const lines = await saidOf(
      () => idToken,
      () => accessToken,
      [],
    );
    const ofPlain = lines.filter((line) => line.startsWith('sign_in: ') && line.includes('id_token_'));
    expect(ofPlain).toEqual(expected);
  });

  test('SRV-4 at a Keycloak without levels, a word that the plain sign-in satisfies leads to the steps', async () => {
    await server.close();
    server = await createTestAuthorizationServer({ acrValuesSupported: ['1', '0'] });
    register();
    const lines = await saidOf(
      () => ({ acr: '1' }),
      () => ({ acr: '1' }),
      ['--profile', 'keycloak', '--acr', 'mfa=1'],
    );
    expect(lines.find((line) => line.includes('acr_values_untested'))).toBe(
      'acr_values: warning acr_values_untested: asked for "1", and the plain sign-in had "1" already: it satisfies "mfa" ' +
        'without a step-up | Set up levels at the server. docs/authorization-servers.md has the steps, under "Keycloak". ' +
        'The first: Map the names of your authentication levels to numbers: realm settings, "ACR to Level of ' +
        'Authentication (LoA) Mapping".',
    );
  });

  describe('with a profile in a file', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'doctor-'));
    });
    afterEach(() => rm(folder, { recursive: true }));

    /** The codes of what is said of the tokens and of the sign-ins that were to step up. */
    async function codesWith(profile: object, idToken: Claims, accessToken: Claims) {
      await writeFile(join(folder, 'profile.json'), JSON.stringify(profile));
      const lines = await saidOf(
        () => idToken,
        () => accessToken,
        ['--config', join(folder, 'profile.json'), ...MFA],
      );
      return lines
        .map((line) => /^(?:acr_values|max_age): \w+ (\w+)/.exec(line)?.[1])
        .filter((code) => code !== undefined);
    }

    test.each<[what: string, idToken: Claims]>([
      ['has no acr', { acr: undefined }],
      ['has an acr of no meaning', { acr: 'default' }],
    ])('RS-57 a word told by methods is honored by the access token, where the ID token %s', async (_, idToken) => {
      const profile = { methods: { acr: { 'urn:example:mfa': ['otp'] } } };
      expect(await codesWith(profile, idToken, { acr: undefined, amr: ['pwd', 'otp'] })).toContain(
        'acr_values_honored',
      );
      expect(await codesWith(profile, idToken, { acr: undefined, amr: ['pwd'] })).toContain('acr_values_ignored');
    });

    test('an ID token is read by the claim names of the profile', async () => {
      const names = { acr: 'https://api.example/acr', authTime: 'https://api.example/auth_time' };
      const claims = {
        [names.acr]: 'urn:example:mfa',
        [names.authTime]: NOW + 30,
        acr: undefined,
        auth_time: undefined,
      };
      const codes = await codesWith({ claims: names, idToken: { claims: names } }, claims, claims);
      expect(codes).toEqual(expect.arrayContaining(['acr_values_untested', 'acr_present']));
      expect(codes.filter((code) => /^id_token_|not_assessed/.test(code))).toEqual([]);
    });
  });

  test('a secret that a server puts into claims is not printed', async () => {
    register('secret-of-doctor');
    const claims = { acr: 'x secret-of-doctor', auth_time: 'secret-of-doctor' };
    const lines = await saidOf(
      () => ({ acr: claims.acr }),
      () => claims,
      ['--client-secret-env', 'SECRET'],
      {
        browser,
        env: { SECRET: 'secret-of-doctor' },
      },
    );
    expect(lines.join()).toContain('acr "x ..."');
    expect(lines.join()).not.toContain('secret-of-doctor');
  });

  test('opaque access tokens are examined by introspection', async () => {
    const { clientId, clientSecret } = server.introspection;
    const fetched = globalThis.fetch;
    const spy = jest.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      const response = await fetched(input, init);
      if (!`${input}`.endsWith('/token')) return response;
      const opaque = server.opaqueToken({ acr: 'urn:example:mfa', authTime: mockClock.now - PACE });
      return Response.json({ ...((await response.json()) as object), access_token: opaque });
    });
    const introspect = [
      '--introspect',
      '--introspection-client-id',
      clientId,
      '--introspection-secret-env',
      'API_SECRET',
    ];
    const lines = await said([...MFA, ...introspect], { browser, env: { API_SECRET: clientSecret } });
    spy.mockRestore();
    expect(lines.filter((line) => line.startsWith('acr_values: ')).map((line) => line.split(':')[1])).toEqual([
      ' ok acr_values_honored',
      ' ok token_opaque',
      ' ok introspection_active',
      ' ok token_accepted',
      ' ok acr_present',
      ' ok auth_time_present',
      ' ok introspection_needed',
      ' ok requirements_met',
    ]);
  });
});
