import {
  applyDecorators,
  Controller,
  Get,
  Injectable,
  Module,
  Scope,
  SetMetadata,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Query, ResolveField, Resolver } from '@nestjs/graphql';
import { MessagePattern } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { AccessTokenGuard, AcrGuard, Public, RequireAcr, SkipStepUp, StepUpModule } from 'nestjs-step-up';
import { type BootSetup, bootedService, bootFailure, bootServer } from '../../support/boot.js';
import { withoutToken } from '../../support/challenged.js';
import { describeOverHttp } from '../../support/describe-over-http.js';
import { DONE } from '../../support/handler.js';

/** What an event emitter calls, without guards. */
const OnEvent = () => SetMetadata('EVENT_LISTENER_METADATA', [{ event: 'transferred' }]);

/** A provider whose method an event emitter calls, below a base class. */
function listener({ base = [], own = [], method = [] }: Record<string, (ClassDecorator & MethodDecorator)[]>): Type {
  class BaseListener {}
  class Listener extends BaseListener {
    @OnEvent()
    react() {}
  }
  const descriptor = Object.getOwnPropertyDescriptor(Listener.prototype, 'react') as TypedPropertyDescriptor<never>;
  for (const decorator of base) decorator(BaseListener);
  for (const decorator of own) decorator(Listener);
  for (const decorator of method) decorator(Listener.prototype, 'react', descriptor);
  return Listener;
}

describe('a method that is called without guards', () => {
  const mfa = RequireAcr('mfa');
  const withoutGuards = SetMetadata('__guards__', []);
  it.each<[marked: string, provider: Type]>([
    ['has a class that requires something', listener({ own: [mfa] })],
    ['has a class that needs a token', listener({ own: [SkipStepUp()] })],
    ['has a base class that requires something', listener({ base: [mfa] })],
    ['has a class that requires something, below a public one', listener({ base: [Public()], own: [mfa] })],
    ['has AcrGuard', listener({ method: [UseGuards(AcrGuard)] })],
    ['has a class with AcrGuard', listener({ own: [UseGuards(AcrGuard)] })],
    ['has a class with AccessTokenGuard', listener({ own: [UseGuards(AccessTokenGuard)] })],
    ['has a class that requires something, without its guards', listener({ own: [mfa, withoutGuards] })],
    [
      'has a class that requires something, without its guards, below a public one',
      listener({ base: [Public()], own: [mfa, withoutGuards] }),
    ],
  ])('stops the boot if it %s', async (_, provider) => {
    expect(String(await bootFailure({ providers: [provider] }))).toContain(
      'Listener.react is called by @OnEvent, and no guard runs before it',
    );
  });

  it.each<[marked: string, provider: Type]>([
    ['says nothing', listener({})],
    ['is public in a class that requires something', listener({ own: [mfa], method: [Public()] })],
  ])('is fine if it %s', async (_, provider) => {
    @Controller()
    class OpenController {}
    const message = String(await bootFailure({ controllers: [OpenController], providers: [provider] }));
    expect(message).not.toContain('is called by');
  });

  it('is fine in a public class', async () => {
    @Controller()
    @Public()
    class RatesController {
      @Get()
      show() {}

      @OnEvent()
      react() {}
    }
    expect(await bootFailure({ controllers: [RatesController] })).toBe(undefined);
  });

  it('stops the boot if it is public, and the instance has one in its place that is not', async () => {
    class Payments {
      @RequireAcr('mfa')
      pay() {}
    }
    @Injectable()
    class Listener {
      constructor() {
        this.react = Payments.prototype.pay;
      }

      @OnEvent()
      @Public()
      react() {}
    }
    expect(await bootFailure({ providers: [Listener] })).toEqual(
      new TypeError('Listener.react carries a step-up decorator but is no handler; nothing would enforce it'),
    );
  });
});

describe('a function that an instance has in place of a method', () => {
  it('stops the boot if it carries a step-up decorator and is no handler', async () => {
    class Payments {
      @RequireAcr('mfa')
      pay() {}
    }
    @Injectable()
    class Desk {
      readonly pay = Payments.prototype.pay;
    }
    expect(await bootFailure({ providers: [Desk] })).toEqual(
      new TypeError('Desk.pay carries a step-up decorator but is no handler; nothing would enforce it'),
    );
  });
});

