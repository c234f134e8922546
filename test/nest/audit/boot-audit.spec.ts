import { join } from 'node:path';
import {
  Controller,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  InternalServerErrorException,
  Module,
  Scope,
  SetMetadata,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { Query, ResolveField, Resolver } from '@nestjs/graphql';
import { MessagePattern } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { AcrGuard, Public, RequireAcr, SkipStepUp, StepUpModule } from 'nestjs-step-up';
import { adapters, captureLog, startApplication } from '../../support/application.js';
import { type BootSetup, bootedProvider, bootedService, bootFailure, bootServer } from '../../support/boot.js';

const log = captureLog();
beforeEach(() => {
  log.lines.length = 0;
});
afterAll(() => log.restore());

const requireAcr = RequireAcr as (...required: unknown[]) => MethodDecorator;

describe('@RequireAcr at decoration', () => {
  it.each<[written: string, required: unknown[], message: string]>([
    ['()', [], 'requirements must be an object with "acrValues", "maxAge" or "scope"'],
    ['(undefined)', [undefined], 'requirements must be an object with "acrValues", "maxAge" or "scope"'],
    ['(null)', [null], 'requirements must be an object with "acrValues", "maxAge" or "scope"'],
    ['(300)', [300], 'requirements must be an object with "acrValues", "maxAge" or "scope"'],
    ['([])', [[]], '"acrValues" must be a list of at least one string'],
    ["('')", [''], '"acrValues" has a value "": printable ASCII without space, quote and backslash is needed'],
    [
      "('phr mfa')",
      ['phr mfa'],
      '"acrValues" has a value "phr mfa": printable ASCII without space, quote and backslash is needed',
    ],
    ["('mfa', 'phr')", ['mfa', 'phr'], 'the second argument must be an object with "maxAge" or "scope"'],
    ["('mfa', null)", ['mfa', null], 'the second argument must be an object with "maxAge" or "scope"'],
    ["('mfa', 300)", ['mfa', 300], 'the second argument must be an object with "maxAge" or "scope"'],
    ["('mfa', {}, {})", ['mfa', {}, {}], 'takes at most two arguments; give several values as a list'],
    ["(['mfa', 'mfa'])", [['mfa', 'mfa']], '"acrValues" repeats a value'],
    [
      "(['mfa', 1])",
      [['mfa', 1]],
      '"acrValues" has a value 1: printable ASCII without space, quote and backslash is needed',
    ],
    ["('mfa', { acrValues: ['phr'] })", ['mfa', { acrValues: ['phr'] }], '"acrValues" are given twice'],
    [
      "('mfa', { maxage: 300 })",
      ['mfa', { maxage: 300 }],
      'unknown requirement "maxage"; known are "acrValues", "maxAge", "scope"',
    ],
    [
      "({ acr_values: 'mfa' })",
      [{ acr_values: 'mfa' }],
      'unknown requirement "acr_values"; known are "acrValues", "maxAge", "scope"',
    ],
    ['({})', [{}], 'nothing is required; give "acrValues", "maxAge" or "scope"'],
    ['({ maxAge: undefined })', [{ maxAge: undefined }], 'nothing is required; give "acrValues", "maxAge" or "scope"'],
    ['({ maxAge: null })', [{ maxAge: null }], '"maxAge" must be a non-negative integer number of seconds, not null'],
    ['RS-10 ({ maxAge: -1 })', [{ maxAge: -1 }], '"maxAge" must be a non-negative integer number of seconds, not -1'],
    [
      'RS-10 ({ maxAge: 1.5 })',
      [{ maxAge: 1.5 }],
      '"maxAge" must be a non-negative integer number of seconds, not 1.5',
    ],
    [
      'RS-10 ({ maxAge: NaN })',
      [{ maxAge: Number.NaN }],
      '"maxAge" must be a non-negative integer number of seconds, not NaN',
    ],
    [
      "RS-10 ({ maxAge: '5' })",
      [{ maxAge: '5' }],
      '"maxAge" must be a non-negative integer number of seconds, not "5"',
    ],
    ["({ scope: '' })", [{ scope: '' }], '"scope" must be scope tokens separated by single spaces, not ""'],
    ["({ scope: 'a  b' })", [{ scope: 'a  b' }], '"scope" must be scope tokens separated by single spaces, not "a  b"'],
    ['(function, {})', [() => undefined, {}], 'give "maxAge" and "scope" beside it in one object'],
    ['({ maxAge }, { scope })', [{ maxAge: 60 }, { scope: 'a' }], 'give "maxAge" and "scope" beside it in one object'],
  ])('%s is a TypeError', (_written, required, message) => {
    expect(() => requireAcr(...required)).toThrow(new TypeError(`@RequireAcr: ${message}`));
  });

  it.each([
    ['@RequireAcr', RequireAcr('mfa')],
    ['@SkipStepUp', SkipStepUp()],
    ['@Public', Public()],
  ])('%s on a field, an accessor or a static method is a TypeError', (_, decorator) => {
    class Target {
      static create() {}
      get accessor() {
        return 1;
      }
    }
    const { prototype } = Target;
    const of = (target: object, name: string) => Object.getOwnPropertyDescriptor(target, name) as PropertyDescriptor;
    expect(() => (decorator as PropertyDecorator)(prototype, 'field')).toThrow(
      new TypeError('Step-up decorators belong on a class or a method; "field" is neither'),
    );
    expect(() => decorator(prototype, 'accessor', of(prototype, 'accessor'))).toThrow(
      new TypeError('Step-up decorators belong on a class or a method; "accessor" is neither'),
    );
    expect(() => decorator(Target, 'create', of(Target, 'create'))).toThrow(
      new TypeError('Step-up decorators belong on a class or a method; "create" is static'),
    );
  });
});

function decorated(onClass: ClassDecorator[], onHandler: MethodDecorator[]): Type {
  class TransferController {
    create() {}
  }
  const { prototype } = TransferController;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, 'create') as PropertyDescriptor;
  for (const decorator of [Get('transfer'), ...onHandler]) decorator(prototype, 'create', descriptor);
  for (const decorator of [Controller(), ...onClass]) decorator(TransferController);
  return TransferController;
}

