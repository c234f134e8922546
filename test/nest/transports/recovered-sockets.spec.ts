import { once } from 'node:events';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { StepUpService } from 'nestjs-step-up';
import type { Namespace } from 'socket.io';
import { io } from 'socket.io-client';
import { adapters, applicationOfAllTests, logOfEachTest } from '../../support/application.js';

logOfEachTest();

describe.each<[what: string, skipMiddlewares: boolean | undefined]>([
  ['is judged in a middleware with skipMiddlewares: false', false],
  ['is not judged in a middleware by default', undefined],
])('a client of socket.io that comes back to its connection state %s', (_, skipMiddlewares) => {
  @WebSocketGateway({ connectionStateRecovery: { ...(skipMiddlewares !== undefined && { skipMiddlewares }) } })
  class BankGateway {
    constructor(private readonly stepUp: StepUpService) {}

    afterInit(namespace: Namespace) {
      namespace.use((client, next) => this.stepUp.handshake(client, next));
    }

    /** A client can come back only after an event. */
    @SubscribeMessage('open')
    open() {
      return { event: 'opened', data: 1 };
    }
  }

  const { server, application } = applicationOfAllTests({
    createAdapter: adapters[0][1],
    providers: [BankGateway],
    configure: (app) => app.useWebSocketAdapter(new IoAdapter(app)),
  });

  it('as it has a token that is refused', async () => {
    let token = await server.accessToken();
    const socket = io(application.url, {
      transports: ['websocket'],
      forceNew: true,
      reconnectionDelay: 1,
      auth: (give) => give({ token }),
    });
    socket.emit('open');
    await once(socket as never, 'opened');
    token = 'garbage';
    const back = new Promise((resolve) => {
      socket.on('connect', () => resolve(socket.recovered));
      socket.on('connect_error', (error) => resolve((error as Error & { data: object }).data));
    });
    socket.io.engine.close();
    expect(await back).toEqual(skipMiddlewares === false ? expect.objectContaining({ code: 'INVALID_TOKEN' }) : true);
    socket.disconnect();
  });
});
