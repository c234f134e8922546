// @ts-nocheck: see ../harness/types.ts
// One table of handlers and second triggers: each is guarded, or refused at boot.
import { Controller, Get, Injectable, SetMetadata, UseGuards } from '@nestjs/common';
import { APP_GUARD, ExternalContextCreator, ModuleRef } from '@nestjs/core';
import { Query, ResolveField, ResolveReference, Resolver } from '@nestjs/graphql';
import { EventPattern, GrpcMethod, GrpcStreamCall, GrpcStreamMethod, MessagePattern } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { AccessTokenGuard, AcrGuard, Public, RequireAcr, SkipStepUp } from 'nestjs-step-up';
import { conversation, graphql, http, message, rpc } from '../harness/calls';
import { apollo, application, classOf, decorateClass, federation, hybrid, kinds, mounted } from '../harness/kinds';
import { moduleOf } from './provided';

const RULE = 'One table lists every kind of handler and every second trigger';
const phr = () => RequireAcr('phr');
const ws = (app) => app.useWebSocketAdapter(new WsAdapter(app));
const tokenGuard = { provide: APP_GUARD, useClass: AccessTokenGuard };
const connect = (running) => conversation(running.port, { headers: running.headers }, () => false);

/** name → row; `kind` gives what calls it. */
const rows = {};
const add = (name, row) => {
  rows[name] = { adapters: ['express'], needs: 'step-up', good: 'free', ...row };
};

// References and fields

for (const [enhancers, further] of [
  ['no enhancers', { fieldResolverEnhancers: undefined }],
  ['enhancers', {}],
  ["enhancers 'guards' alone", { fieldResolverEnhancers: ['guards'] }],
  ["enhancers 'filters' alone", { fieldResolverEnhancers: ['filters'] }],
]) {
  const without = { ...kinds.reference, extra: () => ({ after: [federation(further)] }) };
  const levels = {
    'on the method': [{ below: [phr()] }],
    'on the class': [{ cls: [phr()] }],
    'by the module': [{}, { options: { requirements: { acrValues: ['phr'] } } }],
    'AccessTokenGuard by @UseGuards': [{ below: [UseGuards(AccessTokenGuard)] }, {}, 'token'],
    'AccessTokenGuard by APP_GUARD': [{}, { providers: [tokenGuard] }, 'token'],
    '@SkipStepUp': [{ below: [SkipStepUp()] }, {}, 'token'],
  };
  for (const [level, [on, part = {}, needs = 'step-up']] of Object.entries(levels)) {
    add(`AT-2 reference resolver, ${level}, ${enhancers}`, {
      needs,
      application: (secret) => application(without, mounted(without, classOf(without, secret, on)), part),
    });
    const field = { ...kinds.field, extra: () => ({ after: [apollo(further)] }) };
    add(`AT-2 sibling: field, ${level}, ${enhancers}`, {
      needs,
      application: (secret) => application(field, mounted(field, classOf(field, secret, on)), part),
    });
  }
}

add('AT-2 sibling: reference under a resolver class whose query is open, mark on the class', {
  application(secret) {
    @Resolver('Account')
    @phr()
    class Accounts {
      @ResolveReference()
      reference() {
        return { id: '1', secret: secret() };
      }
      @Query('other')
      @Public()
      other() {
        return 'open';
      }
    }
    return application(kinds.reference, { providers: [Accounts] });
  },
});

add('AT-2 sibling: @ResolveReference and @Query on one method', {
  application(secret) {
    @Resolver('Account')
    class Accounts {
      @ResolveReference()
      @Query('other')
      @phr()
      both() {
        secret();
        return 'done';
      }
    }
    return application(kinds.reference, { providers: [Accounts] });
  },
});

add('AT-2 sibling: one method is query and field, enhancers missing', {
  application(secret) {
    @Resolver('Account')
    class Accounts {
      @ResolveField('secret')
      @Query('other')
      @phr()
      both() {
        return secret();
      }
    }
    const field = { ...kinds.field, extra: () => ({ after: [apollo({ fieldResolverEnhancers: [] })] }) };
    return application(field, { providers: [Accounts] });
  },
});

// Several GraphQL endpoints

