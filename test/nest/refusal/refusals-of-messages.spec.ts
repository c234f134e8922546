import { once } from 'node:events';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  type INestApplication,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  type AccessTokenException,
  AccessTokenGuard,
  Public,
  StepUpExceptionFilter,
  StepUpService,
} from 'nestjs-step-up';
import { firstValueFrom } from 'rxjs';
import { io } from 'socket.io-client';
import WebSocket from 'ws';
import { bindRefusalForm } from '../../../lib/nest/refusal/refusal-form.js';
import { applicationOfAllTests, freePort, logOfEachTest } from '../../support/application.js';

logOfEachTest();
const ran = jest.fn();
beforeEach(() => ran.mockClear());

/** Answers in words of the application. */
@Catch()
class OwnFilter implements ExceptionFilter {
  catch(error: AccessTokenException, host: ArgumentsHost) {
    host
      .switchToWs()
      .getClient<WebSocket>()
      .send(JSON.stringify({ event: 'own', data: error.getStatus() }));
  }
}

@WebSocketGateway()
class BankGateway {
  constructor(private readonly stepUp: StepUpService) {}

  @SubscribeMessage('guarded')
  @UseGuards(AccessTokenGuard)
  guarded() {
    ran();
  }

  @SubscribeMessage('global')
  global() {
    ran();
  }

  @SubscribeMessage('inside')
  @Public()
  async inside() {
    await this.stepUp.authenticate('garbage');
  }

  @SubscribeMessage('own')
  @UseFilters(OwnFilter)
  @UseGuards(AccessTokenGuard)
  own() {
    ran();
  }
}

const unauthenticated = { message: 'Unauthorized', code: 'UNAUTHENTICATED', statusCode: 401 };
const invalid = {
  message: 'The access token is not a signed JWT',
  code: 'INVALID_TOKEN',
  error: 'invalid_token',
  error_description: 'The access token is not a signed JWT',
};
const globally = { provide: APP_GUARD, useClass: AccessTokenGuard };
const refusals: [pattern: string, refusal: object][] = [
  ['guarded', unauthenticated],
  ['global', unauthenticated],
  ['inside', invalid],
];

describe('a message that requires a token alone is refused in the form of its transport', () => {
  describe('ws', () => {
    const { application } = applicationOfAllTests({
      providers: [BankGateway, globally],
      configure: (app) => app.useWebSocketAdapter(new WsAdapter(app)),
    });

    async function ask(event: string): Promise<unknown> {
      const socket = new WebSocket(application.url.replace('http', 'ws'));
      await once(socket, 'open');
      socket.send(JSON.stringify({ event, data: {} }));
      const [answer] = await once(socket, 'message');
      socket.close();
      await once(socket, 'close');
      return JSON.parse(String(answer));
    }

    it.each(refusals)('%s', async (pattern, refusal) => {
      expect(await ask(pattern)).toEqual({ event: 'exception', data: { ...refusal, cause: { pattern } } });
      expect(ran).not.toHaveBeenCalled();
    });

    it('unless a filter at the handler writes it', async () => {
      expect(await ask('own')).toEqual({ event: 'own', data: 401 });
      expect(ran).not.toHaveBeenCalled();
    });
  });

  describe('socket.io', () => {
    const { application } = applicationOfAllTests({
      providers: [BankGateway, globally],
      configure: (app) => app.useWebSocketAdapter(new IoAdapter(app)),
    });

    it.each(refusals)('%s, to a client that waits for an acknowledgement', async (pattern, refusal) => {
      const socket = io(application.url, { transports: ['websocket'] });
      await once(socket as never, 'connect');
      expect(await socket.emitWithAck(pattern, {})).toEqual({ ...refusal, cause: { pattern } });
      socket.disconnect();
      expect(ran).not.toHaveBeenCalled();
    });
  });

  describe('a microservice in a hybrid application', () => {
    @Controller()
    class BankController {
      constructor(private readonly stepUp: StepUpService) {}

      @MessagePattern('guarded')
      @UseGuards(AccessTokenGuard)
      guarded() {
        ran();
      }

      @MessagePattern('inside')
      async inside() {
        await this.stepUp.authenticate('garbage');
      }
    }

    let port: number;
    applicationOfAllTests({
      controllers: [BankController],
      async beforeListen(app: INestApplication) {
        port = await freePort();
        app.connectMicroservice({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
        await app.startAllMicroservices();
      },
    });

    it.each(refusals.filter(([pattern]) => pattern !== 'global'))('%s', async (pattern, refusal) => {
      const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
      await expect(firstValueFrom(client.send(pattern, {}))).rejects.toEqual(refusal);
      client.close();
      expect(ran).not.toHaveBeenCalled();
    });
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

describe('with exceptionFilter: false', () => {
  const { application } = applicationOfAllTests({
    providers: [BankGateway],
    options: { exceptionFilter: false },
    configure: (app) => app.useWebSocketAdapter(new WsAdapter(app)),
  });

  it('a refusal is left to the filters of the application', async () => {
    const socket = new WebSocket(application.url.replace('http', 'ws'));
    await once(socket, 'open');
    socket.send(JSON.stringify({ event: 'guarded', data: {} }));
    const [answer] = await once(socket, 'message');
    socket.close();
    expect(JSON.parse(String(answer))).toMatchObject({ data: { status: 'error', message: 'Internal server error' } });
    expect(ran).not.toHaveBeenCalled();
  });
});
