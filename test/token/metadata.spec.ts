import { AuthorizationServerUnavailable } from '../../lib/token/errors.js';
import { endpointOf, fetchMetadata, type MetadataSource } from '../../lib/token/metadata.js';
import { manualTimeouts, serverOfEachTest, slowAnswers, unusableAnswers } from './json-server.js';

const OIDC = '/.well-known/openid-configuration';
const OAUTH = '/.well-known/oauth-authorization-server';

const server = serverOfEachTest();

async function unavailable(issuer: string, signal?: AbortSignal): Promise<AuthorizationServerUnavailable> {
  const error = await fetchMetadata({ issuer }, signal).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AuthorizationServerUnavailable);
  expect(error).toMatchObject({ issuer, retryAfter: 10 });
  return error as AuthorizationServerUnavailable;
}

describe('the addresses of the metadata', () => {
  test.each([
    { path: '', asked: [OIDC] },
    { path: '/', asked: [OIDC] },
    { path: '/tenant', asked: [`/tenant${OIDC}`] },
    { path: '/tenant/', asked: [`/tenant${OIDC}`] },
    { path: '', asked: [OIDC, OAUTH] },
    { path: '/', asked: [OIDC, OAUTH] },
    { path: '/tenant', asked: [`/tenant${OIDC}`, `${OAUTH}/tenant`] },
    { path: '/a/b/', asked: [`/a/b${OIDC}`, `${OAUTH}/a/b`] },
  ])('issuer path "$path" leads to $asked', async ({ path, asked }) => {
    const document = {
      issuer: server.origin + path,
      jwks_uri: 'https://as.example/jwks',
      acr_values_supported: ['phr'],
    };
    server.json(asked.at(-1) as string, document);
    await expect(fetchMetadata(document)).resolves.toEqual(document);
    expect(server.requests).toEqual(asked);
  });

  test.each<[what: string, before: string, type: string | undefined]>([
    ['with a byte order mark', '\uFEFF', 'application/json'],
    ['as text', '', 'text/plain; charset=utf-8'],
    ['as another kind of JSON', '', 'application/openid-configuration+json'],
    ['without a media type', '', undefined],
  ])('a document %s is read', async (_, before, type) => {
    const document = { issuer: server.origin, jwks_uri: 'https://as.example/jwks' };
    server.text(OIDC, before + JSON.stringify(document), 200, type === undefined ? {} : { 'content-type': type });
    await expect(fetchMetadata(document)).resolves.toEqual(document);
  });

  test('an issuer without a document at either address is unavailable', async () => {
    const { code, cause, message } = await unavailable(`${server.origin}/t`);
    expect({ code, cause }).toEqual({ code: 'metadata_unreadable', cause: new Error('is answered with status 404') });
    expect(message).toBe(
      `${server.origin}/t: its metadata cannot be read: /t${OIDC} is answered with status 404; ` +
        `${OAUTH}/t is answered with status 404`,
    );
  });
});

describe('the issuer must be the configured one, exactly', () => {
  test.each([
    ['another', 'https://other.example', 'the issuer "https://other.example"'],
    ['with text for a log', 'x\r\n"\u202e\u00e9', 'the issuer "x\\r\\n\\"\\u202e\\u00e9"'],
    ['long', 'a'.repeat(100), `the issuer "${'a'.repeat(100)}"`],
    ['too long', 'a'.repeat(5000), `the issuer "${'a'.repeat(100)}..."`],
    ['no string', ['https://other.example'], 'no issuer'],
    ['absent', undefined, 'no issuer'],
  ])('%s', async (_name, issuer, named) => {
    server.json(OIDC, { issuer, jwks_uri: 'https://as.example/jwks' });
    const { message } = await unavailable(server.origin);
    expect(message).toBe(`${server.origin}: its metadata names ${named}; configure exactly that one`);
    expect(server.requests).toEqual([OIDC]);
  });

  test('RS-63 a trailing slash makes another issuer', async () => {
    server.json(OIDC, { issuer: `${server.origin}/`, jwks_uri: 'https://as.example/jwks' });
    const { message } = await unavailable(server.origin);
    expect(message).toContain(`names the issuer "${server.origin}/"`);
  });

  test('members inherited by "__proto__" do not count', async () => {
    server.text(OIDC, `{"__proto__":{"issuer":"${server.origin}","jwks_uri":"https://as.example/jwks"}}`);
    const { message } = await unavailable(server.origin);
    expect(message).toContain('names no issuer');
  });
});

describe('jwks_uri is https, loopback excepted', () => {
  test.each([
    'https://as.example/jwks',
    'http://127.0.0.1:8080/jwks',
    'http://127.9.9.9/jwks',
    'http://[::1]/jwks',
    'http://localhost:1/jwks',
  ])('%s is accepted', async (jwks_uri) => {
    server.json(OIDC, { issuer: server.origin, jwks_uri });
    const source = { issuer: server.origin };
    expect(endpointOf(await fetchMetadata(source), 'jwks_uri', source)).toBe(jwks_uri);
  });

  test.each([
    'http://as.example/jwks',
    'http://127.0.0.1.as.example/jwks',
    'http://localhost.as.example/jwks',
    'https://user:password@as.example/jwks',
    'https://user@as.example/jwks',
    'https://:password@as.example/jwks',
    'file:///etc/jwks',
    '/jwks',
    '',
    null,
    7,
    ['https://as.example/jwks'],
    undefined,
  ])('%s is refused', async (jwks_uri) => {
    server.json(OIDC, { issuer: server.origin, jwks_uri });
    const source = { issuer: server.origin };
    const metadata = await fetchMetadata(source);
    const read = () => endpointOf(metadata, 'jwks_uri', source);
    expect(read).toThrow(AuthorizationServerUnavailable);
    expect(read).toThrow(`${server.origin}: its metadata has no https "jwks_uri" (http is accepted on loopback only)`);
  });
});

