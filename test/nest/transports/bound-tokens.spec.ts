import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Controller, Get } from '@nestjs/common';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { ClientProxyFactory, MessagePattern, type MicroserviceOptions, Transport } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { createClient } from 'graphql-ws';
import { RequireAcr, StepUpModule, type StepUpRegisterOptions, StepUpService } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { firstValueFrom } from 'rxjs';
import WebSocket from 'ws';
import { DPoPProofs } from '../../../lib/token/proofs/dpop-proof.js';
import { adapters, logOfEachTest, type RunningApplication, startApplication } from '../../support/application.js';
import { type DPoPKey, dpopHeaders, dpopKey, PUBLIC_URL } from '../../support/dpop.js';
import { done, handler } from '../../support/handler.js';

logOfEachTest();
const verify = jest.spyOn(DPoPProofs.prototype, 'verify');
beforeEach(() => {
  verify.mockClear();
  done.mockClear();
});
afterAll(() => verify.mockRestore());

let server: TestAuthorizationServer;
let key: DPoPKey;
beforeAll(async () => {
  server = await createTestAuthorizationServer();
  key = await dpopKey();
});
afterAll(() => server?.close());

const options = (further: Partial<StepUpRegisterOptions> = {}): StepUpRegisterOptions => ({
  authorizationServers: [{ issuer: server.issuer, audience: server.audience, boundTokens: 'accepted' }],
  publicUrl: PUBLIC_URL,
  ...further,
});
const bound = (acr = 'mfa') => server.accessToken({ acr, claims: { cnf: key.cnf } });

const unprovable = {
  code: 'INVALID_TOKEN',
  error: 'invalid_token',
  error_description: 'The access token is bound to a key, which only an HTTP request can prove',
};

@Resolver()
class BankResolver {
  @Query('one')
  @RequireAcr('mfa')
  one() {
    done();
    return 'done';
  }

  @Query('two')
  @RequireAcr('mfa')
  async two() {
    return this.one();
  }
}

describe('bound tokens over GraphQL', () => {
  let application: RunningApplication;
  const start = async (further?: Partial<StepUpRegisterOptions>) => {
    application = await startApplication({
      createAdapter: adapters[0][1],
      controllers: [],
      imports: [
        GraphQLModule.forRoot<ApolloDriverConfig>({
          driver: ApolloDriver,
          typeDefs: 'type Query { one: String, two: String }',
          graphiql: false,
          playground: false,
          allowBatchedHttpRequests: true,
          subscriptions: { 'graphql-ws': true },
          context: ({ req, extra }: { req?: object; extra: { request: object } }) => ({ req: req ?? extra.request }),
        }),
      ],
      providers: [BankResolver],
      options: options(further),
    });
  };
  afterEach(() => application?.close());

  const ask = (body: unknown, headers: Record<string, string>) =>
    application.send('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const proofFor = (token: string, claims = {}) =>
    dpopHeaders(token, key.proof({ token, htm: 'POST', htu: `${PUBLIC_URL}/graphql`, claims }));

  it('a proof is verified once for all fields of a request, and refused in the next request', async () => {
    await start();
    const token = await bound();
    const headers = proofFor(token);
    const query = '{ one two again: one third: two }';
    const { body } = await ask({ query }, headers);
    expect(body).toEqual({ data: { one: 'done', two: 'done', again: 'done', third: 'done' } });
    expect(verify).toHaveBeenCalledTimes(1);
    const replayed = await ask({ query }, headers);
    const errors = replayed.body['errors'] as { extensions: object }[];
    expect(errors).toHaveLength(4);
    for (const { extensions } of errors) expect(extensions).toMatchObject({ code: 'INVALID_DPOP_PROOF' });
    expect(verify).toHaveBeenCalledTimes(2);
    expect(done).toHaveBeenCalledTimes(4);
  });

  it('the operations of a batch are one request', async () => {
    await start();
    const token = await bound();
    const { text } = await ask([{ query: '{ one }' }, { query: '{ two }' }], proofFor(token));
    expect(JSON.parse(text)).toEqual([{ data: { one: 'done' } }, { data: { two: 'done' } }]);
    expect(verify).toHaveBeenCalledTimes(1);
  });

  it('the same with a shared cache, which is asked once', async () => {
    const setIfAbsent = jest.fn(async () => true);
    await start({ dpop: { replayCache: { setIfAbsent } } });
    const token = await bound();
    expect((await ask({ query: '{ one two }' }, proofFor(token))).body).toEqual({ data: { one: 'done', two: 'done' } });
    expect(setIfAbsent).toHaveBeenCalledTimes(1);
  });

  it('a nonce is handed out in the header of the response', async () => {
    await start({ dpop: { nonces: 'required' } });
    const token = await bound();
    const refused = await ask({ query: '{ one two }' }, proofFor(token));
    expect(refused.body['errors']).toMatchObject([
      { extensions: { code: 'USE_DPOP_NONCE' } },
      { extensions: { code: 'USE_DPOP_NONCE' } },
    ]);
    const [nonce] = refused.headers['dpop-nonce'] as [string];
    const served = await ask({ query: '{ one }' }, proofFor(token, { nonce }));
    expect(served.body).toEqual({ data: { one: 'done' } });
  });

  it('a bound token is refused over a socket, also next to a proof for the handshake', async () => {
    await start();
    const token = await bound();
    const address = `${application.url.replace('http', 'ws')}/graphql`;
    const headers = dpopHeaders(token, key.proof({ token, htu: `${PUBLIC_URL}/graphql` }));
    class WithToken extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols, { headers });
      }
    }
    const client = createClient({ url: address, webSocketImpl: WithToken, lazy: false });
    try {
      for await (const { errors } of client.iterate({ query: '{ one }' })) {
        expect(errors).toMatchObject([{ extensions: unprovable }]);
      }
    } finally {
      await client.dispose();
    }
    expect(done).not.toHaveBeenCalled();
  });
});

