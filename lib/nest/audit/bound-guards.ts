import type { CanActivate, Type } from '@nestjs/common';
import type { ApplicationConfig, ExternalContextCreator, ModulesContainer } from '@nestjs/core';
import { AuthGuard, AuthModuleOptions } from '@nestjs/passport';
import { AccessTokenGuard } from '../guards/access-token.guard.js';
import { ACR_GUARD, AcrGuard } from '../guards/acr.guard.js';
import { EnforcementGuard } from '../guards/enforcement.guard.js';
import { classProof, handlerProof } from '../guards/proof.guard.js';
import type { Handler } from '../requirements/handler.js';
import type { UserNamer } from '../requirements/route.js';
import type { ApplicationHandler } from './application-handlers.js';
import { type DeclaredGuards, guardsOf } from './declared-guards.js';

/** The part of the ExternalContextCreator of Nest that shows which guards Nest binds. */
interface ContextCreator {
  readonly guardsContextCreator?: {
    create?(instance: object, handler: Handler, moduleKey: string): readonly unknown[];
  };
  getHostModuleKey?(instance: object, type: Type): string;
  getContextModuleKey?(type: Type): string;
}

/** The guards of handlers: those that metadata names, and those that Nest binds. */
export class BoundGuards {
  readonly #ownStrategy: readonly { prototype: object }[];
  readonly #creator: ContextCreator;

  constructor(
    private readonly application: ApplicationConfig,
    modules: ModulesContainer,
    creator: ExternalContextCreator,
    strategyName: string,
    private readonly declared: DeclaredGuards,
  ) {
    this.#creator = creator as unknown as ContextCreator;
    // AuthGuard() without a name stands for the default strategy. Only PassportModule knows its name.
    const defaults = passportOptions(modules).flatMap(({ defaultStrategy }) => defaultStrategy ?? []);
    const isDefault = defaults.length > 0 && defaults.every((name) => name === strategyName);
    this.#ownStrategy = isDefault ? [AuthGuard(strategyName), AuthGuard()] : [AuthGuard(strategyName)];
  }

  /** Returns whether metadata names a guard for a handler. Another decorator can have replaced the list. */
  names(guard: Type<CanActivate>, { type, functions }: ApplicationHandler): boolean {
    return functions.some((handler) => declaredOn(type, handler).some((declared) => isGuard(declared, guard)));
  }

  /**
   * Returns whether Nest binds a guard that metadata names, for every function that it can call. Nest looks the guard
   * up in the module of the handler, and leaves it out without an error if it is not there.
   */
  binds(guard: Type<CanActivate>, handler: ApplicationHandler): boolean {
    return this.#bindsForEach(handler, (bound) => isUnchanged(bound, guard));
  }

