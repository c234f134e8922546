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

const transfer = { event: 'transfer', data: { amount: 5 } };

/** Opens a socket with a token, sends each message after the answer to the one before, and returns the answers. */
async function tellSocket(url: string, token: string | undefined, messages: readonly object[]) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const socket = new WebSocket(url.replace('http', 'ws'), { headers });
  const closed = once(socket, 'close');
  // a socket that is refused has its answer when it opens
  let answer = once(socket, 'message');
  await once(socket, 'open');
  const answers: unknown[] = [];
  for (const message of messages) {
    socket.send(JSON.stringify(message));
    answers.push(JSON.parse(String((await answer)[0])));
    answer = once(socket, 'message');
  }
  socket.close();
  await closed;
  return answers;
}

const askSocket: Ask = async (url, token) => (await tellSocket(url, token, [transfer]))[0];

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

describe.each([...overExpress, ...overFastify])(
  'docs/examples/$file over $over',
  ({ file, start, token = jwt, ...row }) => {
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
  },
);

describe('docs/examples/global-guard.ts', () => {
  let app: INestApplication;
  beforeAll(async () => {
    const { AppModule } = await load('global-guard.ts');
    app = await NestFactory.create(AppModule);
    await app.listen(0, '127.0.0.1');
  });
  afterAll(() => app.close());

  it.each<[path: string, token: 'none' | 'old' | 'fresh', status: number, challenge: string | null]>([
    ['/health', 'none', 200, null],
    ['/rates', 'none', 401, 'Bearer realm="api"'],
    ['/rates', 'old', 200, null],
    ['/accounts', 'none', 401, 'Bearer realm="api"'],
    [
      '/accounts',
      'old',
      401,
      'Bearer realm="api", error="insufficient_user_authentication", ' +
        'error_description="More recent authentication is required", max_age="1800"',
    ],
    ['/accounts', 'fresh', 200, null],
  ])('%s with token: %s', async (path, sent, status, challenge) => {
    const age = { none: undefined, old: 3600, fresh: 60 }[sent];
    const token = age && (await server.accessToken({ acr: 'urn:example:pwd', authTime: secondsAgo(age) }));
    const response = await fetch((await app.getUrl()) + path, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([status, challenge]);
  });
});

describe('docs/examples/websocket.ts', () => {
  let app: INestApplication;
  beforeAll(async () => {
    const { AppModule } = await load('websocket.ts');
    app = await NestFactory.create(AppModule);
    app.useWebSocketAdapter(new WsAdapter(app));
    await app.listen(0, '127.0.0.1');
  });
  afterAll(() => app.close());

  it('performs over the same socket what it has refused, after a token of the same user has come', async () => {
    const [weak, strong] = [await jwt(server, 'urn:example:pwd'), await jwt(server, 'urn:example:mfa')];
    const answers = await tellSocket(await app.getUrl(), weak, [transfer, { event: 'renew', data: strong }, transfer]);
    expect(answers).toEqual([
      { event: 'exception', data: expect.objectContaining({ code }) },
      { event: 'renewed' },
      { event: 'transferred', data: 5 },
    ]);
  });

  it('refuses a token of another user, and keeps the earlier one', async () => {
    const other = await server.accessToken({ acr: 'urn:example:mfa', subject: 'mallory' });
    const weak = await jwt(server, 'urn:example:pwd');
    const answers = await tellSocket(await app.getUrl(), weak, [{ event: 'renew', data: other }, transfer]);
    expect(answers).toMatchObject([
      { event: 'exception', data: { code: 'INVALID_TOKEN' } },
      { event: 'exception', data: { code } },
    ]);
  });
});

describe('docs/examples/several-issuers.ts', () => {
  let app: INestApplication;
  beforeAll(async () => {
    const { AppModule } = await load('several-issuers.ts');
    app = await NestFactory.create(AppModule);
    await app.listen(0, '127.0.0.1');
  });
  afterAll(() => app.close());

  it('challenges the users of the second server in the strings of that server', async () => {
    const ask = async (acr: string) => post('/transfers')(await app.getUrl(), await second.accessToken({ acr }));
    expect(await ask('silver')).toEqual(challenge('gold'));
    expect(await ask('gold')).toEqual(done);
    expect(await ask('urn:example:mfa')).toEqual(challenge('gold'));
  });
});

describe('docs/examples/opaque-tokens.ts', () => {
  it('asks about a token once, and serves it from the cache, which is in memory here; test:redis has it in Redis', async () => {
    const { AppModule } = await load('opaque-tokens.ts');
    const app = await NestFactory.create(AppModule);
    await app.listen(0, '127.0.0.1');
    const token = server.opaqueToken({ acr: 'urn:example:mfa' });
    const before = server.introspectionRequests;
    for (const _ of [1, 2, 3]) expect(await post('/transfers')(await app.getUrl(), token)).toEqual(done);
    expect(server.introspectionRequests).toBe(before + 1);
    await app.close();
  });
});

describe('docs/examples/bff.ts, with smallest.ts as its API', () => {
  let api: INestApplication;
  let bff: INestApplication;
  let url: string;
  beforeAll(async () => {
    const { AppModule } = await load('smallest.ts');
    api = await NestFactory.create(AppModule);
    await api.listen(0, '127.0.0.1');
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    server.registerClient({ clientId: 'development-client', redirectUris: [`${url}/callback`] });
    ({ app: bff } = await load('bff.ts', { PORT: String(port), BFF_URL: url, API_URL: await api.getUrl() }));
  });
  afterAll(async () => {
    await bff.close();
    await api.close();
  });
  afterEach(() => {
    server.behavior = 'honors';
  });

  /** A browser with one cookie for the BFF, which follows no redirect by itself. */
  function browser() {
    let cookie = '';
    return async function open(target: string, form?: Record<string, string>) {
      const response = await fetch(new URL(target, url), {
        redirect: 'manual',
        headers: target.startsWith('/') || target.startsWith(url) ? { cookie } : {},
        ...(form !== undefined && { method: 'POST', body: new URLSearchParams(form) }),
      });
      cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
      const { status, headers } = response;
      return { status, location: headers.get('location') ?? '', text: await response.text() };
    };
  }

  async function signedIn(subject = 'alice') {
    server.subject = subject;
    const open = browser();
    const { location } = await open('/sign-in');
    const back = await open(location);
    expect(await open(back.location)).toMatchObject({ status: 303, location: '/' });
    const csrf = async () => /name="csrf" value="([^"]+)"/.exec((await open('/')).text)?.[1] as string;
    return { open, csrf };
  }

  // the user has one session at the test server, so the step-up that succeeds comes after those that do not
  it('does not go in a circle with a server that ignores what it is asked for', async () => {
    server.behavior = 'ignoresAcrValues';
    const { open, csrf } = await signedIn('bob');
    const refused = await open('/transfers', { csrf: await csrf(), amount: '40' });
    const back = await open(refused.location);
    expect(await open(back.location)).toMatchObject({ status: 403, text: expect.stringContaining('acr_unmet') });
    expect(await open('/transfers', { csrf: await csrf(), amount: '40' })).toMatchObject({
      status: 403,
      text: expect.stringContaining('the same again'),
    });
  });

  it('lets a user who declines try again', async () => {
    server.behavior = 'declines';
    const { open, csrf } = await signedIn('carol');
    for (const _ of [1, 2, 3]) {
      const refused = await open('/transfers', { csrf: await csrf(), amount: '40' });
      expect(refused.status).toBe(303);
      const back = await open(refused.location);
      expect(await open(back.location)).toMatchObject({ status: 403 });
    }
  });

  it('turns the challenge into a new sign-in, performs nothing in the callback, and then the transfer', async () => {
    const { open, csrf } = await signedIn();
    const refused = await open('/transfers', { csrf: await csrf(), amount: '40' });
    expect(refused.status).toBe(303);
    const asked = new URL(refused.location);
    expect(asked.origin).toBe(server.issuer);
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({
      acr_values: 'urn:example:mfa urn:example:phr',
      max_age: '300',
      scope: 'openid',
      login_hint: 'alice',
      code_challenge_method: 'S256',
    });

    const back = await open(refused.location);
    expect(await open(back.location)).toMatchObject({ status: 303, location: '/' });
    expect((await open('/')).text).toContain('Send the transfer now.');
    expect((await open('/')).text).toContain('value="40"');
    expect(await open('/transfers', { csrf: await csrf(), amount: '40' })).toMatchObject({
      status: 201,
      text: 'Moved 40',
    });
    expect((await open('/')).text).not.toContain('Send the transfer now.');
  });

  it.each<[what: string, form: Record<string, string>]>([
    ['no CSRF token', { amount: '40' }],
    ['an empty CSRF token', { csrf: '', amount: '40' }],
    ['a made-up CSRF token', { csrf: 'made-up', amount: '40' }],
  ])('refuses a form with %s', async (_, form) => {
    const { open } = await signedIn();
    expect(await open('/transfers', form)).toMatchObject({ status: 400 });
  });

  it.each(['0', '-1', '', 'a'])('refuses the amount "%s"', async (amount) => {
    const { open, csrf } = await signedIn();
    expect(await open('/transfers', { csrf: await csrf(), amount })).toMatchObject({ status: 400 });
  });

  it('takes no answer of the authorization server that another browser asked for, and none twice', async () => {
    const [one, other] = [browser(), browser()];
    const { location } = await one('/sign-in');
    await other('/sign-in');
    const back = await one(location);
    expect(await other(back.location)).toMatchObject({ status: 400 });
    expect(await one(back.location)).toMatchObject({ status: 303 });
    expect(await one(back.location)).toMatchObject({ status: 400 });
  });
});

