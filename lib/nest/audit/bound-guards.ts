import type { CanActivate, Type } from '@nestjs/common';
import type { ApplicationConfig, ExternalContextCreator, ModulesContainer } from '@nestjs/core';
import { AuthGuard, AuthModuleOptions } from '@nestjs/passport';
import { AccessTokenGuard } from '../guards/access-token.guard.js';
import { AcrGuard } from '../guards/acr.guard.js';
import { GUARDS } from '../guards/guards-metadata.js';
import type { ApplicationHandler } from './application-handlers.js';
import { type DeclaredGuards, guardsOf } from './declared-guards.js';
import { isGuard, isPassportGuard, prototypeOf } from './guard-kinds.js';
import { GuardsOfNest } from './guards-of-nest.js';
import { type FunctionGuards, type GlobalGuards, HandlerGuards } from './handler-guards.js';
import { once } from './once.js';

const NONE: readonly unknown[] = [];

/** Handlers of a class, with what makes Nest bind the same guards to all of them. */
interface Alike {
  readonly handler: ApplicationHandler;
  readonly ofFunctions: readonly FunctionGuards[];
  readonly guards: HandlerGuards;
}

/**
 * The guards of an application: those that metadata names, and those that Nest binds. Make another object for a later
 * audit, because they can be others by then.
 */
export class BoundGuards {
  readonly #nest: GuardsOfNest;
  readonly #global: GlobalGuards;
  readonly #ofHandlers = new Map<ApplicationHandler, HandlerGuards>();
  readonly #ofClasses = new Map<Type, Alike[]>();
  readonly #namedOnClasses = new Map<Type, readonly unknown[]>();

  constructor(
    application: ApplicationConfig,
    modules: ModulesContainer,
    creator: ExternalContextCreator,
    strategyName: string,
    private readonly declared: DeclaredGuards,
  ) {
    this.#nest = new GuardsOfNest(creator);
    // AuthGuard() without a name stands for the default strategy. Only PassportModule knows its name.
    const defaults = passportOptions(modules).flatMap(({ defaultStrategy }) => defaultStrategy ?? []);
    const isDefault = defaults.length > 0 && defaults.every((name) => name === strategyName);
    const ownStrategy = isDefault ? [AuthGuard(strategyName), AuthGuard()] : [AuthGuard(strategyName)];
    // a factory does not say what it makes
    const made = application.getGlobalRequestGuards().map(({ metatype }) => prototypeOf(metatype));
    this.#global = {
      once: application.getGlobalGuards(),
      all: globalGuardsOf(application),
      areUnseen: made.some((prototype) => prototype === undefined || isPassportGuard(prototype)),
      isOfOurStrategy: (guard) => ownStrategy.some((own) => isGuard(guard, own)),
    };
  }

  /** Returns the guards of a handler. Those of one class that are alike share them. */
  of(handler: ApplicationHandler): HandlerGuards {
    const known = this.#ofHandlers.get(handler);
    if (known !== undefined) return known;
    const ofClass = this.#namedOnClass(handler.type);
    const isClassUnchanged = this.declared.areUnchanged(handler.type, ofClass);
    const areNamed = handler.metadataKeys.includes(GUARDS);
    const ofFunctions = handler.functions.map((one): FunctionGuards => {
      const ofFunction = areNamed ? guardsOf(one) : NONE;
      const areUnchanged = isClassUnchanged && this.declared.areUnchanged(one, ofFunction);
      return { one, declared: ofFunction.length === 0 ? ofClass : [...ofClass, ...ofFunction], areUnchanged };
    });
    const guards = this.#alike(handler, ofFunctions);
    this.#ofHandlers.set(handler, guards);
    return guards;
  }

  /** Nest finds guards by the metadata of class and function, the instance and the module: if these are equal, once. */
  #alike(handler: ApplicationHandler, ofFunctions: readonly FunctionGuards[]): HandlerGuards {
    const ofClass = this.#ofClasses.get(handler.type) ?? [];
    const known = ofClass.find((one) => areAlike(one, handler, ofFunctions));
    if (known !== undefined) return known.guards;
    const bound = once(() => ofFunctions.map(({ one }) => this.#nest.boundTo(handler, one)));
    const guards = new HandlerGuards(ofFunctions, bound, this.#global, handler.module);
    ofClass.push({ handler, ofFunctions, guards });
    this.#ofClasses.set(handler.type, ofClass);
    return guards;
  }

  /** Returns whether one of our guards is declared on a class or a function. */
  namedOn(target: object): boolean {
    return guardsOf(target).some((guard) => isGuard(guard, AcrGuard) || isGuard(guard, AccessTokenGuard));
  }

  /** Returns whether a guard is bound to the whole application. */
  isGlobal(guard: Type<CanActivate>): boolean {
    return this.#global.all.some((bound) => isGuard(bound, guard));
  }

  /**
   * Returns whether Nest makes a global guard for each request. Nest leaves such a guard out if it makes the handler
   * once.
   */
  isRequestScoped(guard: Type<CanActivate>): boolean {
    return !this.#global.once.some((bound) => isGuard(bound, guard));
  }

  /** Read once for all handlers of a class. */
  #namedOnClass(type: Type): readonly unknown[] {
    const known = this.#namedOnClasses.get(type) ?? guardsOf(type);
    this.#namedOnClasses.set(type, known);
    return known;
  }
}

function areAlike(
  { handler, ofFunctions }: Alike,
  other: ApplicationHandler,
  ofOther: readonly FunctionGuards[],
): boolean {
  return (
    handler.instance === other.instance &&
    handler.module === other.module &&
    areEqual(handler.kinds, other.kinds) &&
    ofFunctions.length === ofOther.length &&
    ofFunctions.every(({ declared, areUnchanged }, index) => {
      const one = ofOther[index];
      return one !== undefined && areUnchanged === one.areUnchanged && areEqual(declared, one.declared);
    })
  );
}

function areEqual(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one === other || (one.length === other.length && one.every((value, index) => value === other[index]));
}

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
