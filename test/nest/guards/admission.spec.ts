import { Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { AccessTokenGuard, RequireAcr } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import {
  adapters,
  captureLog,
  type RunningApplication,
  type Send,
  startApplication,
} from '../../support/application.js';

@Controller()
class BankController {
  @Post('accounts')
  @UseGuards(AccessTokenGuard)
  accounts() {
    return { accounts: ['current'] };
  }

  @Post('transfer')
  @HttpCode(200)
  @RequireAcr('mfa', { maxAge: 300, scope: 'openid transfer:write' })
  transfer() {
    return { done: true };
  }
}

interface Row {
  name: string;
  request: (server: TestAuthorizationServer) => Send | Promise<Send>;
  query?: string;
  status: number;
  challenges: string[];
  body: Record<string, unknown>;
}

const noToken = {
  status: 401,
  challenges: ['Bearer realm="api"'],
  body: { statusCode: 401, message: 'Unauthorized' },
};

function refused(status: 400 | 401, error: string, description: string) {
  return {
    status,
    challenges: [`Bearer realm="api", error="${error}", error_description="${description}"`],
    body: { error, error_description: description },
  };
}

const onlyOneHeader = refused(400, 'invalid_request', 'Only one Authorization header is allowed');
const onlyOneToken = refused(400, 'invalid_request', 'The Authorization header must carry exactly one token');
const onlyInHeader = refused(400, 'invalid_request', 'The access token must be sent in the Authorization header alone');
const notReadable = refused(401, 'invalid_token', 'The access token is not a signed JWT');

const mfa = { acr: 'urn:example:mfa', scope: 'openid transfer:write' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const bearer = async (server: TestAuthorizationServer) => `Bearer ${await server.accessToken(mfa)}`;

const rows: Row[] = [
  { name: 'RS-25 no Authorization header', request: () => ({}), ...noToken },
  {
    name: 'RS-25 an empty Bearer is no token',
    request: () => ({ headers: { authorization: 'Bearer' } }),
    ...noToken,
  },
  {
    name: 'RS-25 a Bearer followed by spaces is no token',
    request: () => ({ headers: { authorization: 'Bearer   ' } }),
    ...noToken,
  },
  {
    name: 'RS-25 another scheme is no token',
    request: () => ({ headers: { authorization: 'Basic dXNlcjpwYXNzd29yZA==' } }),
    ...noToken,
  },
  {
    name: 'RS-25 a token in the query alone is no token',
    request: () => ({}),
    query: '?access_token=e30.e30.e30',
    ...noToken,
  },
  {
    name: 'RS-25 a token in the form alone is no token',
    request: async (server) => ({ headers: form, body: `access_token=${await server.accessToken(mfa)}` }),
    ...noToken,
  },
  {
    name: 'several Authorization headers',
    request: async (server) => ({ headers: { authorization: [await bearer(server), await bearer(server)] } }),
    ...onlyOneHeader,
  },
  {
    name: 'several Authorization headers of which the first is of another scheme',
    request: async (server) => ({ headers: { authorization: ['Basic dXNlcjpwYXNz', await bearer(server)] } }),
    ...onlyOneHeader,
  },
  {
    name: 'several tokens in one header',
    request: async (server) => ({ headers: { authorization: `${await bearer(server)} e30.e30.e30` } }),
    ...onlyOneToken,
  },
  {
    name: 'several credentials in one header, joined by a comma',
    request: async (server) => ({ headers: { authorization: `${await bearer(server)}, ${await bearer(server)}` } }),
    ...onlyOneToken,
  },
  {
    name: 'a token in the query as well',
    request: async (server) => ({ token: await server.accessToken(mfa) }),
    query: '?amount=1&access_token=e30.e30.e30',
    ...onlyInHeader,
  },
  {
    name: 'a token in the form as well',
    request: async (server) => ({
      token: await server.accessToken(mfa),
      headers: form,
      body: 'amount=1&access_token=e30.e30.e30',
    }),
    ...onlyInHeader,
  },
  {
    name: 'RS-26 a token that is no JWT',
    request: () => ({ token: 'garbage' }),
    ...notReadable,
  },
  {
    name: 'RS-24 RS-90 an expired token whose acr is not enough either',
    request: async (server) => ({ token: await server.accessToken({ acr: 'urn:example:pwd', expiresIn: -60 }) }),
    ...refused(401, 'invalid_token', 'The access token has expired'),
  },
  {
    name: 'RS-24 an issuer that is not configured',
    request: async (server) => ({
      token: await server.accessToken({ ...mfa, claims: { iss: 'https://other.example' } }),
    }),
    ...refused(401, 'invalid_token', 'The issuer of the access token is not known'),
  },
  {
    name: 'a token under the scheme DPoP',
    request: async (server) => ({ headers: { authorization: `DPoP ${await server.accessToken(mfa)}` } }),
    ...refused(401, 'invalid_token', 'Proof of possession is not supported here; send a bearer token'),
  },
  {
    name: 'RS-07 RS-91 RS-93 authentication and scope both lacking: one challenge for both',
    request: async (server) => ({ token: await server.accessToken({ acr: 'urn:example:pwd', scope: 'openid' }) }),
    status: 401,
    challenges: [
      'Bearer realm="api", error="insufficient_user_authentication", ' +
        'error_description="A different authentication is required", acr_values="urn:example:mfa", max_age="300", ' +
        'scope="openid transfer:write"',
    ],
    body: {
      error: 'insufficient_user_authentication',
      error_description: 'A different authentication is required',
      acr_values: 'urn:example:mfa',
      max_age: 300,
      scope: 'openid transfer:write',
      reasons: ['acr_unmet', 'scope_missing'],
    },
  },
  {
    name: 'RS-01 RS-02 RS-07 the authentication alone lacking: a challenge without scope',
    request: async (server) => ({ token: await server.accessToken({ ...mfa, acr: 'urn:example:pwd' }) }),
    status: 401,
    challenges: [
      'Bearer realm="api", error="insufficient_user_authentication", ' +
        'error_description="A different authentication is required", acr_values="urn:example:mfa", max_age="300"',
    ],
    body: {
      error: 'insufficient_user_authentication',
      error_description: 'A different authentication is required',
      acr_values: 'urn:example:mfa',
      max_age: 300,
      reasons: ['acr_unmet'],
    },
  },
  {
    name: 'RS-12 RS-29 RS-92 the scope alone lacking',
    request: async (server) => ({ token: await server.accessToken({ ...mfa, scope: 'openid' }) }),
    status: 403,
    challenges: [
      'Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a scope", ' +
        'scope="openid transfer:write"',
    ],
    body: {
      error: 'insufficient_scope',
      error_description: 'The access token lacks a scope',
      scope: 'openid transfer:write',
      reasons: ['scope_missing'],
    },
  },
  {
    name: 'everything there',
    request: async (server) => ({ token: await server.accessToken(mfa) }),
    status: 200,
    challenges: [],
    body: { done: true },
  },
  {
    name: 'a scheme is case-insensitive',
    request: async (server) => ({ headers: { authorization: (await bearer(server)).replace('Bearer', 'bEARER') } }),
    status: 200,
    challenges: [],
    body: { done: true },
  },
];

describe.each(adapters)('the order in which faults are answered, %s', (_, createAdapter) => {
  let server: TestAuthorizationServer;
  let application: RunningApplication;
  let log: ReturnType<typeof captureLog>;

  beforeAll(async () => {
    log = captureLog();
    server = await createTestAuthorizationServer();
    application = await startApplication({
      createAdapter,
      controllers: [BankController],
      options: {
        authorizationServers: [{ issuer: server.issuer, audience: server.audience, acr: { mfa: 'urn:example:mfa' } }],
      },
    });
  });
  afterAll(async () => {
    log.restore();
    await application?.close();
    await server?.close();
  });

  it.each(rows)('$name', async ({ request, query = '', status, challenges, body }) => {
    const answer = await application.send(`/transfer${query}`, { method: 'POST', ...(await request(server)) });
    expect(answer.status).toBe(status);
    expect(answer.challenges).toEqual(challenges);
    expect(answer.body).toEqual(body);
    expect(answer.headers['content-type']).toEqual(['application/json; charset=utf-8']);
  });

  const refusedTokens = rows.filter(({ body }) => 'message' in body || /^invalid_/.test(String(body['error'])));
  it.each(refusedTokens)(
    'the same where a valid token is all that is required: $name',
    async ({ request, query = '', status, challenges, body }) => {
      const answer = await application.send(`/accounts${query}`, { method: 'POST', ...(await request(server)) });
      expect([answer.status, answer.challenges, answer.body]).toEqual([status, challenges, body]);
    },
  );

  it.each(rows.filter(({ status }) => status === 401))(
    'RS-03 RS-105 a 401 has a challenge and is not stored: $name',
    async ({ request, query = '' }) => {
      const answer = await application.send(`/transfer${query}`, { method: 'POST', ...(await request(server)) });
      expect(answer.challenges).toHaveLength(1);
      expect(answer.headers['cache-control']).toEqual(['no-store']);
    },
  );
});
