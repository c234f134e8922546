import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import {
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  type INestApplication,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  type ClientProxy,
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  type MicroserviceOptions,
  Transport,
} from '@nestjs/microservices';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  AccessTokenException,
  AccessTokenGuard,
  type Decision,
  StepUpContext,
  StepUpExceptionFilter,
  StepUpService,
} from 'nestjs-step-up';
import { firstValueFrom } from 'rxjs';
import { io } from 'socket.io-client';
import WebSocket from 'ws';
import { bindRefusalForm } from '../../../lib/nest/refusal/refusal-form.js';
import { applicationOfAllTests, logOfEachTest } from '../../support/application.js';
import { bootFailure } from '../../support/boot.js';
import { describeInNest11, describeInNest12, isNest12 } from '../../support/nest-version.js';

logOfEachTest();
const ran = jest.fn();
beforeEach(() => ran.mockClear());

const unauthenticated = { code: 'UNAUTHENTICATED', statusCode: 401, message: 'Unauthorized' };
const insufficient = {
  code: 'INSUFFICIENT_USER_AUTHENTICATION',
  acr_values: 'mfa',
  message: 'A different authentication is required',
};
const malformed = { code: 'INVALID_TOKEN', message: 'The access token is not a signed JWT' };

/** What each handler refuses, without any filter of the application. */
const REFUSED: readonly (readonly [pattern: string, token: string | undefined, refusal: object])[] = [
  ['guard', undefined, unauthenticated],
  ['guard', 'garbage', malformed],
  ['authenticate', 'garbage', malformed],
  ['require', undefined, unauthenticated],
  ['require', 'weak', insufficient],
  ['assess', undefined, unauthenticated],
];

interface Data {
  token: string;
}

@WebSocketGateway()
class BankGateway {
  constructor(private readonly stepUp: StepUpService) {}

  @SubscribeMessage('guard')
  @UseGuards(AccessTokenGuard)
  guard() {
    ran();
  }

  @SubscribeMessage('authenticate')
  async authenticate(@MessageBody() { token }: Data) {
    await this.stepUp.authenticate(token);
    ran();
  }

  @SubscribeMessage('require')
  async require(@StepUpContext() at: ExecutionContext) {
    await this.stepUp.require(at, 'mfa');
    ran();
  }

  @SubscribeMessage('assess')
  async assess(@StepUpContext() at: ExecutionContext) {
    await this.stepUp.assess(at, 'mfa');
    ran();
  }
}

async function askWs(url: string, event: string, data?: unknown): Promise<unknown> {
  const socket = new WebSocket(url.replace('http', 'ws'));
  await once(socket, 'open');
  socket.send(JSON.stringify({ event, data }));
  const [message] = await once(socket, 'message');
  socket.close();
  return JSON.parse(String(message));
}

/** The acknowledgement, and what comes as an exception. */
async function askSocketIo(url: string, event: string, data?: unknown): Promise<[unknown, unknown]> {
  const socket = io(url, { transports: ['websocket'], forceNew: true });
  const exception = once(socket as never, 'exception');
  const answer = await socket.emitWithAck(event, data);
  const [thrown] = await exception;
  socket.disconnect();
  return [answer, thrown];
}

const accessToken = (context: ExecutionContext) => context.switchToWs().getData<Partial<Data>>()?.token;

describe('a refusal on a socket has one form, whoever refuses', () => {
  const ws = applicationOfAllTests({
    providers: [BankGateway],
    options: { accessToken },
    configure: (app) => void app.useWebSocketAdapter(new WsAdapter(app)),
  });
  const socketIo = applicationOfAllTests({
    providers: [BankGateway],
    options: { accessToken },
    configure: (app) => void app.useWebSocketAdapter(new IoAdapter(app)),
  });

  it.each(REFUSED)('ws: %s with %s', async (event, token, refusal) => {
    const data = { token: token === 'weak' ? await ws.server.accessToken({ acr: 'pwd' }) : token };
    const answer = { event: 'exception', data: { ...refusal, cause: { pattern: event } } };
    expect(await askWs(ws.application.url, event, data)).toMatchObject(answer);
    expect(ran).not.toHaveBeenCalled();
  });

  it.each(REFUSED)('socket.io: %s with %s, exception and acknowledgement', async (event, token, refusal) => {
    const data = { token: token === 'weak' ? await socketIo.server.accessToken({ acr: 'pwd' }) : token };
    const [answer, thrown] = await askSocketIo(socketIo.application.url, event, data);
    expect(answer).toMatchObject({ ...refusal, cause: { pattern: event } });
    expect(thrown).toEqual(answer);
    expect(ran).not.toHaveBeenCalled();
  });
});

