import { Controller, Get, Injectable, Module, type Provider, SetMetadata, type Type, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Query, ResolveField, Resolver } from '@nestjs/graphql';
import { MessagePattern } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { AcrGuard, Public, RequireAcr, SkipStepUp } from 'nestjs-step-up';
import { logOfEachTest } from '../../support/application.js';
import { type BootSetup, bootedService, bootFailure, bootServer } from '../../support/boot.js';
import { handler } from '../../support/handler.js';
import { isNest12 } from '../../support/nest-version.js';

logOfEachTest();

/** Puts another function in the place of a method, as decorators for tracing or retries do. */
function wrapped(copy: (wrapper: object, original: object) => void): MethodDecorator {
  return (_target, _key, descriptor) => {
    const original = descriptor.value as unknown as (...parameters: unknown[]) => unknown;
    const wrapper = function (this: unknown, ...parameters: unknown[]) {
      return original.apply(this, parameters);
    };
    copy(wrapper, original);
    descriptor.value = wrapper as never;
  };
}

describe('a requirement that nobody would enforce stops the boot', () => {
  @Injectable()
  class PaymentService {
    @RequireAcr('mfa')
    pay() {}
  }

  @Injectable()
  @RequireAcr('mfa')
  class DecoratedService {
    pay() {}
  }

  @Module({})
  @RequireAcr('mfa')
  class DecoratedModule {}

  @Injectable()
  class DecoratedGuard {
    @RequireAcr('mfa')
    canActivate() {
      return true;
    }
  }

  @Controller()
  class HelperController {
    @Get('transfer')
    transfer() {}

    @RequireAcr('mfa')
    helper() {}
  }

  @Controller()
  class BindingController {
    constructor() {
      this.transfer = this.transfer.bind(this);
    }

    @Get('transfer')
    @RequireAcr('mfa')
    transfer() {}
  }

  class BaseController {
    @Get('transfer')
    @RequireAcr('mfa')
    transfer(): unknown {
      return {};
    }
  }

  @Controller()
  class FieldController extends BaseController {
    override transfer = () => ({});
  }

  const nobody = 'nothing would enforce it';
  it.each<[what: string, setup: BootSetup, message: string]>([
    [
      "a provider's method",
      { providers: [PaymentService] },
      `PaymentService.pay carries a step-up decorator but is no handler; ${nobody}`,
    ],
    [
      "a provider's method, made by a factory",
      { providers: [{ provide: 'payments', useFactory: () => new PaymentService() }] },
      `PaymentService.pay carries a step-up decorator but is no handler; ${nobody}`,
    ],
    [
      "a provider's method, given as a value",
      { providers: [{ provide: 'payments', useValue: new PaymentService() }] },
      `PaymentService.pay carries a step-up decorator but is no handler; ${nobody}`,
    ],
    [
      'a provider class',
      { providers: [DecoratedService] },
      `DecoratedService carries a step-up decorator but has no handler; ${nobody}`,
    ],
    [
      'a module class',
      { imports: [DecoratedModule] },
      `DecoratedModule carries a step-up decorator but has no handler; ${nobody}`,
    ],
    [
      "a guard's method",
      { controllers: [handler(UseGuards(DecoratedGuard))] },
      `DecoratedGuard.canActivate carries a step-up decorator but is no handler; ${nobody}`,
    ],
    [
      "a controller's method that is no handler",
      { controllers: [HelperController] },
      `HelperController.helper carries a step-up decorator but is no handler; ${nobody}`,
    ],
    [
      'a method replaced by another decorator',
      {
        controllers: [
          handler(
            wrapped(() => undefined),
            RequireAcr('mfa'),
          ),
        ],
      },
      'HandlerController.handle: another decorator has replaced the method after its step-up decorator; ' +
        'move the step-up decorator above it, or let the wrapper copy the metadata of the method',
    ],
    [
      'a handler whose guards another decorator has removed',
      { controllers: [handler(SetMetadata('__guards__', []), RequireAcr('mfa'))] },
      'The requirements of HandlerController.handle would not be enforced: another decorator has removed AcrGuard ' +
        'from its guards',
    ],
  ])('a step-up decorator stops the boot on %s', async (_, setup, message) => {
    expect(await bootFailure(setup)).toEqual(new TypeError(message));
  });

  it.each([
    ['bound in the constructor', BindingController],
    ['hidden by a field', FieldController],
  ])('a handler %s is enforced by the global guard', async (_, controller) => {
    const service = await bootedService({ controllers: [controller] });
    expect(service.routes()).toEqual([
      {
        name: `${controller.name}.transfer`,
        triggers: [expect.stringMatching(/^GET \//)],
        access: 'required',
        dynamic: false,
        enforcedBy: 'global',
        requirements: { acrValues: ['mfa'] },
      },
    ]);
  });

  it('a wrapper that keeps the metadata, copied or by its prototype, is enforced', async () => {
    const copied = wrapped((wrapper, original) => {
      for (const key of Reflect.getMetadataKeys(original)) {
        Reflect.defineMetadata(key, Reflect.getMetadata(key, original), wrapper);
      }
    });
    const inherited = wrapped((wrapper, original) => Object.setPrototypeOf(wrapper, original));
    for (const decorators of [
      [copied, RequireAcr('mfa')],
      [inherited, RequireAcr('mfa')],
      [RequireAcr('mfa'), wrapped(() => undefined)],
    ]) {
      const service = await bootedService({ controllers: [handler(Get(), ...decorators)] });
      expect(service.routes()).toEqual([
        {
          name: 'HandlerController.handle',
          triggers: ['GET /'],
          access: 'required',
          dynamic: false,
          enforcedBy: 'handler',
          requirements: { acrValues: ['mfa'] },
        },
      ]);
    }
  });
});

describe('a handler that globals do not reach', () => {
  const configure: BootSetup['configure'] = (app) => void app.useWebSocketAdapter(new WsAdapter(app));
  const options = { authorizationServers: [bootServer], requirements: { acrValues: ['mfa'] } };

  const UNDECORATED_GATEWAY =
    '"requirements" would not be enforced on EventsGateway.transfer, as global guards may not reach it; ' +
    'decorate EventsGateway with @RequireAcr, @SkipStepUp or @Public';

  function gateway(...decorators: ClassDecorator[]): Type {
    class EventsGateway {
      @SubscribeMessage('transfer')
      transfer() {}
    }
    for (const decorator of [WebSocketGateway({ path: '/events' }), ...decorators]) decorator(EventsGateway);
    return EventsGateway;
  }

  it('a gateway without a decorator stops the boot', async () => {
    expect(await bootFailure({ providers: [gateway()], options, configure })).toEqual(
      new TypeError(UNDECORATED_GATEWAY),
    );
  });

  it('a message handler without a decorator, which a hybrid application may leave unguarded, stops the boot', async () => {
    expect(await bootFailure({ controllers: [handler(MessagePattern('transfer'))], options })).toEqual(
      new TypeError(
        '"requirements" would not be enforced on HandlerController.handle, as global guards may not reach it; ' +
          'decorate HandlerController with @RequireAcr, @SkipStepUp or @Public',
      ),
    );
  });

  it('a message handler without a decorator stops the boot also with AcrGuard as APP_GUARD, which may not reach it', async () => {
    const providers = [{ provide: APP_GUARD, useClass: AcrGuard }];
    expect(await bootFailure({ controllers: [handler(MessagePattern('transfer'))], providers, options })).toEqual(
      new TypeError(
        '"requirements" would not be enforced on HandlerController.handle, as global guards may not reach it; ' +
          'decorate HandlerController with @RequireAcr, @SkipStepUp or @Public',
      ),
    );
  });

  it(`a gateway without a decorator ${isNest12 ? 'boots' : 'stops the boot'} with AcrGuard as APP_GUARD, which ${isNest12 ? 'reaches it in Nest 12' : 'does not reach it in Nest 11'}`, async () => {
    const providers = [gateway(), { provide: APP_GUARD, useClass: AcrGuard }];
    if (isNest12) {
      const service = await bootedService({ providers, options, configure });
      expect(service.routes()).toMatchObject([{ name: 'EventsGateway.transfer', enforcedBy: 'global' }]);
    } else {
      expect(await bootFailure({ providers, options, configure })).toEqual(new TypeError(UNDECORATED_GATEWAY));
    }
  });

  it('a controller without a decorator is enforced by the global guards, also with AcrGuard among them', async () => {
    const providers = [{ provide: APP_GUARD, useClass: AcrGuard }];
    const service = await bootedService({ controllers: [handler()], providers, options });
    expect(service.routes()).toMatchObject([{ name: 'HandlerController.handle', enforcedBy: 'global' }]);
  });

  it.each<[kind: string, provided: (type: Type) => Provider]>([
    ['gateway of a factory', (type) => ({ provide: 'events', useFactory: () => new type() })],
    ['gateway given as a value', (type) => ({ provide: 'events', useValue: new type() })],
  ])(
    `AT-1 a decorated %s, for which Nest does not find the guard, ${isNest12 ? 'is enforced by the global guard in Nest 12' : 'stops the boot in Nest 11'}`,
    async (...row) => {
      const [, provided] = row;
      for (const global of [[], [{ provide: APP_GUARD, useClass: AcrGuard }]]) {
        const setup = { providers: [provided(gateway(RequireAcr('mfa'))), ...global], configure };
        if (isNest12) {
          const service = await bootedService(setup);
          expect(service.routes()).toMatchObject([{ name: 'EventsGateway.transfer', enforcedBy: 'global' }]);
        } else {
          expect(await bootFailure(setup)).toEqual(
            new TypeError(
              'The requirements of EventsGateway.transfer would not be enforced: Nest does not find AcrGuard in the ' +
                'module of EventsGateway; provide it as a class, and do not replace or bind its methods',
            ),
          );
        }
      }
    },
  );

  it.each([
    ['@RequireAcr', RequireAcr({ maxAge: 60 })],
    ['@SkipStepUp', SkipStepUp()],
    ['@Public', Public()],
  ])('a gateway with %s boots', async (_, decorator) => {
    expect(await bootFailure({ providers: [gateway(decorator)], options, configure })).toBe(undefined);
  });

  it('a gateway without a decorator boots if the module requires nothing', async () => {
    expect(await bootFailure({ providers: [gateway()], configure })).toBe(undefined);
  });
});

describe('a GraphQL field resolver', () => {
  @Resolver('Account')
  class AccountResolver {
    @Query('account')
    account() {}

    @ResolveField('balance')
    @RequireAcr('mfa')
    balance() {}
  }
  const graphql = (more: object) => ({ providers: [AccountResolver, { provide: 'GqlModuleOptions', useValue: more }] });

  it.each([
    ['without fieldResolverEnhancers', {}],
    ['with others than guards', { fieldResolverEnhancers: ['filters', 'interceptors'] }],
  ])('a GraphQL field resolver stops the boot %s', async (_, more) => {
    expect(await bootFailure(graphql(more))).toEqual(
      new TypeError(
        'The requirements of AccountResolver.balance would not be enforced: GraphQL runs field resolvers unguarded ' +
          "unless every GraphQLModule that serves it has fieldResolverEnhancers: ['guards', 'filters']",
      ),
    );
  });

  it("a GraphQL field resolver boots with fieldResolverEnhancers: ['guards']", async () => {
    expect(await bootFailure(graphql({ fieldResolverEnhancers: ['guards'] }))).toBe(undefined);
  });
});
