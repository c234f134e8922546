import { EventEmitter, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import {
  type ExecutionContext,
  type INestApplication,
  type Type,
  UseGuards,
  type WebSocketAdapter,
} from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  AccessTokenGuard,
  RequireAcr,
  StepUpConfigurationError,
  StepUpContext,
  type StepUpModuleOptions,
  StepUpService,
} from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import type { Namespace } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import WebSocket from 'ws';
import { adapters, logOfEachTest, type RunningApplication, startApplication } from '../../support/application.js';

const log = logOfEachTest();
const ran = jest.fn();
const passed = jest.fn();

let server: TestAuthorizationServer;
let application: RunningApplication;
beforeAll(async () => {
  server = await createTestAuthorizationServer();
});
afterAll(() => server?.close());
beforeEach(() => {
  ran.mockClear();
  passed.mockClear();
});
afterEach(() => application?.close());

@WebSocketGateway()
class WsGateway {
  constructor(private readonly stepUp: StepUpService) {}

  async handleConnection(client: WebSocket, request: IncomingMessage) {
    passed(await this.stepUp.handshake(client, request));
  }

  /** No guard runs before it. */
  @SubscribeMessage('open')
  open() {
    ran('open');
    return { event: 'opened', data: 'open' };
  }

  @SubscribeMessage('transfer')
  @RequireAcr('mfa')
  async transfer(@StepUpContext() at: ExecutionContext) {
    ran('transfer');
    const { user, event } = await this.stepUp.authenticated(at);
    return { event: 'done', data: [(user as { sub: string }).sub, event.acr] };
  }

  @SubscribeMessage('guarded')
  @UseGuards(AccessTokenGuard)
  async guarded(@StepUpContext() at: ExecutionContext) {
    const { event } = await this.stepUp.authenticated(at);
    return { event: 'done', data: event.subject };
  }

  @SubscribeMessage('renew')
  async renew(@ConnectedSocket() client: WebSocket, @MessageBody() token: string) {
    await this.stepUp.renew(client, token);
    return { event: 'renewed', data: (await this.stepUp.authenticated(client)).event.acr };
  }
}

/** A second gateway on the same server judges the same sockets. */
@WebSocketGateway()
class NeighborGateway {
  constructor(private readonly stepUp: StepUpService) {}

  handleConnection(client: WebSocket, request: IncomingMessage) {
    return this.stepUp.handshake(client, request);
  }

  @SubscribeMessage('neighbor')
  neighbor() {
    ran('neighbor');
    return { event: 'opened', data: 'neighbor' };
  }
}

const options = (): StepUpModuleOptions => ({
  authorizationServers: [{ issuer: server.issuer, audience: server.audience, introspection: server.introspection }],
});

async function startWs(given: StepUpModuleOptions = options()): Promise<void> {
  application = await startApplication({
    createAdapter: adapters[0][1],
    controllers: [],
    providers: [WsGateway, NeighborGateway],
    options: given,
    configure: (app) => void app.useWebSocketAdapter(new WsAdapter(app)),
  });
}

interface Closed {
  code: number;
  reason: string;
  messages: unknown[];
}