@WebSocketGateway()
class GlobalGateway {
  @SubscribeMessage('global')
  global() {
    ran();
  }
}

describeInNest12('a refusal by a global guard has it too, in Nest 12', () => {
  const providers = [GlobalGateway, { provide: APP_GUARD, useClass: AccessTokenGuard }];
  const ws = applicationOfAllTests({
    providers,
    configure: (app) => void app.useWebSocketAdapter(new WsAdapter(app)),
  });
  const socketIo = applicationOfAllTests({
    providers,
    configure: (app) => void app.useWebSocketAdapter(new IoAdapter(app)),
  });
  const refusal = { ...unauthenticated, cause: { pattern: 'global' } };

  it('over ws', async () => {
    expect(await askWs(ws.application.url, 'global', {})).toEqual({ event: 'exception', data: refusal });
    expect(ran).not.toHaveBeenCalled();
  });

  it('over socket.io', async () => {
    expect(await askSocketIo(socketIo.application.url, 'global', {})).toEqual([refusal, refusal]);
    expect(ran).not.toHaveBeenCalled();
  });
});

describeInNest11('a gateway that only a global guard would refuse, in Nest 11', () => {
  it.each([WsAdapter, IoAdapter])(
    'does not boot over %p in Nest 11, in which no global guard reaches it',
    async (Adapter) => {
      const providers = [GlobalGateway, { provide: APP_GUARD, useClass: AccessTokenGuard }];
      const configure = (app: INestApplication) => void app.useWebSocketAdapter(new Adapter(app));
      expect(await bootFailure({ providers, configure })).toEqual(
        new TypeError(
          'AccessTokenGuard is global and would not run before GlobalGateway.global, as global guards may not reach it; ' +
            'decorate GlobalGateway with @UseGuards(AccessTokenGuard), @RequireAcr or @Public',
        ),
      );
    },
  );
});

describe('with exceptionFilter: false, a refusal is left to the filters of the application', () => {
  const refusal = { status: 'error', message: 'Internal server error' };
  const emitted = jest.fn();

  @WebSocketGateway()
  class ListeningGateway extends BankGateway {
    /** What is emitted on a socket of ws stays on the server. The client learns afterwards that it was. */
    handleConnection(socket: WebSocket) {
      socket.on('exception' as never, (thrown: unknown) => {
        emitted(thrown);
        socket.send(JSON.stringify({ event: 'afterwards' }));
      });
    }
  }
  const ws = applicationOfAllTests({
    providers: [ListeningGateway],
    options: { exceptionFilter: false },
    configure: (app) => void app.useWebSocketAdapter(new WsAdapter(app)),
  });
  const socketIo = applicationOfAllTests({
    providers: [BankGateway],
    options: { exceptionFilter: false },
    configure: (app) => void app.useWebSocketAdapter(new IoAdapter(app)),
  });

  it(`over ws: the one of ${isNest12 ? 'Nest 12 sends it' : 'Nest 11 sends nothing'}`, async () => {
    const [sent, kept] = isNest12
      ? [{ event: 'exception', data: refusal }, []]
      : [{ event: 'afterwards' }, [[refusal]]];
    expect(await askWs(ws.application.url, 'guard', {})).toMatchObject(sent);
    expect(emitted.mock.calls).toMatchObject(kept);
    expect(ran).not.toHaveBeenCalled();
  });

  it('over socket.io', async () => {
    const socket = io(socketIo.application.url, { transports: ['websocket'], forceNew: true });
    const exception = once(socket as never, 'exception');
    socket.emit('guard', {});
    expect(await exception).toMatchObject([refusal]);
    socket.disconnect();
    expect(ran).not.toHaveBeenCalled();
  });
});

describe('the form', () => {
  const filtersOf = (handler: object): unknown => Reflect.getMetadata('__exceptionFilters__', handler);

  it('is bound once, however many applications have the handler', () => {
    class Gateway {
      handle() {}
    }
    const { handle } = Gateway.prototype;
    bindRefusalForm(Gateway, handle);
    bindRefusalForm(Gateway, handle);
    expect(filtersOf(handle)).toHaveLength(1);
  });

  it('is not bound to a handler that has the filter by a decorator', () => {
    class Gateway {
      @UseFilters(StepUpExceptionFilter)
      handle() {}
    }
    const { handle } = Gateway.prototype;
    bindRefusalForm(Gateway, handle);
    expect(filtersOf(handle)).toEqual([StepUpExceptionFilter]);
  });
});