  /**
   * As {@link binds}, or if Nest binds a subclass that metadata names. The application decides what that subclass does.
   */
  bindsItOrSubclass(guard: Type<CanActivate>, handler: ApplicationHandler): boolean {
    return this.#bindsForEach(
      handler,
      (bound, one) =>
        isGuard(bound, guard) && declaredOn(handler.type, one).some((declared) => isMadeOf(bound, declared)),
    );
  }

  /**
   * Returns the guards of Passport with a `getAuthenticateOptions` of the application, which returns the property of
   * the user for each request.
   */
  userNamersOf(handler: ApplicationHandler): readonly UserNamer[] {
    return [...new Set(handler.functions.flatMap((one) => this.#boundTo(handler, one).filter(isUserNamer)))];
  }

  /** The properties that guards of Passport have in their options, from PassportModule or their own constructor. */
  userPropertiesOf(handler: ApplicationHandler): readonly string[] {
    const bound = handler.functions.flatMap((one) => this.#boundTo(handler, one)).filter(isPassportGuard);
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
    const declared = functions.flatMap((one) => declaredOn(type, one)).filter((guard) => !isSeen(guard));
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
    const guards = functions.flatMap((handler) => declaredOn(type, handler));
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
    const global = new Set<unknown>(this.application.getGlobalGuards());
    const isGlobal = where === 'global';
    return this.#bindsForEach(handler, (bound) => global.has(bound) === isGlobal && requiresUser(bound));
  }

  /** Returns whether a guard that is not ours runs before a handler. Such a guard can authenticate. */
  haveOtherGuards({ type, functions }: ApplicationHandler): boolean {
    return functions.some((handler) => this.#of(type, handler).some((guard) => !isOurs(guard)));
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
    return [...this.#global(), ...declaredOn(type, handler)];
  }

  #global(): readonly unknown[] {
    const requestScoped = this.application.getGlobalRequestGuards().map(({ metatype }) => metatype);
    return [...this.application.getGlobalGuards(), ...requestScoped];
  }

  /**
   * Returns the guards that Nest would run before a function. Empty if Nest cannot be asked, so that nothing is proven.
   */
  #boundTo({ instance, type, kinds, moduleKey }: ApplicationHandler, handler: Handler): readonly unknown[] {
    if (instance === undefined) return [];
    try {
      const isGraphql = kinds.some((kind) => kind === 'operation' || kind === 'field' || kind === 'reference');
      const key = isGraphql
        ? this.#creator.getHostModuleKey?.(instance, type) || this.#creator.getContextModuleKey?.(type) || ''
        : moduleKey;
      return this.#creator.guardsContextCreator?.create?.(instance, handler, key) ?? [];
    } catch {
      return [];
    }
  }

  #bindsForEach(handler: ApplicationHandler, isIt: (bound: unknown, handler: Handler) => boolean): boolean {
    return handler.functions.every(
      (one) =>
        [handler.type, one].every((target) => this.declared.areUnchanged(target)) &&
        this.#boundTo(handler, one).some((bound) => isIt(bound, one)),
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

function declaredOn(type: Type, handler: Handler): readonly unknown[] {
  return [type, handler].flatMap(guardsOf);
}

function isOurs(guard: unknown): boolean {
  if (guard === handlerProof || guard === classProof) return true;
  return [AcrGuard, AccessTokenGuard, EnforcementGuard].some((own) => isExactly(guard, own));
}

/** Excludes subclasses, because they can do anything. */
function isExactly(guard: unknown, own: Type<CanActivate>): boolean {
  return guard === own || isUnchanged(guard, own);
}

/** Excludes subclasses and instances with a `canActivate` of their own, because they can decide otherwise. */
function isUnchanged(guard: unknown, base: Type<CanActivate>): boolean {
  if (typeof guard !== 'object' || guard === null) return false;
  return Object.getPrototypeOf(guard) === base.prototype && !Object.hasOwn(guard, 'canActivate');
}

/** Recognizes a guard of Passport by its methods, because every call of `AuthGuard` makes a new class. */
function isPassportGuard(guard: unknown): boolean {
  const prototype = prototypeOf(guard);
  return ['handleRequest', 'getAuthenticateOptions', 'logIn'].every(
    (method) => typeof (prototype as Record<string, unknown> | undefined)?.[method] === 'function',
  );
}

/** Whether a guard certainly lets nobody pass: AccessTokenGuard, or one of Passport, each without a decision of its own. */
function requiresUser(guard: unknown): boolean {
  if (isUnchanged(guard, AccessTokenGuard)) return true;
  if (typeof guard !== 'object' || guard === null || !isPassportGuard(guard)) return false;
  const nest = ofNest(guard);
  return ['canActivate', 'handleRequest'].every((method) => Reflect.get(guard, method) === nest?.[method]);
}

/** Returns whether a guard that Nest has made is the one that metadata names, as a class or as an instance. */
function isMadeOf(bound: unknown, declared: unknown): boolean {
  if (typeof declared !== 'function') return bound === declared;
  return typeof bound === 'object' && bound !== null && Object.getPrototypeOf(bound) === declared.prototype;
}

/** Returns whether a guard of Passport has a `getAuthenticateOptions` of the application, as a method or a field. */
function isUserNamer(guard: unknown): guard is UserNamer {
  if (typeof guard !== 'object' || guard === null || !isPassportGuard(guard)) return false;
  return (guard as UserNamer).getAuthenticateOptions !== ofNest(guard)?.['getAuthenticateOptions'];
}

/** Returns the prototype that `AuthGuard()` has made: the farthest object in the chain with its own `logIn`. */
function ofNest(guard: object): Record<string, unknown> | undefined {
  let found: object | undefined;
  for (let one: object | null = guard; one !== null; one = Object.getPrototypeOf(one)) {
    if (Object.hasOwn(one, 'logIn')) found = one;
  }
  return found as Record<string, unknown> | undefined;
}

/** Accepts a guard as a class or as an instance. */
function isGuard(guard: unknown, base: { prototype: object }): boolean {
  const prototype = prototypeOf(guard);
  if (prototype === undefined) return false;
  return prototype === base.prototype || Object.prototype.isPrototypeOf.call(base.prototype, prototype);
}

function prototypeOf(guard: unknown): object | undefined {
  const prototype: unknown = typeof guard === 'function' ? guard.prototype : guard;
  return typeof prototype === 'object' && prototype !== null ? prototype : undefined;
}
