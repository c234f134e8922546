import type { CanActivate, Type } from '@nestjs/common';
import type { ApplicationConfig, ExternalContextCreator, ModulesContainer } from '@nestjs/core';
import { AuthGuard, AuthModuleOptions } from '@nestjs/passport';
import { AccessTokenGuard } from '../guards/access-token.guard.js';
import { ACR_GUARD, AcrGuard } from '../guards/acr.guard.js';
import { EnforcementGuard } from '../guards/enforcement.guard.js';
import type { Handler } from '../requirements/handler.js';
import type { UserNamer } from '../requirements/route.js';
import type { ApplicationHandler } from './application-handlers.js';
import { type DeclaredGuards, guardsOf } from './declared-guards.js';
import {
  isExactly,
  isGuard,
  isMadeOf,
  isOurs,
  isPassportGuard,
  isUnchanged,
  isUserNamer,
  prototypeOf,
  requiresUser,
} from './guard-kinds.js';
import { GuardsOfNest } from './guards-of-nest.js';

/** The guards of handlers: those that metadata names, and those that Nest binds. */
export class BoundGuards {
  readonly #ownStrategy: readonly { prototype: object }[];
  readonly #nest: GuardsOfNest;
  // Read once in an audit, which asks for each handler several times.
  readonly #named = new WeakMap<object, readonly unknown[]>();

  constructor(
    private readonly application: ApplicationConfig,
    modules: ModulesContainer,
    creator: ExternalContextCreator,
    strategyName: string,
    private readonly declared: DeclaredGuards,
  ) {
    this.#nest = new GuardsOfNest(creator);
    // AuthGuard() without a name stands for the default strategy. Only PassportModule knows its name.
    const defaults = passportOptions(modules).flatMap(({ defaultStrategy }) => defaultStrategy ?? []);
    const isDefault = defaults.length > 0 && defaults.every((name) => name === strategyName);
    this.#ownStrategy = isDefault ? [AuthGuard(strategyName), AuthGuard()] : [AuthGuard(strategyName)];
  }

  /** Returns whether metadata names a guard for a handler. Another decorator can have replaced the list. */
  names(guard: Type<CanActivate>, { type, functions }: ApplicationHandler): boolean {
    return functions.some((handler) => this.#declaredOn(type, handler).some((declared) => isGuard(declared, guard)));
  }

  /**
   * Returns whether Nest binds a guard that metadata names, for every function that it can call. Nest looks the guard
   * up in the module of the handler, and leaves it out without an error if it is not there.
   *
   * @param where `global` asks for a guard of the whole application, which does not reach every transport
   */
  binds(guard: Type<CanActivate>, handler: ApplicationHandler, where: 'handler' | 'global' = 'handler'): boolean {
    return this.#bindsForEach(handler, (bound) => isUnchanged(bound, guard), where);
  }

  /**
   * As {@link binds}, or if Nest binds a subclass that metadata names. The application decides what that subclass does.
   */
  bindsItOrSubclass(guard: Type<CanActivate>, handler: ApplicationHandler): boolean {
    return this.#bindsForEach(
      handler,
      (bound, one) =>
        isGuard(bound, guard) && this.#declaredOn(handler.type, one).some((declared) => isMadeOf(bound, declared)),
    );
  }

