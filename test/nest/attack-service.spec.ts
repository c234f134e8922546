import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Controller, Get, Injectable, UseGuards, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { createClient } from 'graphql-ws';
import { AccessTokenGuard, RequireAcr, StepUpContext, StepUpService } from 'nestjs-step-up';
import WebSocket from 'ws';
import { createTestAuthorizationServer, type TestAuthorizationServer } from '../../lib/testing/index.js';
import { adapters, captureLog, type RunningApplication, startApplication } from '../support/application.js';
import { pass, stopClock } from '../support/clock.js';

let assessment: unknown;
@Controller()
class BankController {
  constructor(private readonly stepUp: StepUpService) {}
  @Get('assess')
  @UseGuards(AccessTokenGuard)
  async assess(@StepUpContext() at: unknown) {
    assessment = await this.stepUp.assess(at, 'mfa', { maxAge: 300 });
    return {};
  }
  @Get('mfa')
  @RequireAcr('mfa')
  mfa() {
    return {};
  }
}
@Resolver()
class BankResolver {
  @Query('transfer')
  @RequireAcr('mfa')
  transfer() {
    return 'done';
  }
}
let sessionUser: unknown;
@Injectable()
class SessionGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    context.switchToHttp().getRequest().user = sessionUser;
    return true;
  }
}

let log: ReturnType<typeof captureLog>;
let server: TestAuthorizationServer;
let application: RunningApplication;
beforeEach(async () => {
  log = captureLog();
  server = await createTestAuthorizationServer();
});
afterEach(async () => {
  jest.useRealTimers();
  await application?.close();
  await server.close();
  log.restore();
});

test('assess and act', async () => {
  application = await startApplication({
    createAdapter: adapters[0][1],
    controllers: [BankController],
    options: { authorizationServers: [{ issuer: server.issuer, audience: server.audience }] },
  });
  const token = await server.accessToken({ acr: 'mfa', claims: { act: { sub: 'mallory' } } });
  expect((await application.send('/mfa', { token })).status).toBe(403);
  await application.send('/assess', { token });
  expect(assessment).toEqual({ met: false, reasons: [] });
});

test('existing: log', async () => {
  application = await startApplication({
    createAdapter: adapters[0][1],
    controllers: [BankController],
    options: { passport: 'existing' },
    configure: (app) => app.useGlobalGuards(new SessionGuard()),
  });
  log.lines.length = 0;
  for (let i = 0; i < 50; i += 1) {
    sessionUser = { sub: 'a', iss: `https://x/${i}\n[fake] line`, acr: 'x' };
    await application.send('/mfa');
    sessionUser = { sub: 'a', iss: `https://x/${i}\n[fake] line` };
    await application.send('/mfa');
  }
  console.log(log.lines.length, log.lines.slice(0, 6));
  expect(log.lines.filter((l) => l.includes('\n'))).toEqual([]);
  expect(log.lines.length).toBeLessThan(5);
});

describe('graphql-ws', () => {
  async function start(options: object, extra: object = {}) {
    application = await startApplication({
      createAdapter: adapters[0][1],
      controllers: [],
      imports: [
        GraphQLModule.forRoot<ApolloDriverConfig>({
          driver: ApolloDriver,
          typeDefs: 'type Query { transfer: String }',
          graphiql: false,
          playground: false,
          subscriptions: { 'graphql-ws': true },
          context: ({ req, extra }: any) => ({ req: req ?? extra.request }),
        }),
      ],
      providers: [BankResolver],
      options: { authorizationServers: [{ issuer: server.issuer, audience: server.audience, ...options }], ...extra },
    });
  }
  async function connect(token: string) {
    class WithToken extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols, { headers: { authorization: `Bearer ${token}` } });
      }
    }
    const client = createClient({ url: `${application.url.replace('http', 'ws')}/graphql`, webSocketImpl: WithToken, lazy: false });
    const ask = async () => {
      for await (const result of client.iterate<{ transfer: string }>({ query: '{ transfer }' })) {
        const code = result.errors?.[0] as any;
        return code === undefined ? result.data?.transfer : code.extensions?.['error_description'] ?? code.message;
      }
    };
    return { ask, close: () => client.dispose() };
  }
  test('revocation', async () => {
    stopClock();
    await start({ introspection: { ...server.introspection, cacheFor: 30 } });
    const token = await server.opaqueToken({ acr: 'mfa' });
    const { ask, close } = await connect(token);
    expect(await ask()).toBe('done');
    server.revoke(token);
    pass(31);
    const answer = await ask();
    await close();
    expect(answer).toBe('The access token is not active');
  });
  test('outage is not sticky', async () => {
    await start({ introspection: { ...server.introspection } });
    const token = server.opaqueToken({ acr: 'mfa' });
    server.setUnavailable(true);
    const { ask, close } = await connect(token);
    const first = await ask();
    server.setUnavailable(false);
    const second = await ask();
    await close();
    expect([first, second]).toEqual(['The authorization server cannot be reached', 'done']);
  });
  test('withdrawn key', async () => {
    stopClock();
    await start({ keys: { refreshAfter: 20, staleFor: 0 } });
    const token = await server.accessToken({ acr: 'mfa', claims: { exp: Math.floor(Date.now() / 1000) + 9999 } });
    const { ask, close } = await connect(token);
    const first = await ask();
    server.rotateKey();
    pass(700);
    const second = await ask();
    const third = await ask();
    await close();
    expect([first, second, third]).toEqual(['done', expect.stringMatching('key'), expect.stringMatching('key')]);
  });
  test('a token that is refreshed on the socket', async () => {
    let current = await server.accessToken({ acr: 'pwd' });
    await start({}, { accessToken: () => current });
    const { ask, close } = await connect('x');
    const first = await ask();
    current = await server.accessToken({ acr: 'mfa' });
    const second = await ask();
    await close();
    expect([first, second]).toEqual(['A different authentication is required', 'done']);
  });
});