const endpoint = (path, Included, further = {}) =>
  apollo({ path, include: [Included], autoSchemaFile: undefined, ...further });
for (const [name, first, second] of [
  ['the other first', [], undefined],
  ['the other last', undefined, []],
]) {
  add(`AT-4 two GraphQL modules, enhancers on one alone, ${name}`, {
    adapters: ['express'],
    application(secret) {
      const C = classOf(kinds.field, secret, { below: [phr()] });
      const Accounts = moduleOf({ providers: [C] }, 'Accounts');
      const of = (path, enhancers) =>
        endpoint(path, Accounts, enhancers === undefined ? {} : { fieldResolverEnhancers: enhancers });
      return {
        imports: [Accounts, of('/a', first), of('/b', second)],
        call: async (at) =>
          JSON.stringify([
            await graphql(at, '{ account { secret } }', { path: '/a' }),
            await graphql(at, '{ account { secret } }', { path: '/b' }),
          ]),
      };
    },
  });
}

add('AT-4 sibling: GraphQL options in a factory, no enhancers', {
  application(secret) {
    const C = classOf(kinds.field, secret, { below: [phr()] });
    const { GraphQLModule } = require('@nestjs/graphql');
    const { ApolloDriver } = require('@nestjs/apollo');
    const typeDefs = 'type Account { secret: String } type Query { account: Account }';
    const resolvers = { Query: { account: () => ({}) } };
    const useFactory = async () => ({ typeDefs, resolvers, playground: false, graphiql: false });
    return application(
      { ...kinds.field, extra: () => ({}) },
      { providers: [C], after: [GraphQLModule.forRootAsync({ driver: ApolloDriver, useFactory })] },
    );
  },
});

add('AT-4 sibling: a foreign provider under the token GqlModuleOptions vouches', {
  application(secret) {
    const C = classOf(kinds.field, secret, { below: [phr()] });
    const bogus = { provide: 'GqlModuleOptions', useValue: { fieldResolverEnhancers: ['guards'] } };
    return application(
      { ...kinds.field, extra: () => ({}) },
      {
        providers: [C],
        imports: [moduleOf({ providers: [bogus] }, 'Bogus')],
        after: [apollo({ fieldResolverEnhancers: undefined })],
      },
    );
  },
});

add('AT-4 sibling: options whose enhancers are emptied after the boot has read them', {
  application(secret) {
    const C = classOf(kinds.field, secret, { below: [phr()] });
    let reads = 0;
    const enhancers = {
      get fieldResolverEnhancers() {
        reads += 1;
        return reads > 1 ? ['guards'] : undefined;
      },
    };
    return application({ ...kinds.field, extra: () => ({}) }, { providers: [C], after: [apollo(enhancers)] });
  },
});

// Hooks of gateways

for (const [name, hook] of [
  ['handleConnection', 'handleConnection'],
  ['afterInit', 'afterInit'],
]) {
  add(`AT-8 class-level mark on a gateway, ${name} runs`, {
    needs: hook === 'handleConnection' ? 'the boot to stop' : 'nothing',
    application(secret) {
      @WebSocketGateway()
      @phr()
      class Gateway {
        @SubscribeMessage('secret')
        secret() {
          return { event: 'secret', data: 'message' };
        }
        [hook]() {
          if (hook === 'handleConnection') secret();
        }
      }
      return { providers: [Gateway], configure: ws, call: connect };
    },
  });
}

