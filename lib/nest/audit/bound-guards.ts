import type { Type } from '@nestjs/common';
import type { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { AcrGuard } from '../guards/acr.guard.js';
import type { Handler } from '../requirements/route.js';

// metadata that Nest's @UseGuards leaves
const GUARDS = '__guards__';

/** Tells which guards run before a handler, as far as Nest knows at boot. */
export class BoundGuards {
  readonly #ownStrategy: readonly { prototype: object }[];

  constructor(
    private readonly application: ApplicationConfig,
    modules: ModulesContainer,
    strategyName: string,
  ) {
    // AuthGuard() without a name stands for the default strategy, whose name only PassportModule knows
    const defaults = defaultStrategies(modules);
    const isDefault = defaults.length > 0 && defaults.every((name) => name === strategyName);
    this.#ownStrategy = isDefault ? [AuthGuard(strategyName), AuthGuard()] : [AuthGuard(strategyName)];
  }

  /** Whether {@link AcrGuard} is among them; another decorator may have overwritten the list. */
  judge(type: Type, handler: Handler): boolean {
    return this.#of(type, handler).some((guard) => isGuard(guard, AcrGuard));
  }

  /** Whether one of them has the name of {@link AcrGuard}, but is of another copy of the package. */
  areOfAnotherCopy(type: Type, handler: Handler): boolean {
    const names = this.#of(type, handler).map((guard) => prototypeOf(guard)?.constructor.name);
    return names.includes(AcrGuard.name) && !this.judge(type, handler);
  }

  /** Whether one of them authenticates by another Passport strategy than ours. */
  haveForeignStrategy(type: Type, handler: Handler): boolean {
    return this.#of(type, handler).some((guard) => isPassportGuard(guard) && !this.#isOfOurStrategy(guard));
  }

  /** Whether Passport authenticates after the last guard that judges, so that another user may be left on the request. */
  authenticateAfterJudging(type: Type, handler: Handler): boolean {
    const guards = this.#of(type, handler);
    const last = guards.findLastIndex((guard) => isGuard(guard, AcrGuard));
    return guards.findLastIndex((guard) => this.#isOfOurStrategy(guard)) > last;
  }

  /** In the order in which they run. */
  #of(type: Type, handler: Handler): readonly unknown[] {
    return [
      ...this.application.getGlobalGuards(),
      ...this.application.getGlobalRequestGuards().map(({ metatype }) => metatype),
      ...[type, handler].flatMap((target) => (Reflect.getMetadata(GUARDS, target) as unknown[] | undefined) ?? []),
    ];
  }

  #isOfOurStrategy(guard: unknown): boolean {
    return this.#ownStrategy.some((own) => isGuard(guard, own));
  }
}

/** One for each import of PassportModule that names one; which of them a guard gets depends on its module. */
function defaultStrategies(modules: ModulesContainer): readonly unknown[] {
  return [...modules.values()].flatMap(({ providers }) =>
    [...providers.values()]
      .filter(({ token }) => typeof token === 'function' && token.name === 'AuthModuleOptions')
      .map(({ instance }) => (instance as { defaultStrategy?: unknown } | undefined)?.defaultStrategy)
      .filter((name) => name !== undefined),
  );
}

/** Told by its methods, as every call of `AuthGuard` makes a class of its own. */
function isPassportGuard(guard: unknown): boolean {
  const prototype = prototypeOf(guard);
  return ['handleRequest', 'getAuthenticateOptions', 'logIn'].every(
    (method) => typeof (prototype as Record<string, unknown> | undefined)?.[method] === 'function',
  );
}

/** Guards are bound as classes or as instances. */
function isGuard(guard: unknown, base: { prototype: object }): boolean {
  const prototype = prototypeOf(guard);
  if (prototype === undefined) return false;
  return prototype === base.prototype || Object.prototype.isPrototypeOf.call(base.prototype, prototype);
}

function prototypeOf(guard: unknown): object | undefined {
  const prototype: unknown = typeof guard === 'function' ? guard.prototype : guard;
  return typeof prototype === 'object' && prototype !== null ? prototype : undefined;
}
