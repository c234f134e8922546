import { createLocalJWKSet, createRemoteJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import * as openid from 'openid-client';

const REDIRECT_URI = 'https://client.example/callback';
// BASE64URL(SHA256(verifier)), the example of RFC 7636 appendix B
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const REQUEST = {
  response_type: 'code',
  client_id: 'test-client',
  redirect_uri: REDIRECT_URI,
  scope: 'openid',
  state: 'state-1',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
};

let server: TestAuthorizationServer;
beforeEach(async () => {
  server = await createTestAuthorizationServer();
});
afterEach(() => server.close());

const authorize = (parameters: Record<string, string>) =>
  fetch(`${server.issuer}/authorize?${new URLSearchParams(parameters)}`, { redirect: 'manual' });
const redirectOf = async (parameters: Record<string, string>) => {
  const location = new URL((await authorize(parameters)).headers.get('location') as string);
  return { to: location.origin + location.pathname, parameters: Object.fromEntries(location.searchParams) };
};
const codeFor = async (parameters: Record<string, string> = {}) =>
  (await redirectOf({ ...REQUEST, ...parameters })).parameters['code'] as string;
const post = async (path: string, form: Record<string, string>, headers: Record<string, string> = {}) => {
  const response = await fetch(server.issuer + path, { method: 'POST', body: new URLSearchParams(form), headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const NOT_REDIRECTED = { status: 400, location: null };
const basic = (id: string, secret: string) => ({ authorization: `Basic ${btoa(`${id}:${secret}`)}` });
const redeem = (code: string, changed: Record<string, string> = {}) =>
  post('/token', {
    grant_type: 'authorization_code',
    client_id: 'test-client',
    code,
    redirect_uri: REDIRECT_URI,
    code_verifier: VERIFIER,
    ...changed,
  });

describe('the port', () => {
  const portOf = ({ issuer }: TestAuthorizationServer) => Number(new URL(issuer).port);

  it('is the one that is given, so that the issuer is known before the server is there', async () => {
    const port = portOf(server);
    await server.close();
    server = await createTestAuthorizationServer({ port });
    expect(server.issuer).toBe(`http://127.0.0.1:${port}`);
    expect((await fetch(server.jwksUri)).status).toBe(200);
  });

  it('is refused with its number if it is taken', async () => {
    const port = portOf(server);
    await expect(createTestAuthorizationServer({ port })).rejects.toThrow(
      `Port ${port} is taken by another server; close it, or leave "port" out for a free one`,
    );
  });

  it.each([-1, 65_536, 1.5, Number.NaN, '3000', null])('has to be one: %p', async (port) => {
    await expect(createTestAuthorizationServer({ port: port as number })).rejects.toThrow(
      new TypeError('"port" must be an integer from 0 to 65535'),
    );
  });
});

it('a server declared with `await using` is closed at the end of its block', async () => {
  let issuer = '';
  {
    await using other = await createTestAuthorizationServer();
    issuer = other.issuer;
    expect((await fetch(`${issuer}/jwks`)).status).toBe(200);
  }
  await expect(fetch(`${issuer}/jwks`)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
});

it('claims replace what the other options and the server say, with values of any type', async () => {
  const claims = { acr: ['urn:example:mfa'], auth_time: 'yesterday', jti: undefined };
  const token = decodeJwt(await server.accessToken({ acr: 'urn:example:pwd', claims }));
  expect(token).toMatchObject({ acr: ['urn:example:mfa'], auth_time: 'yesterday', iss: server.issuer });
  expect(token).not.toHaveProperty('jti');
});

describe('discovery', () => {
  it.each(['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'])(
    'discovery at %s names every endpoint',
    async (path) => {
      const metadata = (await (await fetch(server.issuer + path)).json()) as Record<string, unknown>;
      expect(metadata).toMatchObject({
        issuer: server.issuer,
        authorization_endpoint: `${server.issuer}/authorize`,
        token_endpoint: `${server.issuer}/token`,
        introspection_endpoint: server.introspection.endpoint,
        jwks_uri: server.jwksUri,
        acr_values_supported: ['urn:example:phr', 'urn:example:mfa', 'urn:example:pwd'],
      });
    },
  );

  it('discovery publishes the acr values that the server was given', async () => {
    const other = await createTestAuthorizationServer({ acrValuesSupported: ['gold', 'silver'] });
    const metadata = await (await fetch(`${other.issuer}/.well-known/openid-configuration`)).json();
    await other.close();
    expect(metadata).toHaveProperty('acr_values_supported', ['gold', 'silver']);
  });
});

describe('introspection (RFC 7662)', () => {
  const introspect = (token: string, headers?: Record<string, string>) => {
    const { clientId, clientSecret } = server.introspection;
    return post('/introspect', { token }, headers ?? basic(clientId, clientSecret));
  };

  it('introspection returns all claims of a JWT', async () => {
    const token = await server.accessToken({ acr: 'urn:example:mfa', claims: { tenant: 'blue' } });
    const { body } = await introspect(token);
    expect(body).toEqual({ active: true, token_type: 'Bearer', ...decodeJwt(token) });
    expect(body).toMatchObject({ acr: 'urn:example:mfa', tenant: 'blue' });
  });

  it('introspection returns all claims of an opaque token', async () => {
    const token = server.opaqueToken({ acr: 'urn:example:mfa', authTime: 1_700_000_000, subject: 'bob', scope: 'a b' });
    expect(token).not.toContain('.');
    expect((await introspect(token)).body).toEqual({
      active: true,
      token_type: 'Bearer',
      iss: server.issuer,
      aud: server.audience,
      sub: 'bob',
      client_id: 'test-client',
      scope: 'a b',
      acr: 'urn:example:mfa',
      auth_time: 1_700_000_000,
      jti: expect.any(String),
      iat: expect.any(Number),
      exp: expect.any(Number),
    });
  });

  it.each<[state: string, token: () => string]>([
    ['unknown', () => 'never-issued'],
    ['expired', () => server.opaqueToken({ expiresIn: -1 })],
    ['not yet valid', () => server.opaqueToken({ claims: { nbf: Math.floor(Date.now() / 1000) + 60 } })],
    [
      'revoked',
      () => {
        const token = server.opaqueToken();
        server.revoke(token);
        return token;
      },
    ],
  ])('introspection calls a token that is %s inactive, and returns no more', async (_, token) => {
    expect((await introspect(token())).body).toEqual({ active: false });
  });

  it('a token that the server has not issued cannot be revoked', () => {
    expect(() => server.revoke('never-issued')).toThrow(TypeError);
  });

  it.each<[what: string, headers: () => Record<string, string>]>([
    ['no credentials', () => ({})],
    ['a wrong secret', () => basic(server.introspection.clientId, 'wrong')],
    ['another client', () => basic('test-client', server.introspection.clientSecret)],
    ['a bearer token', () => ({ authorization: `Bearer ${server.introspection.clientSecret}` })],
  ])('introspection refuses %s', async (_, headers) => {
    const token = server.opaqueToken();
    expect(await introspect(token, headers())).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  it('introspection requests are counted', async () => {
    await introspect('a');
    await introspect('b');
    expect(server.introspectionRequests).toBe(2);
  });
});

describe('the code flow', () => {
  it('the code flow satisfies a client library that checks PKCE, state, nonce, iss, max_age and signatures', async () => {
    const configuration = await openid.discovery(new URL(server.issuer), 'test-client', undefined, openid.None(), {
      execute: [openid.allowInsecureRequests, openid.enableNonRepudiationChecks],
    });
    const url = openid.buildAuthorizationUrl(configuration, {
      redirect_uri: REDIRECT_URI,
      scope: 'openid transfer:write',
      state: 'state-1',
      nonce: 'nonce-1',
      acr_values: 'urn:example:mfa',
      max_age: '300',
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
    });
    const redirect = await fetch(url, { redirect: 'manual' });
    const tokens = await openid.authorizationCodeGrant(configuration, new URL(redirect.headers.get('location')!), {
      pkceCodeVerifier: VERIFIER,
      expectedState: 'state-1',
      expectedNonce: 'nonce-1',
      maxAge: 300,
      idTokenExpected: true,
    });
    expect(tokens.claims()).toMatchObject({ sub: 'alice', acr: 'urn:example:mfa', auth_time: expect.any(Number) });

    const keys = createRemoteJWKSet(new URL(server.jwksUri));
    const { payload } = await jwtVerify(tokens.access_token, keys, {
      issuer: server.issuer,
      audience: server.audience,
      typ: 'at+jwt',
    });
    expect(payload).toMatchObject({
      acr: 'urn:example:mfa',
      auth_time: tokens.claims()?.auth_time,
      scope: 'openid transfer:write',
      client_id: 'test-client',
    });

    const refreshed = await openid.refreshTokenGrant(configuration, tokens.refresh_token as string);
    expect(decodeJwt(refreshed.access_token)).toMatchObject({ acr: payload['acr'], auth_time: payload['auth_time'] });
  });

  it('there is no ID token without the scope openid', async () => {
    const { body } = await redeem(await codeFor({ scope: 'transfer:write' }));
    expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'refresh_token', 'scope', 'token_type']);
  });

  it('introspection knows the tokens of the code flow', async () => {
    const { body } = await redeem(await codeFor());
    const { clientId, clientSecret } = server.introspection;
    const form = { token: body['access_token'] as string };
    expect((await post('/introspect', form, basic(clientId, clientSecret))).body).toMatchObject({
      active: true,
      sub: 'alice',
    });
  });

  it('tokens are signed with the key of the key document, even after a rotation', async () => {
    server.rotateKey();
    const { body } = await redeem(await codeFor());
    const keys = createLocalJWKSet((await (await fetch(server.jwksUri)).json()) as JSONWebKeySet);
    await expect(jwtVerify(body['id_token'] as string, keys, { audience: 'test-client' })).resolves.toBeDefined();
  });

  it('the user who answers authorization requests may be changed', async () => {
    server.subject = 'bob';
    const { body } = await redeem(await codeFor());
    expect(decodeJwt(body['id_token'] as string).sub).toBe('bob');
  });

  it('the parameters of authorization requests are recorded', async () => {
    await codeFor({ max_age: '0' });
    await codeFor();
    expect(server.authorizationRequests).toEqual([{ ...REQUEST, max_age: '0' }, REQUEST]);
  });
});

describe('authorization requests', () => {
  it.each<[what: string, changed: Record<string, string>]>([
    ['an unknown client', { client_id: 'somebody' }],
    ['a redirect URI that only begins like a registered one', { redirect_uri: `${REDIRECT_URI}/more` }],
    ['a redirect URI with another query', { redirect_uri: `${REDIRECT_URI}?a=b` }],
  ])('an authorization request with %s is refused without a redirect', async (_, changed) => {
    const response = await authorize({ ...REQUEST, ...changed });
    expect({ status: response.status, location: response.headers.get('location') }).toEqual(NOT_REDIRECTED);
  });

  it.each<[what: string, changed: Record<string, string>, error: string]>([
    ['another response type', { response_type: 'token' }, 'unsupported_response_type'],
    ['no code_challenge', { code_challenge: '' }, 'invalid_request'],
    ['a plain code challenge', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['a max_age that is no number', { max_age: 'soon' }, 'invalid_request'],
    ['a negative max_age', { max_age: '-1' }, 'invalid_request'],
    ['claims that are no JSON', { claims: '{' }, 'invalid_request'],
    ['an acr claim of the wrong type', { claims: '{"id_token":{"acr":{"values":"mfa"}}}' }, 'invalid_request'],
    [
      'C-39 acr_values and an acr claim at once',
      { acr_values: 'urn:example:mfa', claims: '{"id_token":{"acr":{"essential":true,"value":"urn:example:mfa"}}}' },
      'invalid_request',
    ],
    ['another resource', { resource: 'https://other.example' }, 'invalid_target'],
    ['a request object', { request: 'e30.e30.' }, 'request_not_supported'],
    ['a request_uri', { request_uri: 'urn:example:request' }, 'request_uri_not_supported'],
    ['prompt=none although the user has to sign in', { prompt: 'none' }, 'login_required'],
    ['acr values of which none is known', { acr_values: 'gold silver' }, 'unmet_authentication_requirements'],
  ])('%s: the authorization request is refused by redirect, with state and iss', async (_, changed, error) => {
    const { to, parameters } = await redirectOf({ ...REQUEST, ...changed });
    expect(to).toBe(REDIRECT_URI);
    expect(parameters).toEqual({ error, error_description: expect.any(String), state: 'state-1', iss: server.issuer });
  });

  it('an authorization request with a parameter twice is refused without a redirect', async () => {
    const response = await fetch(`${server.issuer}/authorize?${new URLSearchParams(REQUEST)}&state=state-2`, {
      redirect: 'manual',
    });
    expect({ status: response.status, location: response.headers.get('location') }).toEqual(NOT_REDIRECTED);
  });

  it('an authorization request without a state is answered without one', async () => {
    const { state: _, ...request } = REQUEST;
    expect((await redirectOf(request)).parameters).toEqual({ code: expect.any(String), iss: server.issuer });
  });
});

describe('token requests', () => {
  it.each<[what: string, changed: Record<string, string>, error: string]>([
    ['an unknown code', { code: 'guessed' }, 'invalid_grant'],
    ['another redirect URI', { redirect_uri: 'https://client.example/other' }, 'invalid_grant'],
    ['another code_verifier', { code_verifier: VERIFIER.toUpperCase() }, 'invalid_grant'],
    ['no code_verifier', { code_verifier: '' }, 'invalid_grant'],
    ['an unknown client', { client_id: 'somebody' }, 'invalid_client'],
    ['another grant type', { grant_type: 'password' }, 'unsupported_grant_type'],
  ])('a token request with %s is refused', async (_, changed, error) => {
    expect((await redeem(await codeFor(), changed)).body['error']).toBe(error);
  });

  it('a code is redeemed once', async () => {
    const code = await codeFor();
    expect((await redeem(code)).status).toBe(200);
    expect((await redeem(code)).body['error']).toBe('invalid_grant');
  });

  it('a code expires after a minute', async () => {
    const code = await codeFor();
    const now = Date.now();
    const clock = jest.spyOn(Date, 'now').mockReturnValue(now + 60_000);
    const { body } = await redeem(code);
    clock.mockRestore();
    expect(body['error']).toBe('invalid_grant');
  });

  it('a refresh token is redeemed once, within the granted scope', async () => {
    const refresh = (token: unknown, scope: string) =>
      post('/token', {
        grant_type: 'refresh_token',
        client_id: 'test-client',
        refresh_token: token as string,
        scope,
      });
    const { body } = await redeem(await codeFor({ scope: 'openid read write' }));
    const refreshed = await refresh(body['refresh_token'], 'read');
    expect(refreshed.body).toMatchObject({ scope: 'read', expires_in: 300 });
    expect(refreshed.body).not.toHaveProperty('id_token');
    expect((await refresh(body['refresh_token'], 'read')).body['error']).toBe('invalid_grant');
    expect((await refresh(refreshed.body['refresh_token'], 'admin')).body['error']).toBe('invalid_scope');
  });

  it('a refresh token of another client is refused', async () => {
    server.registerClient({ clientId: 'other', redirectUris: [REDIRECT_URI] });
    const { body } = await redeem(await codeFor());
    const refreshToken = body['refresh_token'] as string;
    const form = { grant_type: 'refresh_token', client_id: 'other', refresh_token: refreshToken };
    expect((await post('/token', form)).body['error']).toBe('invalid_grant');
  });

  it('a code of another client is refused', async () => {
    server.registerClient({ clientId: 'other', redirectUris: [REDIRECT_URI] });
    expect((await redeem(await codeFor(), { client_id: 'other' })).body['error']).toBe('invalid_grant');
  });

  describe('of a confidential client', () => {
    const client = { clientId: 'bff', clientSecret: 'a:b c', redirectUris: [REDIRECT_URI] };
    beforeEach(() => server.registerClient(client));

    it.each<[what: string, status: number, form: Record<string, string>, headers: Record<string, string>]>([
      ['client_secret_basic', 200, {}, basic('bff', 'a%3Ab+c')],
      ['client_secret_post', 200, { client_id: 'bff', client_secret: 'a:b c' }, {}],
      ['a wrong secret', 401, {}, basic('bff', 'wrong')],
      ['no secret', 401, { client_id: 'bff' }, {}],
      ['the name of another client', 400, { client_id: 'test-client' }, {}],
    ])('a confidential client that sends %s gets status %i', async (_, status, form, headers) => {
      const { client_id: _clientId, ...request } = REQUEST;
      const { parameters } = await redirectOf({ ...request, client_id: 'bff' });
      const grant = { grant_type: 'authorization_code', redirect_uri: REDIRECT_URI, code_verifier: VERIFIER };
      const answer = await post('/token', { ...grant, code: parameters['code'] as string, ...form }, headers);
      expect(answer.status).toBe(status);
    });
  });
});

describe('options', () => {
  it.each<[name: string, act: () => unknown]>([
    ['"behavior"', () => createTestAuthorizationServer({ behavior: 'honours' as 'honors' })],
    ['"acrValuesSupported"', () => createTestAuthorizationServer({ acrValuesSupported: [] })],
    ['"redirectUris"', async () => server.registerClient({ clientId: 'spa', redirectUris: [] })],
    ['"redirectUris"', async () => server.registerClient({ clientId: 'spa' } as never)],
    ['"Port"; the closest is "port"', () => createTestAuthorizationServer({ Port: 4000 } as never)],
    ['"authtime"; the closest is "authTime"', async () => server.accessToken({ authtime: 1 } as never)],
    ['"Acr"; the closest is "acr"', async () => server.opaqueToken({ Acr: 'urn:example:mfa' } as never)],
    ["{ acr: 'urn:example:mfa' }", async () => server.accessToken('urn:example:mfa' as never)],
    ["{ acr: 'urn:example:mfa' }", async () => server.opaqueToken(null as never)],
    [
      '"behavior"',
      async () => {
        server.behavior = 'honours' as 'honors';
      },
    ],
  ])('a wrong option is a TypeError that names %s', async (name, act) => {
    await expect(act()).rejects.toThrow(name);
    await expect(act()).rejects.toThrow(TypeError);
  });
});

it('a server that is unavailable answers every request with status 500', async () => {
  server.setUnavailable(true);
  expect((await authorize(REQUEST)).status).toBe(500);
  expect((await fetch(server.jwksUri)).status).toBe(500);
  server.setUnavailable(false);
  expect((await fetch(server.jwksUri)).status).toBe(200);
  expect(server.keyRequests).toBe(2);
});