const connectionRows = {
  'AT-8 sibling: handleConnection alone, class marked': { cls: [phr()], needs: 'the boot to stop' },
  'AT-8 sibling: handleConnection marked itself': { own: [phr()], needs: 'the boot to stop' },
  'AT-8 sibling: handleConnection under @SkipStepUp class': { cls: [SkipStepUp()], needs: 'the boot to stop' },
  'AT-8 sibling: handleConnection inherited from a base class': {
    cls: [phr()],
    inherited: true,
    needs: 'the boot to stop',
  },
  'AT-8 sibling: mark on a base class, handleConnection in the derived one': {
    base: [phr()],
    needs: 'the boot to stop',
  },
  'AT-8 sibling: handleConnection under @UseGuards(AccessTokenGuard)': {
    cls: [UseGuards(AccessTokenGuard)],
    needs: 'the boot to stop',
  },
  'AT-8 sibling: handleConnection as a field': { cls: [phr()], field: true, needs: 'the boot to stop' },
  'AT-8 sibling: handleConnection says @Public() under a marked class': {
    cls: [phr()],
    own: [Public()],
    needs: 'nothing',
  },
  'AT-8 sibling: handleConnection of a @Public() class': { cls: [Public()], needs: 'nothing' },
  'AT-8 sibling: handleConnection of an unmarked class whose message is marked': { needs: 'nothing' },
};
for (const [name, { cls = [], own = [], base = [], inherited, field, needs }] of Object.entries(connectionRows)) {
  add(name, {
    needs,
    good: needs === 'nothing' ? 'served' : 'free',
    application(secret) {
      class Plain {}
      class Connecting {
        handleConnection() {
          secret();
        }
      }
      const Base = inherited ? Connecting : Plain;
      if (base.length > 0) decorateClass(Base, base);
      class Gateway extends Base {
        secret() {
          return { event: 'secret', data: 'message' };
        }
      }
      const { decorate } = require('../harness/kinds');
      const isHidden = name.includes('alone');
      if (!isHidden)
        decorate(Gateway, 'secret', [
          SubscribeMessage('secret'),
          ...(cls.length + base.length + own.length === 0 ? [phr()] : []),
        ]);
      if (!inherited && !field) {
        Gateway.prototype.handleConnection = function handleConnection() {
          secret();
        };
        decorate(Gateway, 'handleConnection', own);
      }
      const Final = field
        ? class Field extends Gateway {
            handleConnection = () => void secret();
          }
        : Gateway;
      decorateClass(Final, [...cls, WebSocketGateway()]);
      return { providers: [Final], configure: ws, call: connect };
    },
  });
}

add('AT-8 sibling: handleDisconnect of a marked class', {
  needs: 'nothing',
  application(secret) {
    @WebSocketGateway()
    @phr()
    class Gateway {
      @SubscribeMessage('secret')
      secret() {
        return { event: 'secret', data: secret() };
      }
      handleDisconnect() {}
    }
    return { providers: [Gateway], configure: ws, call: (at) => message(at) };
  },
});

// Global guards that are believed to be everywhere

const undecorated = (kindName, part, name = kindName) =>
  add(`AT-9 AccessTokenGuard by APP_GUARD, undecorated ${name}`, {
    needs: 'token',
    application: (secret) =>
      application(
        kinds[kindName],
        mounted(kinds[kindName], classOf(kinds[kindName], secret)),
        { providers: [tokenGuard] },
        part,
      ),
  });
for (const kindName of [
  'hybrid message pattern',
  'hybrid message pattern, inheritAppConfig',
  'ws gateway',
  'socket.io gateway',
  'subscription',
  'field',
  'reference',
])
  undecorated(kindName, {});
const hybridEvents = {
  ...kinds['hybrid message pattern'],
  method: () => [EventPattern('secret')],
  call: (at) => rpc(at, 'secret', { event: true }),
};
const hybridRows = {
  'hybrid event, AccessTokenGuard by APP_GUARD': [hybridEvents, {}, { providers: [tokenGuard] }, 'token'],
  'hybrid message, AccessTokenGuard by useGlobalGuards': [
    kinds['hybrid message pattern'],
    {},
    { configure: (app) => app.useGlobalGuards(app.get(AccessTokenGuard)) },
    'token',
  ],
  'hybrid message, requirements by the module': [
    kinds['hybrid message pattern'],
    {},
    { options: { requirements: { acrValues: ['phr'] } } },
  ],
  'hybrid message, requirements by the module, AcrGuard by APP_GUARD': [
    kinds['hybrid message pattern'],
    {},
    { options: { requirements: { acrValues: ['phr'] } }, providers: [{ provide: APP_GUARD, useClass: AcrGuard }] },
  ],
  'gateway, requirements by the module, AcrGuard by APP_GUARD': [
    kinds['ws gateway'],
    {},
    { options: { requirements: { acrValues: ['phr'] } }, providers: [{ provide: APP_GUARD, useClass: AcrGuard }] },
  ],
  'hybrid event, mark on the method': [hybridEvents, { below: [phr()] }],
  'hybrid message, guards of the method taken away, AcrGuard by APP_GUARD': [
    kinds['hybrid message pattern'],
    { above: [SetMetadata('__guards__', []), phr()] },
    { providers: [{ provide: APP_GUARD, useClass: AcrGuard }] },
  ],
  'gateway, guards of the method taken away, AcrGuard by APP_GUARD': [
    kinds['ws gateway'],
    { above: [SetMetadata('__guards__', []), phr()] },
    { providers: [{ provide: APP_GUARD, useClass: AcrGuard }] },
  ],
  'hybrid message, mark on the class, microservice started after the boot': [
    {
      ...kinds['hybrid message pattern'],
      extra: () => ({ configure: hybrid(false, { start: false }), booted: (app) => app.startAllMicroservices() }),
    },
    { cls: [phr()] },
  ],
};
for (const [name, [kind, on, part = {}, needs = 'step-up']] of Object.entries(hybridRows)) {
  add(`AT-9 sibling: ${name}`, {
    needs,
    application: (secret) => application(kind, mounted(kind, classOf(kind, secret, on)), part),
  });
}

