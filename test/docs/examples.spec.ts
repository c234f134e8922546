import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type INestApplication, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WsAdapter } from '@nestjs/platform-ws';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import passport from 'passport';
import WebSocket from 'ws';
import { freePort } from '../support/application.js';
import { secondsAgo } from '../support/clock.js';

const folder = join(__dirname, '../../docs/examples');
const textOf = (file: string) => readFileSync(join(folder, file), 'utf8');

type Ask = (url: string, token?: string) => Promise<unknown>;
type TokenOf = (server: TestAuthorizationServer, acr: string) => string | Promise<string>;

/** How an example is asked for what it protects, and what it answers. */
interface Row {
  readonly file: string;
  readonly ask: Ask;
  readonly refused: unknown;
  readonly served: unknown;
  /** Default is a JWT. */
  readonly token?: TokenOf;
  /** Adapters besides Express, which the file itself takes. */
  readonly fastify?: boolean;
}

const jwt: TokenOf = (server, acr) => server.accessToken({ acr });
const body = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

/** Sends a request, and returns what a client reads of the response. */
function post(path: string, sent: object = {}): Ask {
  return async (url, token) => {
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { ...body, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(sent),
    });
    const { status, headers } = response;
    return { status, challenge: headers.get('www-authenticate'), body: await response.json() };
  };
}

const askSocket: Ask = async (url, token) => {
  const socket = new WebSocket(url.replace('http', 'ws'));
  await once(socket, 'open');
  socket.send(JSON.stringify({ event: 'transfer', data: { amount: 5, token } }));
  const [answer] = await once(socket, 'message');
  socket.close();
  await once(socket, 'close');
  return JSON.parse(String(answer));
};

const DESCRIPTION = 'A different authentication is required';
const requirements = {
  error: 'insufficient_user_authentication',
  error_description: DESCRIPTION,
  acr_values: 'urn:example:mfa urn:example:phr',
  max_age: 300,
  reasons: ['acr_unmet'],
};
const header = (acrValues: string, more = '') =>
  `Bearer realm="api", error="insufficient_user_authentication", error_description="${DESCRIPTION}", ` +
  `acr_values="${acrValues}", max_age="300"${more}`;
const challenge = (acrValues = requirements.acr_values, more = '') => ({
  status: 401,
  challenge: header(acrValues, more),
  body: { ...requirements, acr_values: acrValues },
});
const done = { status: 201, challenge: null, body: { done: true } };
const code = 'INSUFFICIENT_USER_AUTHENTICATION';
const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'transfer', arguments: { amount: 5 } } };

const rows: Row[] = [
  { file: 'smallest.ts', ask: post('/transfers'), refused: challenge(), served: done, fastify: true },
  { file: 'global-guard.ts', ask: post('/transfers'), refused: challenge(), served: done, fastify: true },
  { file: 'own-strategy.ts', ask: post('/transfers'), refused: challenge(), served: done, fastify: true },
  { file: 'several-issuers.ts', ask: post('/transfers'), refused: challenge(), served: done, fastify: true },
  {
    file: 'graphql.ts',
    ask: async (url, token) => {
      const answer = await post('/graphql', { query: 'mutation { transfer(amount: 5) }' })(url, token);
      const { data, errors } = (answer as { body: { data: unknown; errors?: { extensions: object }[] } }).body;
      return { data, extensions: errors?.map(({ extensions }) => ({ ...extensions, stacktrace: undefined })) };
    },
    refused: { data: null, extensions: [{ code, ...requirements, stacktrace: undefined }] },
    served: { data: { transfer: 5 }, extensions: undefined },
  },
  {
    file: 'websocket.ts',
    ask: askSocket,
    refused: {
      event: 'exception',
      data: { message: DESCRIPTION, code, ...requirements, cause: { pattern: 'transfer' } },
    },
    served: { event: 'transferred', data: 5 },
    fastify: true,
  },
  {
    file: 'mcp.ts',
    ask: post('/mcp', call),
    refused: challenge(
      undefined,
      ', resource_metadata="http://127.0.0.1:3000/.well-known/oauth-protected-resource/mcp"',
    ),
    served: {
      status: 200,
      challenge: null,
      body: { jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: 'Moved 5' }] } },
    },
  },
  {
    file: 'opaque-tokens.ts',
    ask: post('/transfers'),
    refused: challenge(),
    served: done,
    token: (server, acr) => server.opaqueToken({ acr }),
    fastify: true,
  },
];

let warn: jest.SpyInstance;
beforeAll(() => {
  for (const level of ['log', 'debug', 'verbose', 'error'] as const) {
    jest.spyOn(Logger.prototype, level).mockImplementation(() => undefined);
  }
  warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
});
beforeEach(() => warn.mockClear());
afterAll(() => jest.restoreAllMocks());

const environment = process.env;
let server: TestAuthorizationServer;
let second: TestAuthorizationServer;
beforeAll(async () => {
  server = await createTestAuthorizationServer({ introspectionSecret: 'development' });
  second = await createTestAuthorizationServer({ acrValuesSupported: ['gold', 'silver'] });
});
afterAll(async () => {
  process.env = environment;
  passport.unuse('jwt');
  await server.close();
  await second.close();
});

/** Loads an example, which starts it, as running it does. */
async function load(file: string, more: NodeJS.ProcessEnv = {}) {
  passport.unuse('jwt'); // an application of its own would have a process of its own
  process.env = {
    ...environment,
    STEP_UP_ISSUER: server.issuer,
    STEP_UP_AUDIENCE: server.audience,
    STEP_UP_SECOND_ISSUER: second.issuer,
    PORT: '0',
    ...more,
  };
  const example: { application: Promise<INestApplication>; AppModule: new () => object } = await import(
    join(folder, file)
  );
  return { app: await example.application, AppModule: example.AppModule };
}

/** Starts the module of an example over Fastify. The file itself has started it over Express. */
async function startOverFastify(file: string): Promise<INestApplication> {
  const { app, AppModule } = await load(file);
  await app.close();
  const other = await NestFactory.create(AppModule, new FastifyAdapter());
  if (file === 'websocket.ts') other.useWebSocketAdapter(new WsAdapter(other));
  await other.listen(0, '127.0.0.1');
  return other;
}

const overExpress = rows.map((row) => ({ ...row, over: 'Express', start: async () => (await load(row.file)).app }));
const overFastify = rows
  .filter(({ fastify }) => fastify)
  .map((row) => ({ ...row, over: 'Fastify', start: () => startOverFastify(row.file) }));

describe.each([...overExpress, ...overFastify])('docs/examples/$file over $over', ({ file, start, token = jwt, ...row }) => {
  let app: INestApplication;
  let url: string;
  beforeAll(async () => {
    app = await start();
    url = await app.getUrl();
  });
  afterAll(() => app.close());

  it('refuses a weak token with the challenge of its transport', async () => {
    expect(await row.ask(url, await token(server, 'urn:example:pwd'))).toEqual(row.refused);
  });

  it('serves a strong token', async () => {
    expect(await row.ask(url, await token(server, 'urn:example:mfa'))).toEqual(row.served);
  });

  it('serves the strong token of the development server', async () => {
    expect(await row.ask(url, await token(server, 'urn:example:phr'))).toEqual(row.served);
  });

  it('serves nobody without a token', async () => {
    expect(await row.ask(url)).not.toEqual(row.served);
  });

  it('starts without advice', () => {
    expect(warn.mock.calls).toEqual([]);
  });
});