describe('decorators that contradict each other stop the boot', () => {
  const require = RequireAcr('mfa');
  const skip = SkipStepUp();
  const open = Public();
  it.each([
    ['@RequireAcr', require, '@SkipStepUp', skip],
    ['@RequireAcr', require, '@Public', open],
    ['@RequireAcr', require, '@RequireAcr', RequireAcr({ maxAge: 60 })],
    ['@SkipStepUp', skip, '@Public', open],
    ['@SkipStepUp', skip, '@SkipStepUp', skip],
    ['@Public', open, '@Public', open],
  ])('%s and another on one target', async (first, one, second, other) => {
    const onHandler = await bootFailure({ controllers: [decorated([], [one, other])] });
    const onClass = await bootFailure({ controllers: [decorated([other, one], [])] });
    expect(onHandler).toEqual(
      new TypeError(`TransferController.create carries ${first} and ${second}; one target takes one of them, once`),
    );
    expect(onClass).toEqual(
      new TypeError(`TransferController carries ${second} and ${first}; one target takes one of them, once`),
    );
  });

  it('but not on a class and its handler', async () => {
    const marks = [require, skip, open];
    for (const onClass of marks) {
      for (const onHandler of marks) {
        expect(await bootFailure({ controllers: [decorated([onClass], [onHandler])] })).toBe(undefined);
      }
    }
  });
});

