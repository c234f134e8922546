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
import { answeredOnce, type GuardList, GuardLists } from './guard-lists.js';
import { GuardsOfNest } from './guards-of-nest.js';

/** The guards of one of the functions that Nest can call for a handler. */
interface FunctionGuards {
  readonly one: Handler;
  /** Those that metadata names, those of the class first. */
  readonly declared: GuardList;
  /** Those and the global ones, in the order in which they run. */
  readonly all: GuardList;
}

const NONE: readonly never[] = [];

/** The guards of handlers: those that metadata names, and those that Nest binds. Make another object for a later audit. */
export class BoundGuards {
  readonly #ownStrategy: readonly { prototype: object }[];
  readonly #nest: GuardsOfNest;
  readonly #lists = new GuardLists();
  readonly #named = new Map<object, readonly unknown[]>();
  readonly #ofHandlers = new Map<ApplicationHandler, readonly FunctionGuards[]>();
  readonly #global: readonly unknown[];
  /** Whether a global guard that Nest makes for each request can be one of Passport. A factory does not say what it makes. */
  readonly #haveUnseenGlobally: boolean;

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
    this.#global = globalGuardsOf(application);
    const made = application.getGlobalRequestGuards().map(({ metatype }) => prototypeOf(metatype));
    this.#haveUnseenGlobally = made.some((prototype) => prototype === undefined || isPassportGuard(prototype));
  }

  /** Returns whether metadata names a guard for a handler. Another decorator can have replaced the list. */
  names(guard: OwnGuard, handler: ApplicationHandler): boolean {
    return this.#of(handler).some(({ declared }) => this.#ownOf(declared).includes(guard));
  }

  readonly #ownOf = answeredOnce((guards) =>
    [AcrGuard, AccessTokenGuard].filter((own) => guards.some((guard) => isGuard(guard, own))),
  );

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
      (bound, { guards }) => isGuard(bound, guard) && guards.some((declared) => isMadeOf(bound, declared)),
    );
  }

  /**
   * Returns the guards of Passport with a `getAuthenticateOptions` of the application, which returns the property of
   * the user for each request.
   */
  userNamersOf(handler: ApplicationHandler): readonly UserNamer[] {
    const guards = this.#passportGuardsOf(handler);
    return guards.length === 0 ? NONE : [...new Set(guards.filter(isUserNamer))];
  }

  /** The properties that guards of Passport have in their options, from PassportModule or their own constructor. */
  userPropertiesOf(handler: ApplicationHandler): readonly string[] {
    const options = (guard: unknown) => (guard as { readonly options?: AuthModuleOptions }).options;
    return this.#passportGuardsOf(handler).flatMap((guard) => options(guard)?.property ?? []);
  }

  /** Whether one of these runs after the first guard of ours that judges. */
  haveUnseenPassportGuardsAfterJudging(handler: ApplicationHandler): boolean {
    if (!this.haveUnseenPassportGuards(handler)) return false;
    return this.#of(handler).some(({ all: { guards } }) => {
      const first = guards.findIndex((guard) => isGuard(guard, AcrGuard) || isGuard(guard, AccessTokenGuard));
      return guards.slice(first + 1).some(isPassportGuard);
    });
  }

  /** Whether a guard of Passport is made for each request or use, so that the boot cannot see where it puts the user. */
  haveUnseenPassportGuards(handler: ApplicationHandler): boolean {
    if (this.#haveUnseenGlobally) return true;
    const isSeen = (guard: unknown) => {
      if (typeof guard !== 'function') return true;
      const wrapper = handler.module.injectables.get(guard);
      return wrapper?.isDependencyTreeStatic() === true && !wrapper.isTransient;
    };
    return this.#of(handler).some(({ declared }) => !this.#passportGuards(declared).every(isSeen));
  }

  readonly #passportGuards = answeredOnce((guards) => guards.filter(isPassportGuard));

  /** Returns whether one of our guards is declared on a class or a function. */
  namedOn(target: object): boolean {
    return this.#namedBy(target).some((guard) => isGuard(guard, AcrGuard) || isGuard(guard, AccessTokenGuard));
  }

  /** Returns whether a guard is bound to the whole application. */
  isGlobal(guard: Type<CanActivate>): boolean {
    return isGlobal(guard, this.application);
  }

  /**
   * Returns whether Nest makes a global guard for each request. Nest leaves such a guard out if it makes the handler
   * once.
   */
  isRequestScoped(guard: Type<CanActivate>): boolean {
    return !this.application.getGlobalGuards().some((bound) => isGuard(bound, guard));
  }

  /** Returns whether a guard is the {@link AcrGuard} of another copy of the package. */
  areOfAnotherCopy(handler: ApplicationHandler): boolean {
    const guards = this.#of(handler).flatMap(({ declared }) => declared.guards);
    const isMarked = guards.some((guard) => Reflect.get(prototypeOf(guard) ?? {}, ACR_GUARD) === true);
    return isMarked && !guards.some((guard) => isGuard(guard, AcrGuard));
  }

  /** Returns whether a guard authenticates by another Passport strategy than ours. */
  haveForeignStrategy(handler: ApplicationHandler): boolean {
    return this.#of(handler).some(
      ({ all }) => !this.#passportGuards(all).every((guard) => this.#isOfOurStrategy(guard)),
    );
  }

  /**
   * Returns whether Passport authenticates after the last guard that judges. It can then leave another user on the
   * request.
   */
  authenticateAfterJudging(handler: ApplicationHandler): boolean {
    return this.#of(handler).some(({ all }) => this.#authenticatesLast(all));
  }

  readonly #authenticatesLast = answeredOnce((guards) => {
    const last = guards.findLastIndex((guard) => isGuard(guard, AcrGuard));
    return guards.findLastIndex((guard) => this.#isOfOurStrategy(guard)) > last;
  });

  /** Whether Nest makes a guard that requires a user, for every function of a handler: bound to it, or globally. */
  authenticate(handler: ApplicationHandler, where: 'handler' | 'global'): boolean {
    return this.#bindsForEach(handler, requiresUser, where);
  }

  /** Returns whether a guard that is not ours runs before a handler. Such a guard can authenticate. */
  haveOtherGuards(handler: ApplicationHandler): boolean {
    return this.#of(handler).some(({ all }) => this.#haveOthers(all));
  }

  readonly #haveOthers = answeredOnce((guards) => !guards.every(isOurs));

  /**
   * Returns whether a guard that is not ours runs before the first one that judges. Only such a guard can authenticate for
   * it.
   *
   * @param isProven whether the guard of the handler itself judges; otherwise a global one of ours does
   */
  haveOtherGuardsBeforeJudging(handler: ApplicationHandler, isProven: boolean): boolean {
    const judging = [AcrGuard, AccessTokenGuard, ...(isProven ? [] : [EnforcementGuard])];
    return this.#of(handler).some(({ all: { guards } }) => {
      const first = guards.findIndex((guard) => judging.some((own) => isGuard(guard, own)));
      return guards.slice(0, first < 0 ? guards.length : first).some((guard) => !isOurs(guard));
    });
  }

  /** Returns whether a guard that is not ours runs after the first one of ours. */
  runAfterJudging(handler: ApplicationHandler): boolean {
    return this.#of(handler).some(({ all }) => this.#haveOthersLater(all));
  }

  readonly #haveOthersLater = answeredOnce((guards) => {
    const first = guards.findIndex((guard) => [AcrGuard, AccessTokenGuard].some((own) => isExactly(guard, own)));
    return guards.slice(first + 1).some((guard) => !isOurs(guard));
  });

  #of(handler: ApplicationHandler): readonly FunctionGuards[] {
    const known = this.#ofHandlers.get(handler);
    if (known !== undefined) return known;
    const ofClass = this.#namedBy(handler.type);
    const guards = handler.functions.map((one) => {
      const ofFunction = this.#namedBy(one);
      return {
        one,
        declared: this.#lists.of(ofClass, ofFunction),
        all: this.#lists.of(this.#global, ofClass, ofFunction),
      };
    });
    this.#ofHandlers.set(handler, guards);
    return guards;
  }

  /** Returns the guards that metadata names for exactly this class or function. */
  #namedBy(target: object): readonly unknown[] {
    const known = this.#named.get(target);
    if (known !== undefined) return known;
    const named = guardsOf(target);
    this.#named.set(target, named);
    return named;
  }

  /** Returns the guards of Passport that Nest binds to the functions of a handler. */
  #passportGuardsOf(handler: ApplicationHandler): readonly unknown[] {
    const ofFunctions = this.#of(handler).map(({ one, declared }) =>
      this.#passportGuards(this.#lists.of(this.#nest.boundTo(handler, one, declared))),
    );
    return ofFunctions.length === 1 ? (ofFunctions[0] ?? NONE) : ofFunctions.flat();
  }

  #bindsForEach(
    handler: ApplicationHandler,
    isIt: (bound: unknown, declared: GuardList) => boolean,
    where: 'handler' | 'global' = 'handler',
  ): boolean {
    // Nest answers with the global guards first.
    const globals = this.application.getGlobalGuards().length;
    const [begin, end] = where === 'global' ? [0, globals] : [globals, undefined];
    return this.#of(handler).every(
      ({ one, declared }) =>
        this.#areUnchanged(handler.type) &&
        this.#areUnchanged(one) &&
        this.#nest
          .boundTo(handler, one, declared)
          .slice(begin, end)
          .some((bound) => isIt(bound, declared)),
    );
  }

  #areUnchanged(target: object): boolean {
    return this.declared.areUnchanged(target, this.#namedBy(target));
  }

  #isOfOurStrategy(guard: unknown): boolean {
    return this.#ownStrategy.some((own) => isGuard(guard, own));
  }
}

type OwnGuard = typeof AcrGuard | typeof AccessTokenGuard;

/** Returns whether a guard is bound to a whole application now. */
export function isGlobal(guard: Type<CanActivate>, application: ApplicationConfig): boolean {
  return globalGuardsOf(application).some((bound) => isGuard(bound, guard));
}

function globalGuardsOf(application: ApplicationConfig): readonly unknown[] {
  const requestScoped = application.getGlobalRequestGuards().map(({ metatype }) => metatype);
  return [...application.getGlobalGuards(), ...requestScoped];
}

/** Returns the options of each import of PassportModule. Which of them a guard gets depends on its module. */
export function passportOptions(modules: ModulesContainer): readonly AuthModuleOptions[] {
  return [...modules.values()].flatMap(({ providers }) => {
    const options: unknown = providers.get(AuthModuleOptions)?.instance;
    return typeof options === 'object' && options !== null ? [options as AuthModuleOptions] : [];
  });
}