// a controller that answers HTTP and messages by one method
for (const inherit of [false, true]) {
  add(`AT-9 sibling: one method for HTTP and messages, AccessTokenGuard by APP_GUARD, inheritAppConfig ${inherit}`, {
    needs: 'token',
    application(secret) {
      @Controller()
      class Both {
        @Get()
        @MessagePattern('secret')
        secret() {
          return secret();
        }
      }
      return {
        controllers: [Both],
        providers: [tokenGuard],
        configure: hybrid(inherit),
        call: async (at) => JSON.stringify([await http(at), await rpc(at)]),
      };
    },
  });
}

// Second triggers of a handler: the metadata are those of the real packages, which need not be installed

const triggers = {
  '@OnEvent of event-emitter': ['EVENT_LISTENER_METADATA', [{ event: 'paid' }]],
  '@Cron of schedule': ['SCHEDULE_CRON_OPTIONS', { cronTime: '* * * * *' }],
  '@Interval of schedule': ['SCHEDULE_INTERVAL_OPTIONS', { timeout: 1000 }],
  '@Timeout of schedule': ['SCHEDULE_TIMEOUT_OPTIONS', { timeout: 1000 }],
  '@Process of bull': ['bull:queue_process', { name: 'pay' }],
  '@OnWorkerEvent of bullmq': ['bullmq:worker_events_metadata', { eventName: 'completed' }],
  '@OnQueueEvent of bull': ['bull:queue_hook', { eventName: 'completed' }],
  '@RabbitSubscribe of golevelup': ['RABBIT_HANDLER', { queue: 'pay' }],
};
const native = {
  controller: () => [Get()],
  query: () => [Query('secret')],
  'message pattern': () => [MessagePattern('secret')],
  'ws gateway': () => [SubscribeMessage('secret')],
  'plain provider': () => [],
};
for (const [trigger, [key, value]] of Object.entries(triggers)) {
  const isScheduled = key.startsWith('SCHEDULE');
  for (const kindName of isScheduled || key === 'EVENT_LISTENER_METADATA'
    ? Object.keys(native)
    : key.includes('bull')
      ? ['plain provider']
      : ['controller', 'plain provider']) {
    for (const [place, on] of Object.entries({ method: { below: [phr()] }, class: { cls: [phr()] } })) {
      add(`second trigger ${trigger} of a marked ${kindName}, mark on the ${place}`, {
        needs: 'the boot to stop',
        adapters: [kindName === 'message pattern' ? 'tcp' : 'express'],
        application(secret) {
          const kind = kinds[kindName] ?? { at: 'providers', cls: () => [Injectable()], method: () => [] };
          const below = [...(on.below ?? []), SetMetadata(key, value)];
          const C = classOf(kind, secret, { ...on, below });
          // what the package does when its event comes: it calls the method of the instance
          return application(
            { ...kind, call: async ({ app }) => String(app.get(C, { strict: false }).secret()) },
            mounted(kind, C),
          );
        },
      });
    }
  }
}

