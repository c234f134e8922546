import type { AddressInfo, Server } from 'node:net';
import { Controller, type ExecutionContext, type INestMicroservice } from '@nestjs/common';
import {
  type ClientProxy,
  ClientProxyFactory,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  Transport,
} from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { RequireAcr, SkipStepUp, StepUpContext, StepUpModule, StepUpService } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { firstValueFrom } from 'rxjs';
import { logOfEachTest } from '../../support/application.js';

logOfEachTest();
const transfers: number[] = [];

@Controller()
class BankController {
  constructor(private readonly stepUp: StepUpService) {}

  @MessagePattern('accounts')
  @SkipStepUp()
  accounts() {
    return ['current'];
  }

  @MessagePattern('transfer')
  @RequireAcr('mfa', { maxAge: 300 })
  transfer(@Payload() { amount }: { amount: number }) {
    transfers.push(amount);
    return amount;
  }

  @MessagePattern('require')
  @SkipStepUp()
  async require(@StepUpContext() at: ExecutionContext) {
    await this.stepUp.require(at, 'mfa');
    return 0;
  }
}

describe('RS-108 a message to a microservice is refused with an error', () => {
  let server: TestAuthorizationServer;
  let microservice: INestMicroservice;
  let client: ClientProxy;

  beforeAll(async () => {
    server = await createTestAuthorizationServer();
    const testing = await Test.createTestingModule({
      imports: [
        StepUpModule.forRoot({
          authorizationServers: [{ issuer: server.issuer, audience: server.audience }],
          accessToken: (context) => context.switchToRpc().getData<{ token?: string }>().token,
        }),
      ],
      controllers: [BankController],
    }).compile();
    const options = { host: '127.0.0.1', port: 0 };
    microservice = testing.createNestMicroservice<MicroserviceOptions>({ transport: Transport.TCP, options });
    await microservice.listen();
    const { port } = microservice.unwrap<Server>().address() as AddressInfo;
    client = ClientProxyFactory.create({ transport: Transport.TCP, options: { ...options, port } });
  });
  beforeEach(() => {
    transfers.length = 0;
  });
  afterAll(async () => {
    client?.close();
    await microservice?.close();
    await server?.close();
  });

  const ask = (pattern: string, data: object) =>
    firstValueFrom(client.send(pattern, data)).catch((error: unknown) => ({ refused: error }));

  const insufficient = {
    message: 'A different authentication is required',
    code: 'INSUFFICIENT_USER_AUTHENTICATION',
    error: 'insufficient_user_authentication',
    error_description: 'A different authentication is required',
    acr_values: 'mfa',
    reasons: ['acr_unmet'],
  };

  it.each<[what: string, token: () => unknown, refused: object]>([
    [
      'an authentication that is not enough',
      () => server.accessToken({ acr: 'pwd' }),
      { ...insufficient, max_age: 300 },
    ],
    ['no token', () => undefined, { code: 'UNAUTHENTICATED', statusCode: 401, message: 'Unauthorized' }],
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
  ])('a message with %s is refused, and the handler does not run', async (_, token, refused) => {
    expect(await ask('transfer', { amount: 5, token: await token() })).toEqual({ refused });
    expect(transfers).toEqual([]);
  });

  it('a message is refused from within a handler', async () => {
    expect(await ask('require', { token: await server.accessToken({ acr: 'pwd' }) })).toEqual({
      refused: insufficient,
    });
  });

  it('each message is judged by itself', async () => {
    const [pwd, mfa] = [await server.accessToken({ acr: 'pwd' }), await server.accessToken({ acr: 'mfa' })];
    expect(await ask('transfer', { amount: 1, token: mfa })).toBe(1);
    expect(await ask('transfer', { amount: 2, token: pwd })).toHaveProperty('refused.reasons', ['acr_unmet']);
    expect(await ask('accounts', { token: pwd })).toEqual(['current']);
    expect(await ask('accounts', {})).toHaveProperty('refused.code', 'UNAUTHENTICATED');
    expect(transfers).toEqual([1]);
  });
});
