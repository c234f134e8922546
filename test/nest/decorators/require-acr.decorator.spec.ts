import { Controller, Get, type Type } from '@nestjs/common';
import { Public, RequireAcr, SkipStepUp } from 'nestjs-step-up';
import { logOfEachTest } from '../../support/application.js';
import { bootedService, bootFailure } from '../../support/boot.js';
import { handler } from '../../support/handler.js';
import { refusals } from '../../support/refusals.js';

logOfEachTest();

const requireAcr = RequireAcr as (...required: unknown[]) => MethodDecorator;

/** Decorates a method, as a class does with these arguments. */
function decorate(...required: unknown[]): void {
  class TransferController {
    create() {}
  }
  const { prototype } = TransferController;
  requireAcr(...required)(prototype, 'create', Object.getOwnPropertyDescriptor(prototype, 'create') as object);
}
const ON = '@RequireAcr on TransferController.create';

describe('@RequireAcr at decoration', () => {
  it.each(
    refusals({
      'requirements must be an object with "acrValues", "maxAge" or "scope"': [[], [undefined], [null], [300]],
      '"acrValues" must be a list of at least one string': [[[]]],
      '"acrValues" repeats a value': [[['mfa', 'mfa']]],
      '"acrValues" are given twice': [['mfa', { acrValues: ['phr'] }]],
      'the second argument must be an object with "maxAge" or "scope"': [
        ['mfa', 'phr'],
        ['mfa', null],
        ['mfa', 300],
      ],
      'takes at most two arguments; give several values as a list': [['mfa', {}, {}]],
      'unknown requirement "maxage"; known are "acrValues", "maxAge", "scope"': [['mfa', { maxage: 300 }]],
      'unknown requirement "acr_values"; known are "acrValues", "maxAge", "scope"': [[{ acr_values: 'mfa' }]],
      'nothing is required; give "acrValues", "maxAge" or "scope"': [[{}], [{ maxAge: undefined }]],
      'give "maxAge" and "scope" beside it in one object': [
        [() => undefined, {}],
        [{ maxAge: 60 }, { scope: 'a' }],
      ],
    }),
  )('@RequireAcr with the arguments %p is a TypeError: %s', (required, message) => {
    expect(() => decorate(...(required as unknown[]))).toThrow(new TypeError(`${ON}: ${message}`));
  });

  it.each<[maxAge: unknown, shown: string]>([
    [-1, '-1'],
    [1.5, '1.5'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.MAX_SAFE_INTEGER + 1, '9007199254740992'],
    ['5', '"5"'],
    [null, 'null'],
  ])('RS-10 a maxAge of %p is a TypeError', (maxAge, shown) => {
    const message = `${ON}: "maxAge" must be a non-negative integer number of seconds, not ${shown}`;
    expect(() => decorate({ maxAge })).toThrow(new TypeError(message));
  });

  it.each(['high assurance', 'phr mfa', 'é', '→', 'a"b', 'a\\b', 'a\r\nb', '', 1])(
    'RS-20 an acr value of %j is a TypeError',
    (acrValue) => {
      const message =
        `${ON}: "acrValues" has a value ${JSON.stringify(acrValue)}: ` +
        'printable ASCII without space, quote and backslash is needed';
      expect(() => decorate(['mfa', acrValue])).toThrow(new TypeError(message));
      if (acrValue !== 1) expect(() => decorate(acrValue)).toThrow(new TypeError(message));
    },
  );

  it.each(['a"b', 'a  b', ' a', 'é', 'a\\b', ''])('RS-16 a scope of %j is a TypeError', (scope) => {
    const message = `${ON}: "scope" must be scope tokens separated by single spaces, not ${JSON.stringify(scope)}`;
    expect(() => decorate('mfa', { scope })).toThrow(new TypeError(message));
    expect(() => decorate({ scope })).toThrow(new TypeError(message));
  });

  it.each<[decorator: string, bare: unknown, example: string]>([
    ['@RequireAcr', RequireAcr, "@RequireAcr('mfa')"],
    ['@SkipStepUp', SkipStepUp, '@SkipStepUp()'],
    ['@Public', Public, '@Public()'],
  ])('%s without parentheses is a TypeError that shows how to write it', (name, bare, example) => {
    class TransferController {
      create() {}
    }
    const { prototype } = TransferController;
    const descriptor = Object.getOwnPropertyDescriptor(prototype, 'create');
    const decorator = bare as (...target: unknown[]) => unknown;
    expect(() => decorator(prototype, 'create', descriptor)).toThrow(
      new TypeError(`${name} on TransferController.create has no parentheses; write ${example}`),
    );
    expect(() => decorator(TransferController)).toThrow(
      new TypeError(`${name} on TransferController has no parentheses; write ${example}`),
    );
  });

  it.each([
    ['@RequireAcr', RequireAcr('mfa')],
    ['@SkipStepUp', SkipStepUp()],
    ['@Public', Public()],
  ])('%s is a TypeError on a field, an accessor or a static method', (_, decorator) => {
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

describe('decorators that contradict each other stop the boot', () => {
  const requires = RequireAcr('mfa');
  const skips = SkipStepUp();
  const opens = Public();
  const decorated = (onClass: ClassDecorator[], onHandler: MethodDecorator[]): Type => {
    const type = handler(...onHandler);
    for (const decorator of onClass) decorator(type);
    return type;
  };

  it.each<[first: string, one: typeof requires, second: string, other: typeof requires]>([
    ['@RequireAcr', requires, '@SkipStepUp', skips],
    ['@RequireAcr', requires, '@Public', opens],
    ['@RequireAcr', requires, '@RequireAcr', RequireAcr({ maxAge: 60 })],
    ['@SkipStepUp', skips, '@Public', opens],
    ['@SkipStepUp', skips, '@SkipStepUp', skips],
    ['@Public', opens, '@Public', opens],
  ])('%s and another on one target stop the boot', async (first, one, second, other) => {
    expect(await bootFailure({ controllers: [decorated([], [other, one])] })).toEqual(
      new TypeError(`HandlerController.handle carries ${first} and ${second}; one target takes one of them, once`),
    );
    expect(await bootFailure({ controllers: [decorated([other, one], [])] })).toEqual(
      new TypeError(`HandlerController carries ${second} and ${first}; one target takes one of them, once`),
    );
  });

  it('any two decorators are fine on a class and its handler', async () => {
    for (const onClass of [requires, skips, opens]) {
      for (const onHandler of [requires, skips, opens]) {
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

  it('a method that overrides a decorated one and says nothing stops the boot', async () => {
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

  it('it stops the boot also two classes further down, and with a requirement on the class', async () => {
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
  ])('a method that overrides a decorated one may say %s', async (_, decorator, described) => {
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
      { name: 'TransferController.create', triggers: ['GET /transfer'], dynamic: false, ...described },
      { name: 'TransferController.list', triggers: ['GET /accounts'], dynamic: false, access: 'open' },
    ]);
  });
});