add('second trigger: @OnEvent on another method of a marked controller', {
  needs: 'the boot to stop',
  application(secret) {
    @Controller()
    @phr()
    class Payments {
      @Get()
      list() {
        return 'listed';
      }
      @SetMetadata('EVENT_LISTENER_METADATA', [{ event: 'paid' }])
      paid() {
        return secret();
      }
    }
    return { controllers: [Payments], call: async ({ app }) => app.get(Payments).paid() };
  },
});

for (const [name, guards] of [
  ['AccessTokenGuard by @UseGuards', [UseGuards(AccessTokenGuard)]],
  ['@SkipStepUp', [SkipStepUp()]],
]) {
  add(`second trigger: @OnEvent and @Get on one method, ${name}`, {
    needs: 'the boot to stop',
    application(secret) {
      const C = classOf(kinds.controller, secret, {
        below: [...guards, SetMetadata('EVENT_LISTENER_METADATA', [{ event: 'paid' }])],
      });
      return { controllers: [C], call: async ({ app }) => app.get(C).secret() };
    },
  });
}

add('second trigger: an unknown trigger by ExternalContextCreator, of another context type', {
  application(secret) {
    const C = classOf({ cls: () => [Injectable()], method: () => [SetMetadata('acme:handler', {})] }, secret, {
      below: [phr()],
    });
    return {
      providers: [C],
      async call({ app, headers }) {
        const instance = app.get(C);
        const proxy = app
          .get(ExternalContextCreator)
          .create(
            instance,
            instance.secret,
            'secret',
            undefined,
            undefined,
            undefined,
            undefined,
            { guards: true, interceptors: true, filters: true },
            'acme',
          );
        return proxy({ headers }).catch((error) => error.message);
      },
    };
  },
});

// gRPC: what the boot decides, by metadata, over TCP where a stream call is a message pattern as any other

for (const [name, method, needs] of [
  ['@GrpcMethod', GrpcMethod('Bank', 'secret'), 'step-up'],
  ['@GrpcStreamMethod', GrpcStreamMethod('Bank', 'secret'), 'step-up'],
  ['@GrpcStreamCall', GrpcStreamCall('Bank', 'secret'), 'the boot to stop'],
]) {
  for (const [place, on] of Object.entries({
    'mark on the method': { below: [phr()] },
    'mark on the class': { cls: [phr()] },
    '@SkipStepUp': { below: [SkipStepUp()] },
    'AccessTokenGuard by @UseGuards': { below: [UseGuards(AccessTokenGuard)] },
  })) {
    add(`gRPC ${name}, ${place}`, {
      adapters: ['tcp'],
      needs: needs === 'step-up' && (place.startsWith('@Skip') || place.startsWith('Access')) ? 'token' : needs,
      application(secret) {
        const kind = { ...kinds['message pattern'], method: () => [method] };
        const pattern = {
          service: 'Bank',
          rpc: 'secret',
          streaming: { '@GrpcMethod': 'no_stream', '@GrpcStreamMethod': 'rx_stream', '@GrpcStreamCall': 'pt_stream' }[
            name
          ],
        };
        return application({ ...kind, call: (at) => rpc(at, pattern) }, mounted(kind, classOf(kind, secret, on)));
      },
    });
  }
}

// Handlers that are ways into the same code

add('a controller that calls a marked provider method', {
  needs: 'the boot to stop',
  application(secret) {
    @Injectable()
    class Bank {
      @phr()
      transfer() {
        return secret();
      }
    }
    @Controller()
    class Transfers {
      constructor(private readonly bank: Bank) {}
      @Get()
      transfer() {
        return this.bank.transfer();
      }
    }
    return { controllers: [Transfers], providers: [Bank], call: (at) => http(at) };
  },
});

add('a marked class of a factory that is no handler', {
  needs: 'the boot to stop',
  application(secret) {
    @phr()
    class Bank {
      transfer() {
        return secret();
      }
    }
    @Controller()
    class Transfers {
      constructor(private readonly references: ModuleRef) {}
      @Get()
      transfer() {
        return this.references.get('bank').transfer();
      }
    }
    return {
      controllers: [Transfers],
      providers: [{ provide: 'bank', useFactory: () => new Bank() }],
      call: (at) => http(at),
    };
  },
});

export function handlerRows() {
  return Object.entries(rows).map(([name, row]) => ({ rule: RULE, name, ...row }));
}