describe('AccessTokenGuard that Nest would leave out', () => {
  it('stops the boot on a field resolver that GraphQL runs unguarded', async () => {
    @Resolver('Account')
    class AccountResolver {
      @Query('account')
      account() {}

      @ResolveField('balance')
      @UseGuards(AccessTokenGuard)
      balance() {}
    }
    const providers = [AccountResolver, { provide: 'GqlModuleOptions', useValue: {} }];
    expect(String(await bootFailure({ providers }))).toContain(
      'AccountResolver.balance would not be enforced: GraphQL runs field resolvers unguarded',
    );
  });

  it('stops the boot on what global guards do not reach either', async () => {
    @Controller()
    @UseGuards(AccessTokenGuard)
    class EventsController {
      @MessagePattern('transfer')
      transfer() {}
    }
    @Module({
      providers: [{ provide: EventsController, useFactory: () => new EventsController() }],
    })
    class EventsModule {}
    const replaced = { provide: EventsController, useValue: Object.create(EventsController.prototype) };
    const failures = [await bootFailure({ imports: [EventsModule] }), await bootFailure({ providers: [replaced] })];
    for (const failure of failures) {
      expect(String(failure)).toContain('AccessTokenGuard would not run before EventsController.transfer');
    }
  });
});

describe('a global AccessTokenGuard', () => {
  it('stops the boot at a message handler that says nothing, which it may not reach', async () => {
    @Controller()
    class EventsController {
      @MessagePattern('transfer')
      transfer() {}
    }
    const providers = [{ provide: APP_GUARD, useClass: AccessTokenGuard }];
    expect(String(await bootFailure({ controllers: [EventsController], providers }))).toContain(
      'AccessTokenGuard is global and would not run before EventsController.transfer',
    );
  });

  it('stops the boot at a gateway if it is made for each request', async () => {
    @WebSocketGateway({ path: '/events' })
    class EventsGateway {
      @SubscribeMessage('transfer')
      transfer() {}
    }
    const providers = [EventsGateway, { provide: APP_GUARD, useClass: AccessTokenGuard, scope: Scope.REQUEST }];
    const configure: BootSetup['configure'] = (app) => void app.useWebSocketAdapter(new WsAdapter(app));
    expect(String(await bootFailure({ providers, configure }))).toContain(
      'AccessTokenGuard is global and would not run before EventsGateway.transfer',
    );
  });
});

describeOverHttp('AccessTokenGuard on a method that its instance has replaced', ({ serve, accessToken }) => {
  it('is stood in for by the guard of the module', async () => {
    @Controller()
    class AccountsController {
      constructor() {
        this.show = this.show.bind(this);
      }

      @Get()
      @UseGuards(AccessTokenGuard)
      show() {
        return DONE;
      }
    }
    const send = await serve(AccountsController);
    expect(await send()).toEqual(withoutToken());
    expect((await send({ token: await accessToken() })).body).toEqual(DONE);
  });
});

describe('an application that has nothing but microservices', () => {
  const initialized = async (decorators: ClassDecorator[]): Promise<unknown> => {
    @Controller()
    @applyDecorators(...decorators)
    class EventsController {
      @MessagePattern('transfer')
      transfer() {}
    }
    const options = { authorizationServers: [bootServer], requirements: { acrValues: ['mfa'] } };
    const testing = await Test.createTestingModule({
      imports: [StepUpModule.forRoot({ ...options, metadataAudit: 'off' })],
      controllers: [EventsController],
    }).compile();
    const microservice = testing.createNestMicroservice({});
    return microservice.init().then(
      () => microservice.close(),
      (error) => error,
    );
  };

  it('does not boot with "requirements" for a pattern that says nothing, since hybrid ones would leave it open', async () => {
    expect(String(await initialized([]))).toContain(
      '"requirements" would not be enforced on EventsController.transfer, as global guards may not reach it',
    );
  });

  it('boots if its class says what is required', async () => {
    expect(await initialized([RequireAcr('phr')])).toBe(undefined);
  });
});

describe('an alias of a provider', () => {
  it('says nothing about how Nest guards the provider', async () => {
    @WebSocketGateway()
    class BankGateway {
      @SubscribeMessage('balance')
      @RequireAcr('mfa')
      balance() {}
    }
    @Module({ providers: [BankGateway], exports: [BankGateway] })
    class BankModule {}
    @Module({ imports: [BankModule], providers: [{ provide: 'bank', useExisting: BankGateway }] })
    class DeskModule {}
    const configure: BootSetup['configure'] = (app) => void app.useWebSocketAdapter(new WsAdapter(app));
    const service = await bootedService({ imports: [DeskModule], configure });
    expect(service.routes()).toMatchObject([{ name: 'BankGateway.balance', enforcedBy: 'handler' }]);
  });
});
