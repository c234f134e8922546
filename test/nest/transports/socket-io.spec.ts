import { once } from 'node:events';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { RequireAcr } from 'nestjs-step-up';
import { findStepUpChallenge } from 'nestjs-step-up/client';
import { io, type Socket } from 'socket.io-client';
import { applicationOfAllTests, logOfEachTest } from '../../support/application.js';

logOfEachTest();
const ran = jest.fn();

@WebSocketGateway()
class BankGateway {
  @SubscribeMessage('transfer')
  @RequireAcr('mfa', { maxAge: 300 })
  transfer(@MessageBody() { amount }: { amount: number }) {
    ran();
    return amount;
  }
}

describe('a message over socket.io', () => {
  const { server, application } = applicationOfAllTests({
    providers: [BankGateway],
    options: { accessToken: (context) => context.switchToWs().getData<{ token?: string }>()?.token },
    configure: (app) => app.useWebSocketAdapter(new IoAdapter(app)),
  });
  let socket: Socket;
  beforeEach(async () => {
    ran.mockClear();
    socket = io(application.url, { transports: ['websocket'] });
    await once(socket as never, 'connect');
  });
  afterEach(() => socket.disconnect());

  const refusal = {
    message: 'A different authentication is required',
    code: 'INSUFFICIENT_USER_AUTHENTICATION',
    error: 'insufficient_user_authentication',
    error_description: 'A different authentication is required',
    acr_values: 'mfa',
    max_age: 300,
    reasons: ['acr_unmet'],
    cause: { pattern: 'transfer' },
  };
  const weak = async () => ({ amount: 5, token: await server.accessToken({ acr: 'pwd' }) });

  it('is refused by an exception that names the message', async () => {
    socket.emit('transfer', await weak());
    const [data] = await once(socket as never, 'exception');
    expect(data).toEqual(refusal);
    expect(findStepUpChallenge(data)).toMatchObject({ acrValues: ['mfa'], maxAge: 300 });
    expect(ran).not.toHaveBeenCalled();
  });

  it.each<[what: string, data: () => Promise<object>, answer: object]>([
    ['too weak a sign-in', weak, refusal],
    [
      'no token',
      async () => ({ amount: 5 }),
      { code: 'UNAUTHENTICATED', statusCode: 401, message: 'Unauthorized', cause: { pattern: 'transfer' } },
    ],
  ])('that waits for an acknowledgement is given the refusal, with %s', async (_, data, answer) => {
    expect(await socket.emitWithAck('transfer', await data())).toEqual(answer);
    expect(ran).not.toHaveBeenCalled();
  });

  it('with a token that is good enough is served', async () => {
    const data = { amount: 5, token: await server.accessToken({ acr: 'mfa' }) };
    expect(await socket.emitWithAck('transfer', data)).toBe(5);
  });
});
