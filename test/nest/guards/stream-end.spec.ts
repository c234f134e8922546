import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Controller, Sse, type Type, UseGuards } from '@nestjs/common';
import { GraphQLModule, Query, Resolver, Subscription } from '@nestjs/graphql';
import { ClientProxyFactory, MessagePattern, type MicroserviceOptions, Transport } from '@nestjs/microservices';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { createClient } from 'graphql-ws';
import { AccessTokenGuard, RequireAcr, type StepUpRegisterOptions, StepUpService } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { Subject, take } from 'rxjs';
import type { Namespace } from 'socket.io';
import { io } from 'socket.io-client';
import WebSocket from 'ws';
import { atTime } from '../../../lib/nest/transports/expiry.js';
import {
  type ApplicationSetup,
  adapters,
  logOfEachTest,
  type RunningApplication,
  startApplication,
} from '../../support/application.js';
import { bootFailure, bootServer } from '../../support/boot.js';

logOfEachTest();

const EXPIRES_IN = 10;
const CLOCK_TOLERANCE = 5;

let server: TestAuthorizationServer;
let application: RunningApplication | undefined;
/** What the handlers of a test stream. */
let values: Subject<unknown>;
/** Resolved by a test when a handler may end. */
let late: { promise: Promise<string>; resolve: (value: string) => void; isAwaited: boolean };
let returned: jest.Mock;
/** What the iterator of a subscription does when it is to end. */
let returning: () => unknown;

beforeAll(async () => {
  server = await createTestAuthorizationServer();
});
afterAll(() => server?.close());
beforeEach(() => {
  values = new Subject();
  let resolve: (value: string) => void = () => undefined;
  late = { promise: new Promise((done) => (resolve = done)), resolve: (value) => resolve(value), isAwaited: false };
  returned = jest.fn();
  returning = async () => ({ done: true, value: undefined });
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'clearImmediate', 'queueMicrotask', 'setInterval'] });
});
afterEach(async () => {
  jest.useRealTimers();
  await application?.close();
  application = undefined;
});

/** To a second before tokens end, and beyond. */
const almost = () => jest.advanceTimersByTimeAsync((EXPIRES_IN + CLOCK_TOLERANCE - 1) * 1000);
const beyond = () => jest.advanceTimersByTimeAsync(2000);
const token = () => server.accessToken({ acr: 'mfa', expiresIn: EXPIRES_IN });
/** Whether a timer runs for as long as a new token is valid. */
const endsWithToken = (milliseconds = 0) => Math.abs(milliseconds / 1000 - (EXPIRES_IN + CLOCK_TOLERANCE)) <= 1;
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function start(
  setup: Partial<ApplicationSetup>,
  options: Partial<StepUpRegisterOptions> = { endAtExpiry: true },
): Promise<RunningApplication> {
  application = await startApplication({
    createAdapter: adapters[0][1],
    controllers: [],
    ...setup,
    options: {
      authorizationServers: [{ issuer: server.issuer, audience: server.audience }],
      clockTolerance: CLOCK_TOLERANCE,
      ...options,
    },
  });
  return application;
}

const expired = { code: 'INVALID_TOKEN', error_description: 'The access token has expired' };