@WebSocketGateway()
class BankGateway {
  @SubscribeMessage('transfer')
  @RequireAcr('mfa')
  transfer() {
    return { event: 'done', data: done() };
  }
}

@Controller()
class BankController {
  @MessagePattern('transfer')
  @RequireAcr('mfa')
  transfer() {
    return done();
  }
}

describe('bound tokens off HTTP', () => {
  it('are refused in a message over a socket, and bearer tokens accepted', async () => {
    const application = await startApplication({
      createAdapter: adapters[0][1],
      controllers: [],
      providers: [BankGateway],
      configure: (app) => app.useWebSocketAdapter(new WsAdapter(app)),
      options: options({ accessToken: (context) => context.switchToWs().getData<{ token?: string }>()?.token }),
    });
    const socket = new WebSocket(application.url.replace('http', 'ws'));
    try {
      await once(socket, 'open');
      const answers = [];
      for (const token of [await bound(), await server.accessToken({ acr: 'mfa' })]) {
        socket.send(JSON.stringify({ event: 'transfer', data: { token } }));
        const [answer] = await once(socket, 'message');
        answers.push(JSON.parse(String(answer)));
      }
      expect(answers).toMatchObject([
        { event: 'exception', data: unprovable },
        { event: 'done', data: { done: true } },
      ]);
    } finally {
      socket.close();
      await application.close();
    }
  });

  it('are refused in a message to a microservice', async () => {
    const testing = await Test.createTestingModule({
      imports: [
        StepUpModule.forRoot({
          metadataAudit: 'off',
          ...options({ accessToken: (context) => context.switchToRpc().getData<{ token?: string }>().token }),
        }),
      ],
      controllers: [BankController],
    }).compile();
    const tcp = { host: '127.0.0.1', port: 0 };
    const microservice = testing.createNestMicroservice<MicroserviceOptions>({
      transport: Transport.TCP,
      options: tcp,
    });
    await microservice.listen();
    const { port } = microservice.unwrap<Server>().address() as AddressInfo;
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { ...tcp, port } });
    try {
      const refused = firstValueFrom(client.send('transfer', { token: await bound() }));
      await expect(refused).rejects.toMatchObject(unprovable);
      const token = await server.accessToken({ acr: 'mfa' });
      expect(await firstValueFrom(client.send('transfer', { token }))).toEqual({ done: true });
    } finally {
      client.close();
      await microservice.close();
    }
  });

  it("are refused by StepUpService.authenticate, and by 'required' every token is", async () => {
    for (const boundTokens of ['accepted', 'required'] as const) {
      const application = await startApplication({
        createAdapter: adapters[0][1],
        controllers: [handler(Get())],
        options: options({
          authorizationServers: [{ issuer: server.issuer, audience: server.audience, boundTokens }],
        }),
      });
      try {
        const stepUp = application.app.get(StepUpService);
        await expect(stepUp.authenticate(await bound())).rejects.toMatchObject({ rule: 'binding_unprovable' });
        const bearer = stepUp.authenticate(await server.accessToken());
        if (boundTokens === 'accepted') await expect(bearer).resolves.toMatchObject({ user: { sub: 'alice' } });
        else await expect(bearer).rejects.toMatchObject({ rule: 'token_unbound' });
      } finally {
        await application.close();
      }
    }
  });
});