  /**
   * Returns the guards of Passport with a `getAuthenticateOptions` of the application, which returns the property of
   * the user for each request.
   */
  userNamersOf(handler: ApplicationHandler): readonly UserNamer[] {
    return [...new Set(handler.functions.flatMap((one) => this.#nest.boundTo(handler, one).filter(isUserNamer)))];
  }

  /** The properties that guards of Passport have in their options, from PassportModule or their own constructor. */
  userPropertiesOf(handler: ApplicationHandler): readonly string[] {
    const bound = handler.functions.flatMap((one) => this.#nest.boundTo(handler, one)).filter(isPassportGuard);
    return bound.flatMap((guard) => (guard as { readonly options?: AuthModuleOptions }).options?.property ?? []);
  }

  /** Whether one of these runs after the first guard of ours that judges. */
  haveUnseenPassportGuardsAfterJudging(handler: ApplicationHandler): boolean {
    if (!this.haveUnseenPassportGuards(handler)) return false;
    return handler.functions.some((one) => {
      const guards = this.#of(handler.type, one);
      const first = guards.findIndex((guard) => isGuard(guard, AcrGuard) || isGuard(guard, AccessTokenGuard));
      return guards.slice(first + 1).some(isPassportGuard);
    });
  }

  /** Whether a guard of Passport is made for each request or use, so that the boot cannot see where it puts the user. */
  haveUnseenPassportGuards({ type, functions, module }: ApplicationHandler): boolean {
    const isSeen = (guard: unknown) => {
      if (typeof guard !== 'function') return true;
      const wrapper = module.injectables.get(guard);
      return wrapper?.isDependencyTreeStatic() === true && !wrapper.isTransient;
    };
    const declared = functions.flatMap((one) => this.#declaredOn(type, one)).filter((guard) => !isSeen(guard));
    // a factory does not say what it makes
    const global = this.application.getGlobalRequestGuards().map(({ metatype }) => prototypeOf(metatype));
    return global.some((made) => made === undefined || isPassportGuard(made)) || declared.some(isPassportGuard);
  }

  /** Returns whether one of our guards is declared on a class or a function. */
  namedOn(target: object): boolean {
    return guardsOf(target).some((guard) => isGuard(guard, AcrGuard) || isGuard(guard, AccessTokenGuard));
  }

  /** Returns whether a guard is bound to the whole application. */
  isGlobal(guard: Type<CanActivate>): boolean {
    return this.#global().some((bound) => isGuard(bound, guard));
  }

  /**
   * Returns whether Nest makes a global guard for each request. Nest leaves such a guard out if it makes the handler
   * once.
   */
  isRequestScoped(guard: Type<CanActivate>): boolean {
    return !this.application.getGlobalGuards().some((bound) => isGuard(bound, guard));
  }

  /** Returns whether a guard is the {@link AcrGuard} of another copy of the package. */
  areOfAnotherCopy({ type, functions }: ApplicationHandler): boolean {
    const guards = functions.flatMap((handler) => this.#declaredOn(type, handler));
    const isMarked = guards.some((guard) => Reflect.get(prototypeOf(guard) ?? {}, ACR_GUARD) === true);
    return isMarked && !guards.some((guard) => isGuard(guard, AcrGuard));
  }

  /** Returns whether a guard authenticates by another Passport strategy than ours. */
  haveForeignStrategy({ type, functions }: ApplicationHandler): boolean {
    return functions.some((handler) =>
      this.#of(type, handler).some((guard) => isPassportGuard(guard) && !this.#isOfOurStrategy(guard)),
    );
  }

  /**
   * Returns whether Passport authenticates after the last guard that judges. It can then leave another user on the
   * request.
   */
  authenticateAfterJudging({ type, functions }: ApplicationHandler): boolean {
    return functions.some((handler) => {
      const guards = this.#of(type, handler);
      const last = guards.findLastIndex((guard) => isGuard(guard, AcrGuard));
      return guards.findLastIndex((guard) => this.#isOfOurStrategy(guard)) > last;
    });
  }

  /** Whether Nest makes a guard that requires a user, for every function of a handler: bound to it, or globally. */
  authenticate(handler: ApplicationHandler, where: 'handler' | 'global'): boolean {
    return this.#bindsForEach(handler, requiresUser, where);
  }

  /** Returns whether a guard that is not ours runs before a handler. Such a guard can authenticate. */
  haveOtherGuards({ type, functions }: ApplicationHandler): boolean {
    return functions.some((handler) => this.#of(type, handler).some((guard) => !isOurs(guard)));
  }

  /**
   * Returns whether a guard that is not ours runs before the first one that judges. Only such a guard can authenticate for
   * it.
   *
   * @param isProven whether the guard of the handler itself judges; otherwise a global one of ours does
   */
  haveOtherGuardsBeforeJudging({ type, functions }: ApplicationHandler, isProven: boolean): boolean {
    const judging = [AcrGuard, AccessTokenGuard, ...(isProven ? [] : [EnforcementGuard])];
    return functions.some((handler) => {
      const guards = this.#of(type, handler);
      const first = guards.findIndex((guard) => judging.some((own) => isGuard(guard, own)));
      return guards.slice(0, first < 0 ? guards.length : first).some((guard) => !isOurs(guard));
    });
  }

  /** Returns whether a guard that is not ours runs after the first one of ours. */
  runAfterJudging({ type, functions }: ApplicationHandler): boolean {
    return functions.some((handler) => {
      const guards = this.#of(type, handler);
      const first = guards.findIndex((guard) => [AcrGuard, AccessTokenGuard].some((own) => isExactly(guard, own)));
      return guards.slice(first + 1).some((guard) => !isOurs(guard));
    });
  }

  /** Returns the guards of a handler in the order in which they run. */
  #of(type: Type, handler: Handler): readonly unknown[] {
    return [...this.#global(), ...this.#declaredOn(type, handler)];
  }

  /** Returns the guards that metadata names for a function, those of its class first. */
  #declaredOn(type: Type, handler: Handler): readonly unknown[] {
    return [...this.#namedBy(type), ...this.#namedBy(handler)];
  }

  #namedBy(target: object): readonly unknown[] {
    const known = this.#named.get(target);
    if (known !== undefined) return known;
    const named = guardsOf(target);
    this.#named.set(target, named);
    return named;
  }

  #global(): readonly unknown[] {
    const requestScoped = this.application.getGlobalRequestGuards().map(({ metatype }) => metatype);
    return [...this.application.getGlobalGuards(), ...requestScoped];
  }

  #bindsForEach(
    handler: ApplicationHandler,
    isIt: (bound: unknown, handler: Handler) => boolean,
    where: 'handler' | 'global' = 'handler',
  ): boolean {
    // Nest answers with the global guards first.
    const globals = this.application.getGlobalGuards().length;
    const [begin, end] = where === 'global' ? [0, globals] : [globals];
    return handler.functions.every(
      (one) =>
        [handler.type, one].every((target) => this.declared.areUnchanged(target)) &&
        this.#nest
          .boundTo(handler, one)
          .slice(begin, end)
          .some((bound) => isIt(bound, one)),
    );
  }

  #isOfOurStrategy(guard: unknown): boolean {
    return this.#ownStrategy.some((own) => isGuard(guard, own));
  }
}

/** Returns the options of each import of PassportModule. Which of them a guard gets depends on its module. */
export function passportOptions(modules: ModulesContainer): readonly AuthModuleOptions[] {
  return [...modules.values()].flatMap(({ providers }) => {
    const options: unknown = providers.get(AuthModuleOptions)?.instance;
    return typeof options === 'object' && options !== null ? [options as AuthModuleOptions] : [];
  });
}
