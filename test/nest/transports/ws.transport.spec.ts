import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { ExecutionContext } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { RequireAcr, SkipStepUp, StepUpContext, StepUpService } from 'nestjs-step-up';
import WebSocket from 'ws';
import { applicationOfAllTests, logOfEachTest } from '../../support/application.js';

logOfEachTest();
const transfers: number[] = [];

@WebSocketGateway()
class BankGateway {
  constructor(private readonly stepUp: StepUpService) {}

  @SubscribeMessage('open')
  open() {
    return { event: 'opened', data: 'open' };
  }

  @SubscribeMessage('accounts')
  @SkipStepUp()
  accounts() {
    return { event: 'accounts', data: ['current'] };
  }

  @SubscribeMessage('transfer')
  @RequireAcr('mfa', { maxAge: 300 })
  transfer(@MessageBody() { amount }: { amount: number }) {
    transfers.push(amount);
    return { event: 'done', data: amount };
  }

  @SubscribeMessage('require')
  @SkipStepUp()
  async require(@StepUpContext() at: ExecutionContext) {
    await this.stepUp.require(at, 'mfa');
    return { event: 'done', data: 0 };
  }
}

describe('RS-108 a message over a socket is refused with an exception event', () => {
  const { server, application } = applicationOfAllTests({
    providers: [BankGateway],
    options: { accessToken: (context) => context.switchToWs().getData<{ token?: string }>()?.token },
    configure: (app) => app.useWebSocketAdapter(new WsAdapter(app)),
  });
  beforeEach(() => {
    transfers.length = 0;
  });

  /** Sends messages over one socket and gives their answers. */
  async function converse(...messages: [event: string, data: object][]) {
    const socket = new WebSocket(application.url.replace('http', 'ws'));
    await once(socket, 'open');
    const answers: unknown[] = [];
    for (const [event, data] of messages) {
      socket.send(JSON.stringify({ event, data }));
      const [answer] = await once(socket, 'message');
      answers.push(JSON.parse(String(answer)));
    }
    const isOpen = socket.readyState === WebSocket.OPEN;
    socket.close();
    await once(socket, 'close');
    expect(isOpen).toBe(true);
    return answers;
  }

  const refused = (data: object, pattern = 'transfer') => ({
    event: 'exception',
    data: { ...data, cause: { pattern } },
  });
  const insufficient = {
    message: 'A different authentication is required',
    code: 'INSUFFICIENT_USER_AUTHENTICATION',
    error: 'insufficient_user_authentication',
    error_description: 'A different authentication is required',
    acr_values: 'mfa',
    reasons: ['acr_unmet'],
  };
  const unauthenticated = { code: 'UNAUTHENTICATED', statusCode: 401, message: 'Unauthorized' };

  it.each<[what: string, token: () => unknown, data: object]>([
    [
      'an authentication that is not enough',
      () => server.accessToken({ acr: 'pwd' }),
      { ...insufficient, max_age: 300 },
    ],
    ['no token', () => undefined, unauthenticated],
    [
      'a token that is none',
      () => 'garbage',
      {
        code: 'INVALID_TOKEN',
        message: 'The access token is not a signed JWT',
        error: 'invalid_token',
        error_description: 'The access token is not a signed JWT',
      },
    ],
  ])('a message with %s is refused, and the handler does not run', async (_, token, data) => {
    expect(await converse(['transfer', { amount: 5, token: await token() }])).toEqual([refused(data)]);
    expect(transfers).toEqual([]);
  });

  it('a message is refused from within a handler', async () => {
    expect(await converse(['require', { token: await server.accessToken({ acr: 'pwd' }) }])).toEqual([
      refused(insufficient, 'require'),
    ]);
  });

  it('each message is judged by itself: none has the user of another', async () => {
    const [pwd, mfa] = [await server.accessToken({ acr: 'pwd' }), await server.accessToken({ acr: 'mfa' })];
    expect(
      await converse(
        ['transfer', { amount: 1, token: mfa }],
        ['transfer', { amount: 2, token: pwd }],
        ['transfer', { amount: 3 }],
        ['accounts', { token: pwd }],
        ['accounts', {}],
        ['open', {}],
        ['transfer', { amount: 4, token: mfa }],
      ),
    ).toEqual([
      { event: 'done', data: 1 },
      refused({ ...insufficient, max_age: 300 }),
      refused(unauthenticated),
      { event: 'accounts', data: ['current'] },
      refused(unauthenticated, 'accounts'),
      { event: 'opened', data: 'open' },
      { event: 'done', data: 4 },
    ]);
    expect(transfers).toEqual([1, 4]);
  });
});

describe('AT-13 a connection that authenticates in handleConnection()', () => {
  @WebSocketGateway()
  class DoorGateway {
    constructor(private readonly stepUp: StepUpService) {}

    async handleConnection(_client: object, { headers }: IncomingMessage) {
      if (headers['x-fault'] !== undefined) throw new RangeError('of the application');
      await this.stepUp.authenticate(String(headers['x-token']));
    }

    @SubscribeMessage('open')
    open() {
      return { event: 'opened', data: 'open' };
    }
  }
  const { server, application } = applicationOfAllTests({
    providers: [DoorGateway],
    configure: (app) => app.useWebSocketAdapter(new WsAdapter(app)),
  });

  const connect = (headers: Record<string, string>) =>
    new WebSocket(application.url.replace('http', 'ws'), { headers });

  it('closes the socket if the token is refused, and the process goes on', async () => {
    const [code] = await once(connect({ 'x-token': await server.accessToken({ expiresIn: -60 }) }), 'close');
    expect(code).toBe(4401);
    const socket = connect({ 'x-token': await server.accessToken() });
    await once(socket, 'open');
    socket.send('{"event":"open"}');
    const [message] = await once(socket, 'message');
    socket.close();
    expect(JSON.parse(String(message))).toEqual({ event: 'opened', data: 'open' });
  });

  it('leaves faults of the application to the application', async () => {
    const gateway = application.app.get(DoorGateway);
    const request = { headers: { 'x-fault': '1' } } as unknown as IncomingMessage;
    await expect(gateway.handleConnection({}, request)).rejects.toThrow('of the application');
  });
});
