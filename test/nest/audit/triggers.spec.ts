import { Controller, type DynamicModule, Get, Module, Post, type Type, Version, VersioningType } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { Mutation, Query, ResolveField, ResolveReference, Resolver } from '@nestjs/graphql';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { logOfEachTest } from '../../support/application.js';
import { type BootSetup, bootedService } from '../../support/boot.js';

logOfEachTest();

@Controller('transfers')
class TransfersController {
  @Post()
  create() {}

  @Get([':id', ':id/details'])
  show() {}

  @Get('news')
  @Version(['1', '2'])
  news() {}
}

@Controller()
class EventsController {
  @MessagePattern({ cmd: 'pay' })
  pay() {}

  @EventPattern('paid')
  paid(_data: unknown) {}
}

@WebSocketGateway()
class BankGateway {
  @SubscribeMessage('transfer')
  transfer() {}
}

@Resolver('Account')
class AccountResolver {
  @Query()
  balance() {}

  @Mutation('transfer')
  send() {}

  @ResolveField('owner')
  findOwner() {}

  @ResolveReference()
  find() {}
}

const enhanced = { provide: 'GqlModuleOptions', useValue: { fieldResolverEnhancers: ['guards'] } };

describe('routes() tells by what each handler is called', () => {
  const triggersOf = async (setup: BootSetup) =>
    Object.fromEntries(
      (await bootedService(setup)).routes().map(({ name, triggers }) => [name.split('.')[1], triggers]),
    );

  it.each<[kind: string, setup: BootSetup, triggers: Record<string, string[]>]>([
    [
      'over HTTP',
      { controllers: [TransfersController] },
      {
        create: ['POST /transfers'],
        show: ['GET /transfers/:id', 'GET /transfers/:id/details'],
        news: ['GET /transfers/news'],
      },
    ],
    [
      'over HTTP with a prefix, part of it excluded, and versions in the path',
      {
        controllers: [TransfersController],
        configure: (app) =>
          app.setGlobalPrefix('api', { exclude: ['transfers/news'] }).enableVersioning({ type: VersioningType.URI }),
      },
      {
        create: ['POST /api/transfers'],
        show: ['GET /api/transfers/:id', 'GET /api/transfers/:id/details'],
        news: ['GET /v1/transfers/news', 'GET /v2/transfers/news'],
      },
    ],
    [
      'over HTTP with versions in a header',
      {
        controllers: [TransfersController],
        configure: (app) => app.enableVersioning({ type: VersioningType.HEADER, header: 'version' }),
      },
      {
        create: ['POST /transfers'],
        show: ['GET /transfers/:id', 'GET /transfers/:id/details'],
        news: ['GET /transfers/news (version 1)', 'GET /transfers/news (version 2)'],
      },
    ],
    ['over RPC', { controllers: [EventsController] }, { pay: ['pattern {"cmd":"pay"}'], paid: ['event paid'] }],
    [
      'over sockets',
      { providers: [BankGateway], configure: (app) => void app.useWebSocketAdapter(new WsAdapter(app)) },
      { transfer: ['message transfer'] },
    ],
    [
      'in GraphQL',
      { providers: [AccountResolver, enhanced] },
      {
        balance: ['Query.balance'],
        send: ['Mutation.transfer'],
        findOwner: ['Account.owner'],
        find: ['reference Account'],
      },
    ],
  ])('%s', async (_, setup, triggers) => {
    expect(await triggersOf(setup)).toEqual(triggers);
  });

  it('over HTTP below a module with a path of its own', async () => {
    @Module({ controllers: [TransfersController] })
    class BankModule {}
    const routed: DynamicModule = RouterModule.register([{ path: 'bank', module: BankModule as Type }]);
    expect(await triggersOf({ imports: [BankModule, routed] })).toMatchObject({ create: ['POST /bank/transfers'] });
  });

  it.each<[what: string, pattern: unknown, shown: string]>([
    ['a BigInt', 1n, 'pattern of type bigint'],
    [
      'an object that JSON cannot write',
      {
        toJSON: () => {
          throw new Error('no');
        },
      },
      'pattern of type object',
    ],
  ])('over RPC by %s, which stops no boot', async (_, pattern, shown) => {
    @Controller()
    class PatternController {
      @MessagePattern(pattern as never)
      pay() {}
    }
    expect(await triggersOf({ controllers: [PatternController] })).toEqual({ pay: [shown] });
  });
});