describe('a method that overrides a decorated one', () => {
  class BaseController {
    @Get('transfer')
    @RequireAcr('mfa')
    create() {}

    @Get('accounts')
    list() {}
  }

  it('stops the boot where it says nothing', async () => {
    @Controller()
    class TransferController extends BaseController {
      @Get('transfer')
      override create() {}
    }
    expect(await bootFailure({ controllers: [TransferController] })).toEqual(
      new TypeError(
        'TransferController.create overrides a method that is decorated for step-up and says nothing itself; ' +
          'repeat the decorator, or use @SkipStepUp',
      ),
    );
  });

  it('stops the boot also two classes further down, and with a requirement on the class', async () => {
    class MiddleController extends BaseController {}
    @Controller()
    @RequireAcr('phr')
    class TransferController extends MiddleController {
      @Get('transfer')
      override create() {}
    }
    expect(await bootFailure({ controllers: [TransferController] })).toBeInstanceOf(TypeError);
  });

  it.each([
    [
      '@RequireAcr',
      RequireAcr('phr'),
      { access: 'required', enforcedBy: 'handler', requirements: { acrValues: ['phr'] } },
    ],
    ['@SkipStepUp', SkipStepUp(), { access: 'skipped', enforcedBy: 'handler' }],
    ['@Public', Public(), { access: 'public' }],
  ])('may say %s', async (_, decorator, described) => {
    @Controller()
    class TransferController extends BaseController {
      @Get('transfer')
      @decorator
      override create() {}

      @Get('accounts')
      override list() {}
    }
    const service = await bootedService({ controllers: [TransferController] });
    expect(service.routes()).toEqual([
      { name: 'TransferController.create', dynamic: false, ...described },
      { name: 'TransferController.list', dynamic: false, access: 'open' },
    ]);
  });
});

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
  class ReplacedController {
    @Get('transfer')
    @wrapped(() => undefined)
    @RequireAcr('mfa')
    transfer() {}
  }

  @Controller()
  class UnguardedController {
    @Get('transfer')
    @SetMetadata('__guards__', [])
    @RequireAcr('mfa')
    transfer() {}
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

  @Controller()
  @UseGuards(DecoratedGuard)
  class GuardedController {
    @Get('transfer')
    transfer() {}
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
      { controllers: [GuardedController] },
      `DecoratedGuard.canActivate carries a step-up decorator but is no handler; ${nobody}`,
    ],
    [
      "a controller's method that is no handler",
      { controllers: [HelperController] },
      `HelperController.helper carries a step-up decorator but is no handler; ${nobody}`,
    ],
    [
      'a method replaced by another decorator',
      { controllers: [ReplacedController] },
      'ReplacedController.transfer: another decorator has replaced the method after its step-up decorator; ' +
        'move the step-up decorator above it, or let the wrapper copy the metadata of the method',
    ],
    [
      'a handler whose guards another decorator has removed',
      { controllers: [UnguardedController] },
      'The requirements of UnguardedController.transfer would not be enforced: another decorator has removed AcrGuard ' +
        'from its guards',
    ],
  ])('%s', async (_, setup, message) => {
    expect(await bootFailure(setup)).toEqual(new TypeError(message));
  });

  it.each([
    ['bound in the constructor', BindingController],
    ['hidden by a field', FieldController],
  ])('a handler %s is enforced by the guard of the module', async (_, controller) => {
    const service = await bootedService({ controllers: [controller] });
    expect(service.routes()).toEqual([
      {
        name: `${controller.name}.transfer`,
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
    @Controller()
    class TransferController {
      @Get('copied')
      @copied
      @RequireAcr('mfa')
      copied() {}

      @Get('inherited')
      @inherited
      @RequireAcr('mfa')
      inherited() {}

      @Get('below')
      @RequireAcr('mfa')
      @wrapped(() => undefined)
      below() {}
    }
    const service = await bootedService({ controllers: [TransferController] });
    expect(service.routes()).toEqual(
      ['copied', 'inherited', 'below'].map((name) => ({
        name: `TransferController.${name}`,
        access: 'required',
        dynamic: false,
        enforcedBy: 'handler',
        requirements: { acrValues: ['mfa'] },
      })),
    );
  });
});

describe('a default that globals do not reach', () => {
  const configure: BootSetup['configure'] = (app) => void app.useWebSocketAdapter(new WsAdapter(app));
  const options = { authorizationServers: [bootServer], requirements: { acrValues: ['mfa'] } };

  function gateway(...decorators: ClassDecorator[]): Type {
    class EventsGateway {
      @SubscribeMessage('transfer')
      transfer() {}
    }
    for (const decorator of [WebSocketGateway({ path: '/events' }), ...decorators]) decorator(EventsGateway);
    return EventsGateway;
  }

  it('stops the boot at a gateway without a decorator', async () => {
    expect(await bootFailure({ providers: [gateway()], options, configure })).toEqual(
      new TypeError(
        '"requirements" would not be enforced on EventsGateway.transfer, as global guards may not reach it; ' +
          'decorate EventsGateway with @RequireAcr, @SkipStepUp or @Public',
      ),
    );
  });

  it('stops the boot at a message handler without a decorator, which a hybrid application may leave unguarded', async () => {
    @Controller()
    class EventsController {
      @MessagePattern('transfer')
      transfer() {}
    }
    expect(await bootFailure({ controllers: [EventsController], options })).toEqual(
      new TypeError(
        '"requirements" would not be enforced on EventsController.transfer, as global guards may not reach it; ' +
          'decorate EventsController with @RequireAcr, @SkipStepUp or @Public',
      ),
    );
  });

  it.each([
    ['@RequireAcr', RequireAcr({ maxAge: 60 })],
    ['@SkipStepUp', SkipStepUp()],
    ['@Public', Public()],
  ])('takes a gateway with %s', async (_, decorator) => {
    expect(await bootFailure({ providers: [gateway(decorator)], options, configure })).toBe(undefined);
  });

  it('takes a gateway without a decorator where the module requires nothing', async () => {
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
  ])('stops the boot %s', async (_, more) => {
    expect(await bootFailure(graphql(more))).toEqual(
      new TypeError(
        'The requirements of AccountResolver.balance would not be enforced: GraphQL runs field resolvers unguarded ' +
          "unless every GraphQLModule that serves it has fieldResolverEnhancers: ['guards', 'filters']",
      ),
    );
  });

  it("is fine with fieldResolverEnhancers: ['guards']", async () => {
    expect(await bootFailure(graphql({ fieldResolverEnhancers: ['guards'] }))).toBe(undefined);
  });
});

describe('a handler that the boot has not seen', () => {
  const contextOf = (type: Type, handler: unknown) =>
    ({ getClass: () => type, getHandler: () => handler, getType: () => 'http' }) as unknown as ExecutionContext;

  it.each<[what: string, type: Type, message: string]>([
    [
      'with a word that no server knows',
      decorated([], [RequireAcr('mfaa')]),
      '[misconfigured] @RequireAcr on TransferController.create: no authorization server knows "mfaa"; ' +
        'the nearest known word is "mfa". Words are declared in "authorizationServers[].acr"',
    ],
    [
      'with decorators that contradict each other',
      decorated([], [RequireAcr('mfa'), Public()]),
      '[misconfigured] TransferController.create carries @RequireAcr and @Public; one target takes one of them, once',
    ],
  ])('%s is refused with 500 at its first request', async (_, type, message) => {
    const options = { authorizationServers: [{ ...bootServer, acr: { mfa: 'urn:mfa' } }] };
    const guard = await bootedProvider(AcrGuard, { options });
    expect(() => guard.canActivate(contextOf(type, type.prototype.create))).toThrow(new InternalServerErrorException());
    expect(log.lines.filter((line) => line.startsWith('[misconfigured]'))).toEqual([message]);
  });
});

describe('a controller made for each request', () => {
  it('is audited as any other', async () => {
    @Controller({ path: 'transfer', scope: Scope.REQUEST })
    class TransferController {
      constructor(@Inject('REQUEST') readonly request: unknown) {}

      @Get()
      @RequireAcr('mfaa')
      create() {}
    }
    const options = { authorizationServers: [{ ...bootServer, acr: { mfa: 'urn:mfa' } }] };
    expect(await bootFailure({ controllers: [TransferController], options })).toBeInstanceOf(TypeError);
  });
});

describe('values that say nothing new', () => {
  const FIX = 'leave it out, as a word beside it stands for it';
  it.each<
    [what: string, acrValues: string[], acr: object, order: string[] | undefined, duplicates: string | undefined]
  >([
    ['a word and its string', ['mfa', 'urn:otp'], { mfa: 'urn:otp' }, undefined, '"urn:otp"'],
    [
      'a word and the first of its strings',
      ['urn:otp', 'mfa'],
      { mfa: ['urn:otp', 'urn:push'] },
      undefined,
      '"urn:otp"',
    ],
    ['a word and two of its strings', ['mfa', 'a', 'b'], { mfa: ['a', 'b'] }, undefined, '"a", "b"'],
    ['the string of a stronger word', ['mfa', 'b'], { mfa: 'a', phr: 'b' }, ['phr', 'mfa'], '"b"'],
    ['a string that comes before others of its word', ['b', 'mfa'], { mfa: ['a', 'b'] }, undefined, undefined],
    ['two strings of one word', ['a', 'b'], { mfa: ['a', 'b'] }, undefined, undefined],
    ['two words', ['phr', 'mfa'], { mfa: 'a', phr: 'b' }, undefined, undefined],
    ['two words of an order', ['mfa', 'phr'], { mfa: 'a', phr: 'b' }, ['phr', 'mfa'], undefined],
    ['two words for one string', ['mfa', 'otp'], { mfa: 'a', otp: 'a' }, undefined, undefined],
    ['a word by itself', ['mfa'], { mfa: 'mfa' }, undefined, undefined],
  ])('%s', async (_, acrValues, acr, order, duplicates) => {
    const server = { ...bootServer, acr: acr as Record<string, string>, ...(order !== undefined && { order }) };
    const options = { authorizationServers: [server] };
    const boot = { controllers: [decorated([], [requireAcr(acrValues)])], options };
    const message = `${duplicates} in ${JSON.stringify(acrValues)} changes nothing; ${FIX}`;
    await bootFailure(boot);
    expect(log.lines.filter((line) => line.startsWith('[acr_duplicate]'))).toEqual(
      duplicates === undefined ? [] : [`[acr_duplicate] TransferController.create: ${message}`],
    );
    expect(await bootFailure({ ...boot, options: { ...options, audit: 'throw' } })).toEqual(
      duplicates === undefined ? undefined : new TypeError(`Boot audit: TransferController.create: ${message}`),
    );
  });

  it('no value does where another server understands it otherwise', async () => {
    const options = {
      authorizationServers: [
        { ...bootServer, acr: { mfa: 'urn:otp' } },
        { ...bootServer, issuer: 'https://other.example', acr: 'literal' as const },
      ],
    };
    await bootFailure({ controllers: [decorated([], [requireAcr(['mfa', 'urn:otp'])])], options });
    expect(log.lines.filter((line) => line.startsWith('[acr_duplicate]'))).toEqual([]);
  });
});

describe('a second copy of the package', () => {
  const COPIES = Symbol.for('nestjs-step-up:copies');
  const copies = () => (globalThis as unknown as Record<symbol, Set<string>>)[COPIES] as Set<string>;
  const elsewhere = '/elsewhere/node_modules/nestjs-step-up';
  afterEach(() => void copies().delete(elsewhere));

  const otherCopy = (): { RequireAcr: typeof RequireAcr; StepUpModule: typeof StepUpModule } => {
    const nest = ['@nestjs/common', '@nestjs/core', '@nestjs/passport'].map((name) => [name, require(name)] as const);
    let copy: unknown;
    jest.isolateModules(() => {
      for (const [name, shared] of nest) jest.doMock(name, () => shared);
      copy = require('nestjs-step-up');
    });
    for (const [name] of nest) jest.dontMock(name);
    return copy as ReturnType<typeof otherCopy>;
  };

  it('is said at boot, once, with where both are', async () => {
    const [here] = copies();
    copies().add(elsewhere);
    const said =
      `nestjs-step-up: is loaded from ${[elsewhere, here].sort().join(' and ')}, and guards of one copy do not work ` +
      'with the module of another; "npm ls nestjs-step-up" tells who brings them; keep one';
    expect(await bootFailure({})).toBe(undefined);
    expect(log.lines.filter((line) => line.startsWith('[several_copies]'))).toEqual([`[several_copies] ${said}`]);
    expect(await bootFailure({ options: { authorizationServers: [bootServer], audit: 'throw' } })).toEqual(
      new TypeError(`Boot audit: ${said}`),
    );
  });

  it('notes nothing where there is one', () => {
    expect([...copies()]).toEqual([join(__dirname, '../../..')]);
  });

  it('whose decorator a handler has stops the boot, and is named in the log before', async () => {
    copies().add(elsewhere);
    const controllers = [decorated([], [otherCopy().RequireAcr('mfa')])];
    const boot = Test.createTestingModule({
      imports: [StepUpModule.forRoot({ authorizationServers: [bootServer], metadataAudit: 'off' })],
      controllers,
    }).compile();
    await expect(boot).rejects.toThrow(
      /is loaded from .* and guards of one copy do not work with the module of another/,
    );
    expect(log.lines.filter((line) => line.startsWith('[several_copies]'))).toHaveLength(1);
  });

  it('whose module is there too does not enforce what the decorators of the first demand, which stops the boot', async () => {
    const other = otherCopy();
    const options = { authorizationServers: [bootServer], metadataAudit: 'off' as const };
    const failure = await bootFailure({
      imports: [other.StepUpModule.forRoot({ ...options, strategyName: 'other' })],
      controllers: [decorated([], [other.RequireAcr('mfa')])],
      options,
    });
    expect(failure).toEqual(
      new TypeError(
        'The requirements of TransferController.create would not be enforced: its AcrGuard is of another copy of ' +
          'nestjs-step-up than StepUpModule; "npm ls nestjs-step-up" tells who brings them, keep one',
      ),
    );
  });
});

describe('the table of routes', () => {
  const tables = () => log.lines.filter((line) => line.startsWith('[routes]'));

  it('has every route with a requirement or a mark, aligned, in one line of the log', async () => {
    @Controller()
    @RequireAcr('mfa', { scope: 'bank' })
    class BankController {
      @Get('transfer')
      @RequireAcr(['phr', 'mfa'], { maxAge: 20, scope: 'transfer:write' })
      transfer() {}

      @Get('limits')
      @RequireAcr(() => undefined)
      limits() {}

      @Get('accounts')
      @SkipStepUp()
      accounts() {}

      @Get('news')
      @Public()
      news() {}
    }
    @Controller()
    class OpenController {
      @Get('open')
      open() {}

      @Get('decided')
      @RequireAcr(() => undefined)
      decided() {}
    }
    await bootFailure({ controllers: [BankController, OpenController] });
    expect(tables()).toEqual([
      [
        '[routes] what is required of requests',
        'route                    access    words                      maxAge  scope                advice',
        'BankController.transfer  required  phr mfa                    20      bank transfer:write  max_age_short',
        'BankController.limits    required  mfa (decided per request)          bank',
        'BankController.accounts  skipped',
        'BankController.news      public',
        'OpenController.decided   required  (decided per request)',
      ].join('\n'),
    ]);
  });

  it('is left out where nothing is required', async () => {
    @Controller()
    class OpenController {
      @Get()
      open() {}
    }
    await bootFailure({ controllers: [OpenController] });
    await bootFailure({});
    expect(tables()).toEqual([]);
  });

  it.each(adapters)('is logged before requests are served, %s', async (_, createAdapter) => {
    const application = await startApplication({
      createAdapter,
      controllers: [decorated([], [RequireAcr('mfa')])],
      options: { authorizationServers: [bootServer] },
    });
    expect(tables()).toHaveLength(1);
    await application.close();
  });
});