/** Connects, sends messages in the first moment, and gives what came until the socket was closed. */
async function refusedWith(authorization: string | undefined, ...events: string[]): Promise<Closed> {
  const headers = authorization === undefined ? {} : { authorization };
  const socket = new WebSocket(application.url.replace('http', 'ws'), { headers });
  const messages: unknown[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  socket.on('open', () => {
    for (const event of events) socket.send(JSON.stringify({ event }));
  });
  const [code, reason] = await once(socket, 'close');
  return { code, reason: String(reason), messages };
}

async function opened(token: string): Promise<WebSocket> {
  const headers = { authorization: `Bearer ${token}` };
  const socket = new WebSocket(application.url.replace('http', 'ws'), { headers });
  await once(socket, 'open');
  return socket;
}

async function ask(socket: WebSocket, event: string, data?: unknown) {
  const answer = once(socket, 'message');
  socket.send(JSON.stringify({ event, data }));
  const [message] = await answer;
  return JSON.parse(String(message));
}

const exception = (data: object) => ({ event: 'exception', data: expect.objectContaining(data) });

describe('a handshake over ws', () => {
  it.each<[what: string, authorization: () => unknown, code: number, error: string]>([
    ['no token', () => undefined, 4401, 'unauthenticated'],
    ['another scheme', () => 'Basic YTpi', 4401, 'unauthenticated'],
    ['garbage', () => 'Bearer garbage', 4401, 'invalid_token'],
    ['two tokens', () => 'Bearer a b', 4400, 'invalid_request'],
    ['an expired token', async () => `Bearer ${await server.accessToken({ expiresIn: -60 })}`, 4401, 'invalid_token'],
    ['a proof that a socket cannot have', () => 'DPoP a', 4401, 'invalid_token'],
    [
      'a bearer token under the scheme DPoP',
      async () => `DPoP ${await server.accessToken({ acr: 'mfa' })}`,
      4401,
      'invalid_token',
    ],
  ])('with %s closes the socket, and no message is handled', async (_, authorization, code, error) => {
    await startWs();
    const closed = await refusedWith((await authorization()) as string | undefined, 'open', 'neighbor', 'transfer');
    expect(closed).toEqual({ code, reason: error, messages: [exception({ code: error.toUpperCase() })] });
    expect(ran).not.toHaveBeenCalled();
    expect(passed.mock.calls).toEqual([[false]]);
  });

  it('during an outage closes the socket with 1013', async () => {
    await startWs();
    server.setUnavailable(true);
    try {
      const closed = await refusedWith(`Bearer ${server.opaqueToken()}`, 'open');
      expect(closed).toMatchObject({ code: 1013, reason: 'temporarily_unavailable' });
      expect(ran).not.toHaveBeenCalled();
    } finally {
      server.setUnavailable(false);
    }
  });

  it('with a strategy of the application closes every socket, and the log says why', async () => {
    await startWs({ passport: 'existing' });
    const closed = await refusedWith(`Bearer ${await server.accessToken()}`, 'open');
    const messages = [{ event: 'exception', data: { message: 'Internal Server Error' } }];
    expect(closed).toEqual({ code: 1011, reason: 'server_error', messages });
    expect(log.join('\n')).toContain('"passport": \'register\'');
    expect(ran).not.toHaveBeenCalled();
  });

  it('lets messages wait that come before it is judged, in their order', async () => {
    await startWs();
    // Opaque, so that the judgement takes a request.
    const headers = { authorization: `Bearer ${server.opaqueToken({ acr: 'mfa' })}` };
    const socket = new WebSocket(application.url.replace('http', 'ws'), { headers });
    const answers: unknown[] = [];
    await new Promise<void>((resolve) => {
      socket.on('open', () => {
        for (const event of ['open', 'neighbor']) socket.send(JSON.stringify({ event }));
      });
      socket.on('message', (data) => {
        answers.push(JSON.parse(String(data)).data);
        if (answers.length === 2) resolve();
      });
    });
    socket.close();
    expect(answers).toEqual(['open', 'neighbor']);
    expect(ran.mock.calls).toEqual([['open'], ['neighbor']]);
  });

  it('is judged once for all gateways, and handlers know its user', async () => {
    await startWs();
    const decisions = jest.fn();
    application.app.get(StepUpService).onDecision(decisions);
    const socket = await opened(await server.accessToken({ acr: 'mfa' }));
    expect(await ask(socket, 'neighbor')).toMatchObject({ data: 'neighbor' });
    expect(decisions).toHaveBeenCalledTimes(1);
    expect(await ask(socket, 'transfer')).toEqual({ event: 'done', data: ['alice', 'mfa'] });
    expect(await ask(socket, 'guarded')).toEqual({ event: 'done', data: 'alice' });
    socket.close();
  });

  it('refuses what is not a socket, and the log says so once: Mercurius does not', async () => {
    await startWs();
    const stepUp = application.app.get(StepUpService);
    for (const client of [undefined, null, 'x', {}, { disconnect: () => undefined }]) {
      await expect(stepUp.handshake(client as never)).rejects.toThrow(StepUpConfigurationError);
    }
    const lines = log.filter((line) => line.includes('[handshake_failed] handshake() needs the client of ws'));
    expect(lines).toHaveLength(1);
  });

  it('does not take the token of a request that opened another socket', async () => {
    await startWs();
    const stepUp = application.app.get(StepUpService);
    let kept: IncomingMessage | undefined;
    const gateway = application.app.get(WsGateway);
    jest.spyOn(gateway, 'handleConnection');
    const other = await new Promise<WebSocket>((resolve) => {
      const { server: sockets } = { server: new WebSocket.Server({ port: 0, host: '127.0.0.1' }) };
      sockets.on('connection', (client, request) => {
        if (kept === undefined) kept = request;
        else {
          resolve(client);
          sockets.close();
        }
      });
      sockets.on('listening', async () => {
        const { port } = sockets.address() as { port: number };
        const token = await server.accessToken({ acr: 'mfa' });
        const first = new WebSocket(`ws://127.0.0.1:${port}`, { headers: { authorization: `Bearer ${token}` } });
        await once(first, 'open');
        const second = new WebSocket(`ws://127.0.0.1:${port}`);
        second.on('close', () => first.terminate());
      });
    });
    expect(await stepUp.handshake(other, kept)).toBe(false);
    other.terminate();
  });
});

@WebSocketGateway()
class RequiringGateway {
  constructor(private readonly stepUp: StepUpService) {}

  async handleConnection(client: WebSocket, request: IncomingMessage) {
    if (!(await this.stepUp.handshake(client, request))) return;
    await this.stepUp.require(client, 'mfa', { scope: 'bank' });
    passed((await this.stepUp.authenticated(client)).event.subject);
  }

  @SubscribeMessage('open')
  open() {
    ran();
    return { event: 'opened', data: 'open' };
  }
}

describe('a socket of which more is required', () => {
  beforeEach(async () => {
    application = await startApplication({
      createAdapter: adapters[0][1],
      controllers: [],
      providers: [RequiringGateway],
      options: { ...options(), accessToken: () => 'of messages alone' },
      configure: (app) => void app.useWebSocketAdapter(new WsAdapter(app)),
    });
  });

  it.each<[code: number, token: object]>([
    [4401, { acr: 'pwd', scope: 'bank' }],
    [4403, { acr: 'mfa', scope: 'other' }],
  ])('is closed with %i if it does not have it', async (code, claims) => {
    expect(await refusedWith(`Bearer ${await server.accessToken(claims)}`)).toMatchObject({ code });
    expect(passed).not.toHaveBeenCalled();
  });

  it('stays open if it has it', async () => {
    const socket = await opened(await server.accessToken({ acr: 'mfa', scope: 'bank' }));
    expect(await ask(socket, 'open')).toMatchObject({ data: 'open' });
    expect(passed.mock.calls).toEqual([['alice']]);
    socket.close();
  });
});

it('a client that goes on sending while its socket is closed reaches no handler', async () => {
  await startWs();
  const stepUp = application.app.get(StepUpService);
  const client = Object.assign(new EventEmitter(), { close: jest.fn(), send: jest.fn() });
  const handled = jest.fn();
  client.on('message', handled);
  expect(await stepUp.handshake(client)).toBe(false);
  client.emit('message', '{"event":"open"}');
  expect(handled).not.toHaveBeenCalled();
  expect(client.close.mock.calls).toEqual([[4401, 'unauthenticated']]);
});

it('a client that is gone, or fails to close, ends nothing', async () => {
  await startWs();
  const stepUp = application.app.get(StepUpService);
  const close = () => {
    throw new RangeError('gone');
  };
  expect(await stepUp.handshake({ close, once: () => undefined })).toBe(false);
  expect(log.join('\n')).toContain('closing a socket: RangeError');
});

describe('a renewal over ws', () => {
  it('replaces the token for later messages, of the same user alone', async () => {
    await startWs();
    const socket = await opened(await server.accessToken({ acr: 'pwd' }));
    expect(await ask(socket, 'transfer')).toMatchObject(exception({ reasons: ['acr_unmet'] }));
    const bob = await server.accessToken({ acr: 'mfa', subject: 'bob' });
    expect(await ask(socket, 'renew', bob)).toMatchObject(
      exception({
        code: 'INVALID_TOKEN',
        message: 'The access token is for another user than the one of this connection',
        cause: { pattern: 'renew' },
      }),
    );
    expect(await ask(socket, 'renew', 'garbage')).toMatchObject(exception({ code: 'INVALID_TOKEN' }));
    expect(await ask(socket, 'renew', 5)).toMatchObject(exception({ code: 'INVALID_TOKEN' }));
    // What was refused has changed nothing.
    expect(await ask(socket, 'guarded')).toEqual({ event: 'done', data: 'alice' });
    expect(await ask(socket, 'transfer')).toMatchObject(exception({ reasons: ['acr_unmet'] }));
    expect(await ask(socket, 'renew', await server.accessToken({ acr: 'mfa' }))).toEqual({
      event: 'renewed',
      data: 'mfa',
    });
    expect(await ask(socket, 'transfer')).toEqual({ event: 'done', data: ['alice', 'mfa'] });
    socket.close();
  });

  it('that began earlier does not replace a later one', async () => {
    await startWs();
    const stepUp = application.app.get(StepUpService);
    const gateway = application.app.get(WsGateway);
    const clients: WebSocket[] = [];
    const handshake = stepUp.handshake.bind(stepUp);
    jest.spyOn(stepUp, 'handshake').mockImplementation((client: object, request?: object) => {
      clients.push(client as WebSocket);
      return handshake(client, request);
    });
    const socket = await opened(await server.accessToken({ acr: 'pwd' }));
    await ask(socket, 'open');
    const [client] = clients as [WebSocket];
    // Opaque: this one takes a request.
    const slow = stepUp.renew(client, server.opaqueToken({ acr: 'pwd' }));
    const fast = stepUp.renew(client, await server.accessToken({ acr: 'mfa' }));
    const renewals = await Promise.all([slow, fast]);
    // not the server: it has the credentials by which this API introspects
    for (const renewed of renewals) expect(Object.keys(renewed)).toEqual(['user', 'event', 'claims']);
    expect(gateway).toBeDefined();
    expect(await ask(socket, 'transfer')).toEqual({ event: 'done', data: ['alice', 'mfa'] });
    socket.close();
  });

  it('needs a handshake', async () => {
    await startWs();
    const stepUp = application.app.get(StepUpService);
    for (const client of [undefined, {}, { headers: {} }]) {
      await expect(stepUp.renew(client, 'token')).rejects.toThrow(StepUpConfigurationError);
    }
  });
});

@WebSocketGateway()
class IoGateway {
  constructor(private readonly stepUp: StepUpService) {}

  async handleConnection(client: object) {
    passed(await this.stepUp.handshake(client));
  }

  @SubscribeMessage('open')
  open() {
    ran('open');
    return 'open';
  }

  @SubscribeMessage('transfer')
  @RequireAcr('mfa')
  async transfer(@StepUpContext() at: ExecutionContext) {
    const { user } = await this.stepUp.authenticated(at);
    return (user as { sub: string }).sub;
  }

  @SubscribeMessage('renew')
  async renew(@StepUpContext() at: ExecutionContext, @MessageBody() token: string) {
    return (await this.stepUp.renew(at, token)).event.acr;
  }
}

@WebSocketGateway()
class MiddlewareGateway extends IoGateway {
  constructor(private readonly own: StepUpService) {
    super(own);
  }

  afterInit(namespace: Namespace) {
    namespace.use((client, next) => this.own.handshake(client, next));
  }
}

describe.each([
  ['in handleConnection', IoGateway],
  ['in a middleware', MiddlewareGateway],
] as const)('a handshake over socket.io, %s', (_, gateway) => {
  beforeEach(async () => {
    application = await startApplication({
      createAdapter: adapters[0][1],
      controllers: [],
      providers: [gateway],
      options: options(),
      configure: (app) => void app.useWebSocketAdapter(new IoAdapter(app)),
    });
  });
  const connect = (auth: object): Socket =>
    io(application.url, { transports: ['websocket'], forceNew: true, reconnection: false, auth });

  it.each<[what: string, token: () => unknown, code: string]>([
    ['no token', () => undefined, 'UNAUTHENTICATED'],
    ['garbage', () => 'garbage', 'INVALID_TOKEN'],
    ['an expired token', () => server.accessToken({ expiresIn: -60 }), 'INVALID_TOKEN'],
  ])('with %s disconnects the client, and no message is handled', async (__, token, code) => {
    const socket = connect({ token: await token() });
    socket.emit('open', {});
    const refusal = await new Promise<object>((resolve) => {
      socket.once('exception', resolve);
      socket.once('connect_error', (error) => resolve((error as Error & { data: object }).data));
    });
    expect(refusal).toMatchObject({ code });
    if (socket.connected) await once(socket as never, 'disconnect');
    expect(socket.connected).toBe(false);
    expect(ran).not.toHaveBeenCalled();
  });

  it('lets messages wait until it is judged', async () => {
    const socket = connect({ token: server.opaqueToken({ acr: 'mfa' }) });
    expect(await Promise.all([socket.emitWithAck('open', 1), socket.emitWithAck('transfer', 1)])).toEqual([
      'open',
      'alice',
    ]);
    socket.disconnect();
  });

  it('is renewed by the same user alone', async () => {
    const socket = connect({ token: await server.accessToken({ acr: 'pwd' }) });
    expect(await socket.emitWithAck('transfer', 1)).toMatchObject({ reasons: ['acr_unmet'] });
    const bob = await server.accessToken({ acr: 'mfa', subject: 'bob' });
    expect(await socket.emitWithAck('renew', bob)).toMatchObject({ code: 'INVALID_TOKEN' });
    expect(await socket.emitWithAck('renew', await server.accessToken({ acr: 'mfa' }))).toBe('mfa');
    expect(await socket.emitWithAck('transfer', 1)).toBe('alice');
    socket.disconnect();
  });
});

@WebSocketGateway()
class SecondMiddlewareGateway {
  constructor(private readonly stepUp: StepUpService) {}

  afterInit(namespace: Namespace) {
    namespace.use((client, next) => this.stepUp.handshake(client, next));
  }
}

@WebSocketGateway()
class TwiceGateway extends IoGateway {
  constructor(private readonly own: StepUpService) {
    super(own);
  }

  override async handleConnection() {
    passed('connected');
  }

  afterInit(namespace: Namespace) {
    namespace.use(async (client, next) => {
      await this.own.handshake(client, next);
      next();
    });
  }
}

@WebSocketGateway()
class UnansweredGateway extends IoGateway {
  constructor(private readonly own: StepUpService) {
    super(own);
  }

  override async handleConnection() {
    passed('connected');
  }

  /** Forgets to give `next`, and what comes back. */
  afterInit(namespace: Namespace) {
    namespace.use(async (client, next) => {
      await this.own.handshake(client);
      next();
    });
  }
}

describe('a middleware of socket.io', () => {
  const startIo = async (...gateways: Type[]) => {
    application = await startApplication({
      createAdapter: adapters[0][1],
      controllers: [],
      providers: gateways,
      options: options(),
      configure: (app) => void app.useWebSocketAdapter(new IoAdapter(app)),
    });
  };
  const connect = (token: unknown): Socket =>
    io(application.url, { transports: ['websocket'], forceNew: true, reconnection: false, auth: { token } });

  it('of a second gateway lets a client pass that the first one has judged', async () => {
    await startIo(MiddlewareGateway, SecondMiddlewareGateway);
    const socket = connect(await server.accessToken({ acr: 'mfa' }));
    expect(await socket.emitWithAck('transfer', 1)).toBe('alice');
    socket.disconnect();
  });

  it('that is answered for a client that was refused before answers with the refusal', async () => {
    await startIo(IoGateway);
    const stepUp = application.app.get(StepUpService);
    const client = Object.assign(new EventEmitter(), { handshake: {}, disconnect: jest.fn(), use: jest.fn() });
    const answers = [jest.fn(), jest.fn()] as const;
    for (const answer of answers) expect(await stepUp.handshake(client, answer)).toBe(false);
    const refusal = [[expect.objectContaining({ data: expect.objectContaining({ code: 'UNAUTHENTICATED' }) })]];
    for (const answer of answers) expect(answer.mock.calls).toEqual(refusal);
  });

  it.each<[what: string, gateway: Type, end: string[]]>([
    ['calls "next" once more after a refusal', TwiceGateway, ['closed', 'answered']],
    ['waits for a refusal, and ignores it', UnansweredGateway, ['closed']],
  ])('that %s lets no message of a refused client pass', async (_, gateway, ends) => {
    await startIo(gateway);
    // No client of the library goes on after a refusal. The barrier is answered after all that was sent before.
    const url = `${application.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;
    const socket = new WebSocket(url);
    const ended = new Promise<string>((resolve) => {
      socket.on('close', () => resolve('closed'));
      socket.on('message', (data) => {
        const packet = String(data);
        if (packet.startsWith('0')) socket.send('40{"token":"garbage"}');
        else if (packet.startsWith('44{') || packet.startsWith('40{')) {
          for (let sent = 0; sent < 3; sent++) socket.send('42["open",1]');
          socket.send('40/barrier,');
        } else if (packet.startsWith('44/barrier')) resolve('answered');
      });
    });
    expect(ends).toContain(await ended);
    expect(ran).not.toHaveBeenCalledWith('open');
    socket.terminate();
  });
});

it('a client of socket.io that sends without end while its token is judged is disconnected', async () => {
  await startWs();
  const stepUp = application.app.get(StepUpService);
  const middlewares: ((packet: unknown, next: () => void) => void)[] = [];
  const client = Object.assign(new EventEmitter(), {
    handshake: { auth: { token: server.opaqueToken() } },
    nsp: {},
    disconnect: jest.fn(),
    use: (middleware: (packet: unknown, next: () => void) => void) => middlewares.push(middleware),
  });
  const judged = stepUp.handshake(client);
  const next = jest.fn();
  for (let packet = 0; packet < 100; packet++) middlewares[0]?.(packet, next);
  expect(client.disconnect).not.toHaveBeenCalled();
  middlewares[0]?.(100, next);
  expect(client.disconnect.mock.calls).toEqual([[true]]);
  await judged;
  await new Promise((resolve) => setImmediate(resolve));
  expect(next).not.toHaveBeenCalled();
});

describe('a token that is revoked while its socket is open', () => {
  const withoutCache = (): StepUpModuleOptions => ({
    authorizationServers: [
      { issuer: server.issuer, audience: server.audience, introspection: { ...server.introspection, cacheFor: 0 } },
    ],
  });

  it('is refused in every handler, also in one without a guard that asks who the user is', async () => {
    await startWs(withoutCache());
    const stepUp = application.app.get(StepUpService);
    const token = server.opaqueToken({ acr: 'mfa' });
    const client = Object.assign(new EventEmitter(), {
      handshake: { auth: { token } },
      nsp: {},
      disconnect: jest.fn(),
      use: jest.fn(),
    });
    expect(await stepUp.handshake(client)).toBe(true);
    expect((await stepUp.authenticated(client)).event.subject).toBe('alice');
    server.revoke(token);
    await expect(stepUp.authenticated(client)).rejects.toMatchObject({ code: 'invalid_token' });
    await expect(stepUp.require(client, 'mfa')).rejects.toMatchObject({ code: 'invalid_token' });
  });
});

describe('messages that come at once to a socket of which more is required', () => {
  const authTime = null;
  const startAsking = (gateway: Type, adapter: (app: INestApplication) => WebSocketAdapter) =>
    startApplication({
      createAdapter: adapters[0][1],
      controllers: [],
      providers: [gateway],
      options: {
        authorizationServers: [
          {
            issuer: server.issuer,
            audience: server.audience,
            introspection: { ...server.introspection, when: 'event-missing' },
          },
        ],
      },
      configure: (app) => void app.useWebSocketAdapter(adapter(app)),
    });

  it.each<[what: string, claims: object]>([
    ['by its token', { acr: 'pwd', scope: 'bank' }],
    ['by introspection', { acr: null, authTime, scope: 'bank' }],
  ])('reach no handler if it is refused %s, over ws', async (_, claims) => {
    application = await startAsking(RequiringGateway, (app) => new WsAdapter(app));
    const token = await server.accessToken(claims);
    expect(await refusedWith(`Bearer ${token}`, 'open', 'open')).toMatchObject({ code: 4401 });
    expect(ran).not.toHaveBeenCalled();
  });

  it.each<[what: string, claims: object]>([
    ['by its token', { acr: 'pwd', scope: 'bank' }],
    ['by introspection', { acr: null, authTime, scope: 'bank' }],
  ])('reach no handler if it is refused %s, over socket.io', async (_, claims) => {
    application = await startAsking(RequiringGateway, (app) => new IoAdapter(app));
    const auth = { token: await server.accessToken(claims) };
    const socket = io(application.url, { transports: ['websocket'], forceNew: true, reconnection: false, auth });
    socket.emit('open', 1);
    await once(socket as never, 'disconnect');
    expect(ran).not.toHaveBeenCalled();
  });

  it('are handled, in their order, once it has what is required', async () => {
    application = await startAsking(RequiringGateway, (app) => new IoAdapter(app));
    const auth = { token: await server.accessToken({ acr: 'mfa', scope: 'bank' }) };
    const socket = io(application.url, { transports: ['websocket'], forceNew: true, reconnection: false, auth });
    const opened = once(socket as never, 'opened');
    socket.emit('open', 1);
    expect(await opened).toEqual(['open']);
    socket.disconnect();
  });
});

describe('a token that is bound to a key opens and renews no socket', () => {
  const cnf = { jkt: 'A'.repeat(43) };

  it.each(['off', 'accepted', 'required'] as const)('with boundTokens %s', async (boundTokens) => {
    await startWs({
      authorizationServers: [{ issuer: server.issuer, audience: server.audience, boundTokens }],
      publicUrl: 'https://api.example',
    });
    const stepUp = application.app.get(StepUpService);
    const clientWith = (token: string) =>
      Object.assign(new EventEmitter(), { handshake: { auth: { token } }, nsp: {}, disconnect: jest.fn() });
    for (const claims of [{ cnf }, { cnf: { 'x5t#S256': 'A'.repeat(43) } }]) {
      const client = clientWith(await server.accessToken({ claims }));
      expect(await stepUp.handshake(client)).toBe(false);
      expect(client.disconnect).toHaveBeenCalled();
    }
    const client = clientWith(await server.accessToken());
    expect(await stepUp.handshake(client)).toBe(boundTokens !== 'required');
    if (boundTokens === 'required') return;
    const bound = await server.accessToken({ claims: { cnf } });
    await expect(stepUp.renew(client, bound)).rejects.toMatchObject({ code: 'invalid_token' });
    expect((await stepUp.authenticated(client)).claims['cnf']).toBeUndefined();
  });
});

it('a token of another issuer renews no socket, whatever its subject', async () => {
  const other = await createTestAuthorizationServer();
  try {
    await startWs({
      authorizationServers: [server, other].map(({ issuer, audience }) => ({ issuer, audience })),
    });
    const stepUp = application.app.get(StepUpService);
    const client = Object.assign(new EventEmitter(), {
      handshake: { auth: { token: await server.accessToken() } },
      nsp: {},
      disconnect: jest.fn(),
    });
    expect(await stepUp.handshake(client)).toBe(true);
    const renewal = stepUp.renew(client, await other.accessToken());
    await expect(renewal).rejects.toMatchObject({ rule: 'token_of_another_user' });
    expect((await stepUp.authenticated(client)).event.issuer).toBe(server.issuer);
  } finally {
    await other.close();
  }
});

it('many sockets whose tokens nobody can judge at once are closed, and end nothing', async () => {
  await startWs();
  const stepUp = application.app.get(StepUpService);
  const clients = Array.from({ length: 3000 }, () =>
    Object.assign(new EventEmitter(), {
      handshake: { auth: { token: server.opaqueToken({ subject: 'alice' }) } },
      nsp: {},
      disconnect: jest.fn(),
    }),
  );
  // The first hundred are asked for and judged, however slow the machine is.
  const timeout = jest.spyOn(AbortSignal, 'timeout').mockImplementation(() => new AbortController().signal);
  const judged = await Promise.all(clients.map((client) => stepUp.handshake(client)));
  timeout.mockRestore();
  for (const [index, client] of clients.entries()) {
    expect(client.disconnect).toHaveBeenCalledTimes(judged[index] ? 0 : 1);
  }
  expect(judged).toContain(false);
  expect(judged).toContain(true);
});