describe('a moment', () => {
  it('is waited for however far it is, and not beyond a cancellation', () => {
    const action = jest.fn();
    const days = 100 * 86_400;
    atTime(Date.now() / 1000 + days, action);
    const cancelled = jest.fn();
    atTime(Date.now() / 1000 + days, cancelled)();
    jest.advanceTimersByTime((days - 1) * 1000);
    expect(action).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1000);
    expect(action).toHaveBeenCalledTimes(1);
    expect(cancelled).not.toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('that a clock comes to by a leap is noticed within a minute, as after a machine has slept', () => {
    const action = jest.fn();
    atTime(Date.now() / 1000 + 3600, action);
    jest.advanceTimersByTime(1000);
    jest.setSystemTime(Date.now() + 3600 * 1000);
    jest.advanceTimersByTime(60_000);
    expect(action).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('that is past is now, and a clock that was set back is waited for', () => {
    const action = jest.fn();
    atTime(Date.now() / 1000 - 5, action);
    jest.advanceTimersByTime(0);
    expect(action).toHaveBeenCalledTimes(1);
    atTime(Date.now() / 1000 + 5, action);
    jest.setSystemTime(Date.now() - 3000);
    jest.advanceTimersByTime(5000);
    expect(action).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(3000);
    expect(action).toHaveBeenCalledTimes(2);
  });

  it('does not keep the process alive', () => {
    const unref = jest.fn();
    const spy = jest.spyOn(global, 'setTimeout').mockReturnValue({ unref } as never);
    atTime(0, () => undefined);
    spy.mockRestore();
    expect(unref).toHaveBeenCalledTimes(1);
  });
});

it.each<[value: unknown]>([['yes'], [1], [null]])('"endAtExpiry" of %j stops the boot', async (endAtExpiry) => {
  const failure = await bootFailure({
    options: { authorizationServers: [{ ...bootServer }], endAtExpiry: endAtExpiry as boolean },
  });
  expect(failure).toBeInstanceOf(TypeError);
  expect((failure as Error).message).toContain('"endAtExpiry" must be true or false');
});

function events(guard: ClassDecorator & MethodDecorator): Type {
  @Controller()
  class EventsController {
    @Sse('events')
    @guard
    events() {
      return values;
    }
  }
  return EventsController;
}
const guards = [
  ['@RequireAcr', RequireAcr('mfa')],
  ['AccessTokenGuard', UseGuards(AccessTokenGuard) as ClassDecorator & MethodDecorator],
] as const;

describe.each(adapters)('server-sent events over %s', (_, createAdapter) => {
  async function open(url: string) {
    const sent: ClientRequest = httpRequest(`${url}/events`, { headers: { authorization: `Bearer ${await token()}` } });
    sent.end();
    const answer = once(sent, 'response');
    // Nest writes the headers in a timer.
    while (!values.observed) await turn();
    await jest.advanceTimersByTimeAsync(1);
    const [response] = (await answer) as [IncomingMessage];
    let text = '';
    response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
    return { response, text: () => text, close: () => sent.destroy() };
  }

  it.each(guards)('end with the token, behind %s', async (__, guard) => {
    const { url } = await start({ createAdapter, controllers: [events(guard)] });
    const { response, text } = await open(url);
    const ended = once(response, 'end');
    await almost();
    values.next({ data: 'in time' });
    expect(values.observed).toBe(true);
    await beyond();
    await ended;
    expect(values.observed).toBe(false);
    expect(text()).toContain('data: in time');
    expect(text()).toContain('event: error');
    expect(text()).toContain('data: The access token has expired');
    expect(response.statusCode).toBe(200);
  });

  it('leave no timer behind if the client goes first', async () => {
    const { url } = await start({ createAdapter, controllers: [events(RequireAcr('mfa'))] });
    const before = jest.getTimerCount();
    const { close } = await open(url);
    expect(jest.getTimerCount()).toBeGreaterThan(before);
    close();
    while (values.observed) await turn();
    expect(jest.getTimerCount()).toBe(before);
  });

  it('go on without the option', async () => {
    const { url } = await start({ createAdapter, controllers: [events(RequireAcr('mfa'))] }, {});
    const { text, close } = await open(url);
    await almost();
    await beyond();
    values.next({ data: 'late' });
    while (!text().includes('late')) await turn();
    close();
  });

  it('are refused as before, with status and challenge', async () => {
    const { send } = await start({ createAdapter, controllers: [events(RequireAcr('mfa'))] });
    expect(await send('/events', { token: await server.accessToken({ acr: 'pwd' }) })).toMatchObject({ status: 401 });
  });
});

@WebSocketGateway()
class StreamGateway {
  constructor(private readonly stepUp: StepUpService) {}

  handleConnection(client: object, request?: object) {
    return this.stepUp.handshake(client, request);
  }

  @SubscribeMessage('renew')
  async renew(client: object, renewed: string) {
    await this.stepUp.renew(client, renewed);
    return { event: 'renewed', data: 'renewed' };
  }
}

@WebSocketGateway()
class MessagesGateway {
  @SubscribeMessage('stream')
  @RequireAcr('mfa')
  stream() {
    return values;
  }

  @SubscribeMessage('once')
  @UseGuards(AccessTokenGuard)
  async once() {
    late.isAwaited = true;
    return { event: 'done', data: await late.promise };
  }
}

describe('over ws', () => {
  async function open(url: string) {
    const socket = new WebSocket(url.replace('http', 'ws'), { headers: { authorization: `Bearer ${await token()}` } });
    const messages: { event: string; data: unknown }[] = [];
    socket.on('message', (data) => messages.push(JSON.parse(String(data))));
    await once(socket, 'open');
    const until = async (count: number) => {
      while (messages.length < count) await turn();
    };
    return { socket, messages, until };
  }
  const configure: ApplicationSetup['configure'] = (app) => void app.useWebSocketAdapter(new WsAdapter(app));

  it('a stream ends with an exception, and the socket that was not judged stays open', async () => {
    const { url } = await start({ providers: [MessagesGateway], configure });
    const { socket, messages, until } = await open(url);
    socket.send('{"event":"stream"}');
    while (!values.observed) await turn();
    values.next({ event: 'value', data: 1 });
    await until(1);
    await almost();
    values.next({ event: 'value', data: 2 });
    await until(2);
    await beyond();
    await until(3);
    expect(values.observed).toBe(false);
    expect(messages).toMatchObject([
      { data: 1 },
      { data: 2 },
      { event: 'exception', data: { ...expired, cause: { pattern: 'stream' } } },
    ]);
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.terminate();
  });

  it('a stream that was quiet ends with its first value, which is not sent', async () => {
    const { url } = await start({ providers: [MessagesGateway], configure });
    const { socket, messages, until } = await open(url);
    socket.send('{"event":"stream"}');
    while (!values.observed) await turn();
    await almost();
    await beyond();
    values.next({ event: 'value', data: 'late' });
    await until(1);
    expect(messages).toMatchObject([{ event: 'exception', data: expired }]);
    expect(values.observed).toBe(false);
    socket.terminate();
  });

  it('a single result that comes late is given: its operation has been performed', async () => {
    const { url } = await start({ providers: [MessagesGateway], configure });
    const { socket, messages, until } = await open(url);
    socket.send('{"event":"once"}');
    while (!late.isAwaited) await turn();
    await almost();
    await beyond();
    late.resolve('late');
    await until(1);
    expect(messages).toEqual([{ event: 'done', data: 'late' }]);
    socket.terminate();
  });

  it('a socket is closed, later if it was renewed', async () => {
    const { url } = await start({ providers: [StreamGateway], configure });
    const { socket, until } = await open(url);
    const data = await server.accessToken({ expiresIn: 2 * EXPIRES_IN });
    socket.send(JSON.stringify({ event: 'renew', data }));
    await until(1);
    await almost();
    await beyond();
    expect(socket.readyState).toBe(WebSocket.OPEN);
    const closed = once(socket, 'close');
    await jest.advanceTimersByTimeAsync(EXPIRES_IN * 1000);
    const [code, reason] = await closed;
    expect([code, String(reason)]).toEqual([4401, 'invalid_token']);
  });

  it('a socket stays open without the option', async () => {
    const { url } = await start({ providers: [StreamGateway], configure }, {});
    const { socket } = await open(url);
    await almost();
    await beyond();
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.terminate();
  });
});

@WebSocketGateway()
class MiddlewareGateway {
  constructor(private readonly stepUp: StepUpService) {}

  afterInit(namespace: Namespace) {
    namespace.use((client, next) => this.stepUp.handshake(client, next));
  }
}

it.each([
  ['handleConnection', StreamGateway],
  ['a middleware', MiddlewareGateway],
])('a client of socket.io that was judged in %s is disconnected', async (_, gateway) => {
  const timers = jest.spyOn(globalThis, 'setTimeout');
  const { url } = await start({
    providers: [gateway],
    configure: (app) => void app.useWebSocketAdapter(new IoAdapter(app)),
  });
  const socket = io(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    auth: { token: await token() },
  });
  await once(socket as never, 'connect');
  // The judgement ends after the connection.
  while (!timers.mock.calls.some(([, milliseconds]) => endsWithToken(milliseconds))) await turn();
  timers.mockRestore();
  await almost();
  expect(socket.connected).toBe(true);
  const exception = once(socket as never, 'exception');
  const disconnected = once(socket as never, 'disconnect');
  await beyond();
  expect(await exception).toMatchObject([expired]);
  await disconnected;
});

@Resolver()
class PricesResolver {
  @Query('open')
  open() {
    return 'open';
  }

  @Subscription('prices')
  @RequireAcr('mfa')
  prices() {
    return {
      next: () =>
        new Promise<IteratorResult<object>>((resolve) => {
          const give = (value: unknown) => resolve({ done: false, value: { prices: String(value) } });
          values.pipe(take(1)).subscribe(give);
        }),
      return() {
        returned();
        return returning() as Promise<IteratorResult<object>>;
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }
}

/** Subscribes over graphql-ws, receives a value, and goes beyond the end of the token. */
async function subscribedBeyondTheEnd(options?: Partial<StepUpRegisterOptions>) {
  const { url } = await start(
    {
      imports: [
        GraphQLModule.forRoot<ApolloDriverConfig>({
          driver: ApolloDriver,
          typeDefs: 'type Query { open: String } type Subscription { prices: String }',
          graphiql: false,
          playground: false,
          subscriptions: { 'graphql-ws': true },
        }),
      ],
      providers: [PricesResolver],
    },
    options,
  );
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${await token()}` },
  });
  const received: unknown[] = [];
  let isComplete = false;
  client.subscribe(
    { query: 'subscription { prices }' },
    {
      next: (value) => received.push(value.data),
      error: (error) => received.push(error),
      complete: () => (isComplete = true),
    },
  );
  while (!values.observed) await turn();
  await almost();
  values.next('1');
  while (received.length < 1) await turn();
  await beyond();
  const isEnded = options === undefined || options.endAtExpiry === true;
  while (isEnded && !(isComplete && returned.mock.calls.length > 0)) await turn();
  // What is not to come has time to come.
  for (let turns = 0; turns < 50; turns++) await turn();
  // An iterator that goes on returns with the socket.
  const outcome = { received, isComplete, returns: returned.mock.calls.length };
  await client.dispose();
  return outcome;
}

it.each<[what: string, options: Partial<StepUpRegisterOptions>, isEnded: boolean]>([
  ['ends with the token', { endAtExpiry: true }, true],
  ['goes on without the option', {}, false],
])('a subscription over graphql-ws %s', async (_, options, isEnded) => {
  const { received, isComplete, returns } = await subscribedBeyondTheEnd(options);
  expect(received).toEqual([{ prices: '1' }]);
  expect(isComplete).toBe(isEnded);
  expect(returns).toBe(isEnded ? 1 : 0);
});

it.each<[what: string, returns: () => unknown]>([
  ['returns no promise', () => ({ done: true, value: undefined })],
  ['throws', fail],
  ['rejects', async () => fail()],
])('an iterator of a subscription that %s as it is ended does not end the process', async (_, returns) => {
  returning = returns;
  expect(await subscribedBeyondTheEnd()).toEqual({ received: [{ prices: '1' }], isComplete: true, returns: 1 });
});

function fail(): never {
  throw new Error('gone');
}

@Controller()
class StreamController {
  @MessagePattern('stream')
  @RequireAcr('mfa')
  stream() {
    return values;
  }
}

it('a stream of a microservice ends with an error', async () => {
  const { app } = await start(
    {
      controllers: [StreamController],
      configure(app) {
        const options = { host: '127.0.0.1', port: 0 };
        app.connectMicroservice<MicroserviceOptions>({ transport: Transport.TCP, options });
      },
      beforeListen: (app) => app.startAllMicroservices(),
    },
    { endAtExpiry: true, accessToken: (context) => context.switchToRpc().getData<{ token: string }>().token },
  );
  const [microservice] = app.getMicroservices();
  const { port } = (microservice as unknown as { unwrap(): Server }).unwrap().address() as AddressInfo;
  const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
  const received: unknown[] = [];
  client.send('stream', { token: await token() }).subscribe({
    next: (value) => received.push(value),
    error: (error) => received.push(error),
  });
  while (!values.observed) await turn();
  await almost();
  values.next(1);
  while (received.length < 1) await turn();
  await beyond();
  while (received.length < 2) await turn();
  expect(received).toMatchObject([1, expired]);
  expect(values.observed).toBe(false);
  client.close();
});
