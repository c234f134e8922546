import { once } from 'node:events';
import { setImmediate } from 'node:timers';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Controller, type ExecutionContext, type INestApplication, Injectable, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { AccessTokenGuard } from 'nestjs-step-up';
import { firstValueFrom } from 'rxjs';
import WebSocket from 'ws';
import { pendingJudgement, settlement } from '../../../lib/nest/guards/settlement.guard.js';
import { applicationOfAllTests, freePort, logOfEachTest } from '../../support/application.js';
import { bootFailure, bootServer } from '../../support/boot.js';
import { describeInNest11, describeInNest12 } from '../../support/nest-version.js';

logOfEachTest();
const ran = jest.fn();
beforeEach(() => ran.mockClear());

/** Does not wait for what our guard says. */
@Injectable()
class IgnoringGuard extends AccessTokenGuard {
  override canActivate(context: ExecutionContext): boolean {
    super.canActivate(context);
    return true;
  }
}

/** Decides later, as a lookup in a database does. Refuses a locked user. */
const user = async (claims: object) => ('locked' in claims ? null : claims);
const accessToken = (context: ExecutionContext): string | undefined => {
  if (context.getType() === 'ws') return context.switchToWs().getData().token;
  return context.getType() === 'rpc' ? context.switchToRpc().getData().token : undefined;
};

@Resolver()
class BankResolver {
  @Query('guarded')
  @UseGuards(IgnoringGuard)
  guarded() {
    ran();
    return 'done';
  }

  @Query('global')
  global() {
    ran();
    return 'done';
  }
}

@WebSocketGateway()
class BankGateway {
  @SubscribeMessage('guarded')
  @UseGuards(IgnoringGuard)
  guarded() {
    ran();
    return { event: 'done' };
  }
}

/** The guard is global. */
@WebSocketGateway()
class GlobalGateway {
  @SubscribeMessage('global')
  global() {
    ran();
    return { event: 'done' };
  }
}

@Controller()
class BankController {
  @MessagePattern('guarded')
  @UseGuards(IgnoringGuard)
  guarded() {
    ran();
    return 'done';
  }
}

async function askWs(url: string, event: string, token: string): Promise<string> {
  const socket = new WebSocket(url.replace('http', 'ws'));
  await once(socket, 'open');
  socket.send(JSON.stringify({ event, data: { token } }));
  const [answer] = await once(socket, 'message');
  socket.close();
  return String(answer);
}

describeInNest12('a global guard that does not wait for ours lets no refused token pass over ws, in Nest 12', () => {
  const { application, server } = applicationOfAllTests({
    providers: [GlobalGateway, { provide: APP_GUARD, useClass: IgnoringGuard }],
    options: { user, accessToken },
    configure: (app) => app.useWebSocketAdapter(new WsAdapter(app)),
  });

  it('whose judgement comes later', async () => {
    expect(await askWs(application.url, 'global', await server.accessToken())).toContain('done');
    ran.mockClear();
    const locked = await server.accessToken({ claims: { locked: true } });
    expect(await askWs(application.url, 'global', locked)).toContain('INVALID_TOKEN');
    expect(ran).not.toHaveBeenCalled();
  });
});

describeInNest11('a global guard that does not wait for ours, in Nest 11', () => {
  it('does not boot with a gateway in Nest 11, in which no global guard reaches it', async () => {
    const providers = [GlobalGateway, { provide: APP_GUARD, useClass: IgnoringGuard }];
    const configure = (app: INestApplication) => void app.useWebSocketAdapter(new WsAdapter(app));
    expect(
      await bootFailure({ providers, options: { authorizationServers: [bootServer], user, accessToken }, configure }),
    ).toEqual(
      new TypeError(
        'AccessTokenGuard is global and would not run before GlobalGateway.global, as global guards may not reach it; ' +
          'decorate GlobalGateway with @UseGuards(AccessTokenGuard), @RequireAcr or @Public',
      ),
    );
  });
});

describe('a guard of the application that does not wait for ours lets no refused token pass off HTTP', () => {
  let port: number;
  const { application, server } = applicationOfAllTests({
    controllers: [BankController],
    providers: [BankResolver, BankGateway, { provide: APP_GUARD, useClass: IgnoringGuard }],
    imports: [
      GraphQLModule.forRoot<ApolloDriverConfig>({
        driver: ApolloDriver,
        typeDefs: 'type Query { guarded: String, global: String }',
      }),
    ],
    options: { user, accessToken },
    configure: (app) => app.useWebSocketAdapter(new WsAdapter(app)),
    async beforeListen(app: INestApplication) {
      port = await freePort();
      app.connectMicroservice({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
      await app.startAllMicroservices();
    },
  });

  const calls: [transport: string, names: string[], call: (name: string, token: string) => Promise<unknown>][] = [
    [
      'GraphQL',
      ['guarded', 'global'],
      async (name, token) => {
        const body = JSON.stringify({ query: `{ ${name} }` });
        const headers = { 'content-type': 'application/json' };
        return (await application.send('/graphql', { method: 'POST', token, headers, body })).text;
      },
    ],
    ['ws', ['guarded'], (name, token) => askWs(application.url, name, token)],
    [
      'TCP',
      ['guarded'],
      async (name, token) => {
        const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
        try {
          return await firstValueFrom(client.send(name, { token }));
        } catch (refusal) {
          return JSON.stringify(refusal);
        } finally {
          client.close();
        }
      },
    ],
  ];

  it.each(calls.flatMap(([transport, names, call]) => names.map((name) => [transport, name, call] as const)))(
    'over %s: %s',
    async (_, name, call) => {
      expect(await call(name, await server.accessToken())).toContain('done');
      ran.mockClear();
      expect(await call(name, await server.accessToken({ claims: { locked: true } }))).toContain('INVALID_TOKEN');
      expect(ran).not.toHaveBeenCalled();
    },
  );
});

describe('what waits for it', () => {
  it('waits for each of several judgements', async () => {
    const context = new ExecutionContextHost([{}, {}]);
    pendingJudgement(context, Promise.resolve(true));
    pendingJudgement(context, Promise.reject(new Error('refused')));
    await expect(settlement.canActivate(context)).rejects.toThrow('refused');
  });

  it('refuses if one of several judgements does', async () => {
    const context = new ExecutionContextHost([{}, {}]);
    for (const admitted of [true, false, true]) pendingJudgement(context, Promise.resolve(admitted));
    expect(await settlement.canActivate(context)).toBe(false);
  });

  it('refuses by a judgement that has ended before, while nobody waited for it', async () => {
    const context = new ExecutionContextHost([{}, {}]);
    pendingJudgement(context, Promise.reject(new Error('refused')));
    await new Promise(setImmediate);
    await expect(settlement.canActivate(context)).rejects.toThrow('refused');
  });

  it('leaves to a guard what it has waited for', async () => {
    const context = new ExecutionContextHost([{}, {}]);
    await pendingJudgement(context, Promise.reject(new Error('refused'))).catch(() => undefined);
    expect(settlement.canActivate(context)).toBe(true);
  });
});
