import { type CanActivate, Injectable, type Type, UseGuards } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { AccessTokenGuard, AcrGuard } from 'nestjs-step-up';
import { type ApplicationHandler, metadataKeysOf } from '../../../lib/nest/audit/application-handlers.js';
import { BoundGuards } from '../../../lib/nest/audit/bound-guards.js';
import type { HandlerKind } from '../../../lib/nest/audit/handler-kinds.js';
import type { Handler } from '../../../lib/nest/requirements/handler.js';

interface Asked {
  /** What Nest makes of the guards of a function, in the module with this key. */
  create?: (handler: Handler, moduleKey: string) => readonly unknown[];
  global?: readonly CanActivate[];
  requestScoped?: readonly Type[];
  areUnchanged?: (target: object) => boolean;
}

function guardsOf({
  create = () => [],
  global = [],
  requestScoped = [],
  areUnchanged = () => true,
}: Asked): BoundGuards {
  const application = new ApplicationConfig();
  application.useGlobalGuards(...global);
  for (const metatype of requestScoped) application.addGlobalRequestGuard({ metatype } as never);
  const creator = {
    guardsContextCreator: { create: (_: object, handler: Handler, key: string) => create(handler, key) },
    getHostModuleKey: () => 'host',
  };
  const declared = { areUnchanged };
  return new BoundGuards(application, new Map() as never, creator as never, 'jwt', declared as never);
}

const made = <T extends CanActivate>(guard: Type<T>, more: object = {}): T =>
  Object.assign(Object.create(guard.prototype), more);

/** A handler for which Nest may call several functions, each with guards. */
function handlerOf(kinds: HandlerKind[], ...guards: (Type | CanActivate)[][]): ApplicationHandler {
  class BankController {}
  const functions = guards.map((bound) => {
    const handler = { transfer: () => undefined };
    UseGuards(...bound)(handler, 'transfer', Object.getOwnPropertyDescriptor(handler, 'transfer') as never);
    return handler.transfer;
  });
  const metadataKeys = metadataKeysOf(functions);
  const handler = { kinds, functions, metadataKeys, type: BankController, instance: {}, moduleKey: 'own' };
  return handler as unknown as ApplicationHandler;
}

describe('AcrGuard is bound', () => {
  @Injectable()
  class LenientGuard extends AcrGuard {
    override canActivate() {
      return true;
    }
  }

  it.each<[bound: string, guard: unknown, isBound: boolean]>([
    ['as it is', made(AcrGuard), true],
    ['as a subclass', made(LenientGuard), false],
    ['as an instance with a method of its own', made(AcrGuard, { canActivate: () => true }), false],
    ['as a class of which Nest has made nothing', AcrGuard, false],
    ['not at all', made(AccessTokenGuard), false],
  ])('%s', (_, guard, isBound) => {
    const guards = guardsOf({ create: () => [{ canActivate: () => true }, guard] });
    expect(guards.of(handlerOf(['http'], [AcrGuard])).binds(AcrGuard)).toBe(isBound);
  });

  it('only if it is bound to every function that Nest may call', () => {
    const handler = handlerOf(['http'], [AcrGuard], []);
    const [first] = handler.functions;
    const guards = guardsOf({ create: (one) => (one === first ? [made(AcrGuard)] : []) });
    expect(guards.of(handler).binds(AcrGuard)).toBe(false);
    expect(guards.of(handler).names(AcrGuard)).toBe(true);
  });

  it('only as far as it can be shown', () => {
    const create = () => [made(AcrGuard)];
    const handler = handlerOf(['http'], [AcrGuard]);
    expect(
      guardsOf({ create })
        .of({ ...handler, instance: undefined })
        .binds(AcrGuard),
    ).toBe(false);
    const failing = guardsOf({
      create: () => {
        throw new Error('Nest cannot be asked');
      },
    });
    expect(failing.of(handler).binds(AcrGuard)).toBe(false);
  });

  it.each<[kind: HandlerKind, moduleKey: string]>([
    ['http', 'own'],
    ['message', 'own'],
    ['pattern', 'own'],
    ['operation', 'host'],
    ['field', 'host'],
    ['reference', 'host'],
  ])('to a handler of kind %s in the module that Nest takes for it: %s', (kind, moduleKey) => {
    const guards = guardsOf({ create: (_, key) => (key === moduleKey ? [made(AcrGuard)] : []) });
    expect(guards.of(handlerOf([kind], [AcrGuard])).binds(AcrGuard)).toBe(true);
  });
});