describe('the files of docs/examples', () => {
  const files = readdirSync(folder);
  const page = readFileSync(join(folder, '../examples.md'), 'utf8');

  it.each(files)('%s stands in docs/examples.md as it is; node docs/write.mjs brings it there', (file) => {
    expect(page).toContain(`[\`${file}\`](examples/${file})\n\n\`\`\`ts\n${textOf(file)}\`\`\`\n`);
  });

  it.each(files)('%s has all packages that it imports in the command above it', (file) => {
    const [before = ''] = page.split(`[\`${file}\`]`);
    const section = before.slice(before.lastIndexOf('\n## '));
    const installed = [...section.matchAll(/^npm install (?:--save-dev )?(.*)$/gm)].flatMap(([, names]) =>
      (names as string).split(' ').map((name) => name.replace(/(?<=.)@.*$/, '')),
    );
    const ofEveryApplication = ['@nestjs/common', '@nestjs/core', 'express'];
    const imported = [...textOf(file).matchAll(/ from '((?:@[\w-]+\/)?[\w-]+)(?:\/[\w/-]+)?';$/gm)];
    const names = imported.map(([, name]) => name as string).filter((name) => !ofEveryApplication.includes(name));
    expect(names.filter((name) => !installed.includes(name))).toEqual([]);
  });

  it('are those that are run here', () => {
    expect(files.sort()).toEqual([...rows.map(({ file }) => file), 'bff.ts'].sort());
  });

  it.each(files)('%s can be copied by itself: it imports packages alone, and of ours what is exported', (file) => {
    const { exports } = JSON.parse(readFileSync(join(folder, '../../package.json'), 'utf8')) as { exports: object };
    const ours = Object.keys(exports).map((path) => join('nestjs-step-up', path));
    const imported = [...textOf(file).matchAll(/ from '([^']+)';$/gm)].map(([, name]) => name as string);
    expect(imported.filter((name) => name.startsWith('.') || name.startsWith('/'))).toEqual([]);
    const own = imported.filter((name) => name.startsWith('nestjs-step-up'));
    expect(own.length).toBeGreaterThan(0);
    expect(own.filter((name) => !ours.includes(name))).toEqual([]);
  });
});