const caught = jest.fn();

@Catch(AccessTokenException)
class CountingFilter extends StepUpExceptionFilter {
  override catch(refused: AccessTokenException, host: never) {
    caught(refused.rule);
    return super.catch(refused, host);
  }
}

@Catch()
class OwnFilter implements ExceptionFilter {
  catch(_: unknown, host: { getArgByIndex(index: number): { send(data: string): void } }) {
    host.getArgByIndex(0).send('"own"');
  }
}

@WebSocketGateway()
class FilteredGateway {
  @SubscribeMessage('counted')
  @UseFilters(CountingFilter)
  @UseGuards(AccessTokenGuard)
  counted() {
    ran();
  }

  @SubscribeMessage('own')
  @UseFilters(new OwnFilter() as never)
  @UseGuards(AccessTokenGuard)
  own() {
    ran();
  }
}

describe('a filter of the handler comes first', () => {
  const { application } = applicationOfAllTests({
    providers: [FilteredGateway],
    configure: (app) => void app.useWebSocketAdapter(new WsAdapter(app)),
  });

  it.each<[event: string, answer: unknown, calls: unknown[]]>([
    [
      'counted',
      { event: 'exception', data: { ...unauthenticated, cause: { pattern: 'counted' } } },
      [['token_missing']],
    ],
    ['own', 'own', []],
  ])('%s', async (event, answer, calls) => {
    caught.mockClear();
    expect(await askWs(application.url, event)).toEqual(answer);
    expect(caught.mock.calls).toEqual(calls);
  });
});

@Controller()
class BankController {
  constructor(private readonly stepUp: StepUpService) {}

  @MessagePattern('guard')
  @UseGuards(AccessTokenGuard)
  guard() {
    ran();
    return 'done';
  }

  @MessagePattern('authenticate')
  async authenticate({ token }: Data) {
    await this.stepUp.authenticate(token);
    ran();
    return 'done';
  }

  @MessagePattern('require')
  async require(@StepUpContext() at: ExecutionContext) {
    await this.stepUp.require(at, 'mfa');
    ran();
    return 'done';
  }

  @MessagePattern('assess')
  async assess(@StepUpContext() at: ExecutionContext) {
    await this.stepUp.assess(at, 'mfa');
    ran();
    return 'done';
  }

  @EventPattern('event')
  @UseGuards(AccessTokenGuard)
  event(_: object) {
    ran();
  }
}

describe.each([true, false])('a refusal of a hybrid application, with inheritAppConfig %s', (inheritAppConfig) => {
  let client: ClientProxy;
  const { server, application } = applicationOfAllTests({
    controllers: [BankController],
    options: { accessToken: (context) => context.switchToRpc().getData<Data>().token },
    configure(app) {
      const options = { host: '127.0.0.1', port: 0 };
      app.connectMicroservice<MicroserviceOptions>({ transport: Transport.TCP, options }, { inheritAppConfig });
    },
    beforeListen: (app) => app.startAllMicroservices(),
  });
  beforeAll(() => {
    const [microservice] = application.app.getMicroservices();
    const { port } = (microservice as unknown as { unwrap(): Server }).unwrap().address() as AddressInfo;
    client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
  });
  afterAll(() => client?.close());

  it.each(REFUSED)('%s with %s', async (pattern, token, refusal) => {
    const data = { token: token === 'weak' ? await server.accessToken({ acr: 'pwd' }) : token };
    await expect(firstValueFrom(client.send(pattern, data))).rejects.toMatchObject(refusal);
    expect(ran).not.toHaveBeenCalled();
  });

  it('an event is not handled, and a decision tells', async () => {
    const stepUp = application.app.get(StepUpService);
    const decision = new Promise<Decision>((resolve) => {
      const stop = stepUp.onDecision((one) => {
        stop();
        resolve(one);
      });
    });
    await firstValueFrom(client.emit('event', {}), { defaultValue: undefined });
    expect(await decision).toMatchObject({ outcome: 'refused', code: 'token_missing', route: 'BankController.event' });
    // The next message shows that the process and the connection live.
    const token = await server.accessToken();
    expect(await firstValueFrom(client.send('guard', { token }))).toBe('done');
    expect(ran).toHaveBeenCalledTimes(1);
  });
});