describe('handlers of one class', () => {
  class BankController {}
  const [instance, module] = [{}, {}];

  /** A handler with a function of its own for each list of guards. */
  const ofBank = (more: Partial<ApplicationHandler>, ...guards: (Type | CanActivate)[][]): ApplicationHandler =>
    ({ ...handlerOf(['http'], ...guards), type: BankController, instance, module, ...more }) as ApplicationHandler;

  function asked(...handlers: ApplicationHandler[]): number {
    let times = 0;
    const guards = guardsOf({
      create: () => {
        times += 1;
        return [made(AcrGuard)];
      },
    });
    for (const handler of handlers) guards.of(handler).binds(AcrGuard);
    for (const handler of handlers) guards.of(handler).authenticate();
    return times;
  }

  it('that name equal guards share the answer of Nest', () => {
    expect(asked(...Array.from({ length: 10 }, () => ofBank({}, [AcrGuard])))).toBe(1);
  });

  it.each<[what: string, other: ApplicationHandler, times: number]>([
    ['name another guard', ofBank({}, [AccessTokenGuard]), 2],
    ['name a guard more', ofBank({}, [AcrGuard, AccessTokenGuard]), 2],
    ['name them in another order', ofBank({}, [AccessTokenGuard, AcrGuard]), 2],
    ['have another function that names none', ofBank({}, [AcrGuard], []), 3],
    ['belong to another instance', ofBank({ instance: {} }, [AcrGuard]), 2],
    ['belong to another module', ofBank({ module: {} as never }, [AcrGuard]), 2],
    ['are of another kind', ofBank({ kinds: ['operation'] }, [AcrGuard]), 2],
    ['belong to another class', ofBank({ type: class OtherController {} }, [AcrGuard]), 2],
  ])('that %s do not', (_, other, times) => {
    expect(asked(ofBank({}, [AcrGuard]), other)).toBe(times);
    expect(asked(other, ofBank({}, [AcrGuard]))).toBe(times);
  });

  it('do not share it with one whose guards were others before Nest bound them', () => {
    const [kept, changed] = [ofBank({}, [AcrGuard]), ofBank({}, [AcrGuard])];
    const areUnchanged = (target: object) => target !== changed.functions[0];
    const guards = guardsOf({ create: () => [made(AcrGuard)], areUnchanged });
    expect([kept, changed, kept].map((handler) => guards.of(handler).binds(AcrGuard))).toEqual([true, false, true]);
  });
});

describe('a guard of another Passport strategy', () => {
  const BasicGuard = AuthGuard('basic');

  it.each<[where: string, guards: BoundGuards, handler: ApplicationHandler]>([
    ['on every function', guardsOf({}), handlerOf(['http'], [BasicGuard], [BasicGuard])],
    ['on one of two functions', guardsOf({}), handlerOf(['http'], [AcrGuard], [BasicGuard])],
    ['on the application', guardsOf({ global: [new BasicGuard()] }), handlerOf(['http'], [AcrGuard])],
    ['on the application, for each request', guardsOf({ requestScoped: [BasicGuard] }), handlerOf(['http'], [])],
  ])('is found %s', (_, guards, handler) => {
    expect(guards.of(handler).haveForeignStrategy()).toBe(true);
  });

  it('is none of our strategy, and none that has only a method of such guards', () => {
    const other = { canActivate: () => true, handleRequest: () => undefined };
    expect(
      guardsOf({})
        .of(handlerOf(['http'], [AuthGuard('jwt'), other]))
        .haveForeignStrategy(),
    ).toBe(false);
  });
});

describe('Passport authenticates after the judgement', () => {
  const JwtGuard = AuthGuard('jwt');

  it.each<[order: string, handler: ApplicationHandler, isAfter: boolean]>([
    ['before it', handlerOf(['http'], [JwtGuard, AcrGuard]), false],
    ['after it', handlerOf(['http'], [AcrGuard, JwtGuard]), true],
    ['between two of them', handlerOf(['http'], [AcrGuard, JwtGuard, AcrGuard]), false],
    ['before and after it', handlerOf(['http'], [JwtGuard, AcrGuard, JwtGuard]), true],
    ['after it on one of two functions', handlerOf(['http'], [JwtGuard, AcrGuard], [AcrGuard, JwtGuard]), true],
  ])('if its guard runs %s', (_, handler, isAfter) => {
    expect(guardsOf({}).of(handler).authenticateAfterJudging()).toBe(isAfter);
  });
});

describe('a guard of ours', () => {
  it.each<[guard: Type<CanActivate>]>([[AcrGuard], [AccessTokenGuard]])('is told on a class by name: %p', (guard) => {
    @UseGuards(guard)
    class BankController {}
    class OpenController {}
    expect(guardsOf({}).namedOn(BankController)).toBe(true);
    expect(guardsOf({}).namedOn(OpenController)).toBe(false);
  });

  it('is global and made for each request, or once', () => {
    const once = guardsOf({ global: [made(AccessTokenGuard)] });
    const each = guardsOf({ requestScoped: [AccessTokenGuard] });
    expect([once, each].map((guards) => guards.isGlobal(AccessTokenGuard))).toEqual([true, true]);
    expect([once, each].map((guards) => guards.isRequestScoped(AccessTokenGuard))).toEqual([false, true]);
    expect(once.isGlobal(AcrGuard)).toBe(false);
  });
});