test('an issuer elsewhere cannot send us to this machine by http', () => {
  const metadata = { issuer: 'https://as.example', jwks_uri: 'http://127.0.0.1:8080/jwks' };
  expect(() => endpointOf(metadata, 'jwks_uri', metadata)).toThrow(
    'https://as.example: its metadata has no https "jwks_uri"',
  );
});

describe('field RS-03 a server at another address than its issuer', () => {
  const ISSUER = 'https://login.example/realms/bank';
  const source = () => ({ issuer: ISSUER, metadataUri: `${server.origin}/inside` });

  test('the document is read at "metadataUri" alone', async () => {
    server.json('/inside', { issuer: ISSUER, jwks_uri: 'https://login.example/jwks' });
    const metadata = await fetchMetadata(source());
    expect(endpointOf(metadata, 'jwks_uri', source())).toBe('https://login.example/jwks');
    expect(server.requests).toEqual(['/inside']);
  });

  test('another document is not looked for if it cannot be read', async () => {
    server.json(OIDC, { issuer: ISSUER });
    const error = await fetchMetadata(source()).catch((reason: unknown) => reason);
    expect(error).toEqual(
      new Error(`${ISSUER}: its metadata cannot be read: the document of "metadataUri" is answered with status 404`),
    );
    expect(server.requests).toEqual(['/inside']);
  });

  test.each([['of the address'], [`${ISSUER}/`], [ISSUER.toUpperCase()], [undefined]])(
    'its issuer has to be exactly the configured one, not %s',
    async (issuer) => {
      server.json('/inside', {
        issuer: issuer === 'of the address' ? server.origin : issuer,
        jwks_uri: 'https://a.example',
      });
      await expect(fetchMetadata(source())).rejects.toMatchObject({ code: 'metadata_issuer_mismatch', issuer: ISSUER });
    },
  );

  test.each<[jwksUri: string, options: Partial<MetadataSource>, isAccepted: boolean]>([
    ['http://127.0.0.1/jwks', { metadataUri: 'http://127.0.0.1:9/inside' }, true],
    ['http://127.0.0.1/jwks', { metadataUri: 'https://keycloak/inside' }, false],
    ['http://keycloak:8080/jwks', { metadataUri: 'http://127.0.0.1:9/inside' }, false],
    ['http://keycloak:8080/jwks', { allowInsecureRequests: true }, true],
    ['http://user@keycloak:8080/jwks', { allowInsecureRequests: true }, false],
    ['ftp://keycloak/jwks', { allowInsecureRequests: true }, false],
    ['/jwks', { allowInsecureRequests: true }, false],
  ])('jwks_uri %s with %j: accepted is %s', (jwks_uri, options, isAccepted) => {
    const read = () => endpointOf({ issuer: ISSUER, jwks_uri }, 'jwks_uri', { issuer: ISSUER, ...options });
    if (isAccepted) expect(read()).toBe(jwks_uri);
    else {
      const lack = options.allowInsecureRequests
        ? 'no usable "jwks_uri"'
        : 'no https "jwks_uri" (http is accepted on loopback only)';
      const reason = `its metadata has ${lack}`;
      expect(read).toThrow(AuthorizationServerUnavailable);
      expect(read).toThrow(
        expect.objectContaining({ issuer: ISSUER, code: 'endpoint_missing', reason, retryAfter: 10 }),
      );
    }
  });
});

describe('responses that are not a document', () => {
  test.each(unusableAnswers)('$name', async ({ answer, reason }) => {
    server.answers.set(OIDC, answer);
    server.json('/elsewhere', { issuer: server.origin, jwks_uri: 'https://as.example/jwks' });
    const { message } = await unavailable(server.origin);
    expect(message).toBe(
      `${server.origin}: its metadata cannot be read: ${OIDC} ${reason}; ${OAUTH} is answered with status 404`,
    );
    expect(server.hits('/elsewhere')).toBe(0);
  });

  test('a server that refuses the connection is unavailable', async () => {
    await server.close();
    const { message } = await unavailable(server.origin);
    expect(message).toContain(`${OIDC} cannot be reached (ECONNREFUSED)`);
    await server.listen();
  });

  test.each(slowAnswers)('$name: both addresses share one timeout of five seconds', async ({ answer }) => {
    server.answers.set(OIDC, answer);
    const timeouts = manualTimeouts();
    const failure = unavailable(server.origin);
    await server.receives(OIDC);
    timeouts.expire();
    jest.restoreAllMocks();
    expect((await failure).message).toBe(`${server.origin}: its metadata cannot be read: ${OIDC} was not read in time`);
    expect(server.requests).toEqual([OIDC]);
    expect(timeouts.milliseconds).toEqual([5000]);
  });

  test('a signal of the caller stands in for the timeout', async () => {
    server.answers.set(OIDC, () => undefined);
    const timeouts = manualTimeouts();
    const caller = new AbortController();
    const failure = unavailable(server.origin, caller.signal);
    await server.receives(OIDC);
    caller.abort();
    jest.restoreAllMocks();
    expect((await failure).message).toContain('was not read in time');
    expect(timeouts.milliseconds).toEqual([]);
  });
});
