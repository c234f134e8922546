import type { AuthModuleOptions } from '@nestjs/passport';
import { AccessTokenGuard } from '../guards/access-token.guard.js';
import { ACR_GUARD, AcrGuard } from '../guards/acr.guard.js';
import { EnforcementGuard } from '../guards/enforcement.guard.js';
import type { Handler } from '../requirements/handler.js';
import type { UserNamer } from '../requirements/route.js';
import type { Module } from './application-handlers.js';
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
import { once } from './once.js';

/** The guards of one of the functions that Nest can call for a handler. */
export interface FunctionGuards {
  readonly one: Handler;
  /** Those that metadata names, those of the class first. */
  readonly declared: readonly unknown[];
  /** Whether metadata named the same ones before Nest bound anything. */
  readonly areUnchanged: boolean;
}

/** What a handler shares with all others of its application. */
export interface GlobalGuards {
  /** Those that Nest makes once. */
  readonly once: readonly unknown[];
  /** All of them. Of one that Nest makes for each request, its class. */
  readonly all: readonly unknown[];
  /** Whether one that Nest makes for each request can be one of Passport. */
  readonly areUnseen: boolean;
  isOfOurStrategy(guard: unknown): boolean;
}

type OwnGuard = typeof AcrGuard | typeof AccessTokenGuard;

const OWN: readonly OwnGuard[] = [AcrGuard, AccessTokenGuard];

/** The guards of one handler, and of those that are alike. Finds each answer once, as most handlers are alike. */
export class HandlerGuards {
  readonly #named: readonly OwnGuard[];

  /** @param bound returns for each of the functions the guards that Nest binds, the global ones first */
  constructor(
    private readonly ofFunctions: readonly FunctionGuards[],
    private readonly bound: () => readonly (readonly unknown[])[],
    private readonly global: GlobalGuards,
    private readonly module: Module,
  ) {
    this.#named = OWN.filter((own) => this.#declared((guards) => guards.some((guard) => isGuard(guard, own))));
  }

  /** Returns whether metadata names a guard of ours. Another decorator can have replaced the list. */
  names(guard: OwnGuard): boolean {
    return this.#named.includes(guard);
  }

  /**
   * Returns whether Nest binds a guard that metadata names, for every function that it can call. Nest looks the guard
   * up in the module of the handler, and leaves it out without an error if it is not there.
   *
   * @param where `global` asks for a guard of the whole application, which does not reach every transport
   */
  binds(guard: OwnGuard, where: 'handler' | 'global' = 'handler'): boolean {
    return this.#binds[where]().includes(guard);
  }

  readonly #binds = {
    handler: once(() => OWN.filter((own) => this.#bindsForEach((bound) => isUnchanged(bound, own), 'handler'))),
    global: once(() => OWN.filter((own) => this.#bindsForEach((bound) => isUnchanged(bound, own), 'global'))),
  };

  /**
   * As {@link binds}, or if Nest binds a subclass that metadata names. The application decides what that subclass does.
   */
  bindsItOrSubclass(guard: OwnGuard): boolean {
    return this.#bindsForEach(
      (bound, declared) => isGuard(bound, guard) && declared.some((one) => isMadeOf(bound, one)),
      'handler',
    );
  }

  /**
   * Returns the guards of Passport with a `getAuthenticateOptions` of the application, which returns the property of
   * the user for each request.
   */
  readonly userNamers = once((): readonly UserNamer[] => [...new Set(this.#passportGuards().filter(isUserNamer))]);

  /** The properties that guards of Passport have in their options, from PassportModule or their own constructor. */
  readonly userProperties = once((): readonly string[] => {
    const options = (guard: unknown) => (guard as { readonly options?: AuthModuleOptions }).options;
    return this.#passportGuards().flatMap((guard) => options(guard)?.property ?? []);
  });

  /** As {@link areUnseen}, if a guard of Passport runs after the first one of ours that judges. */
  readonly areUnseenAfterJudging = once(
    () =>
      this.areUnseen() &&
      this.#all((guards) => {
        const first = guards.findIndex((guard) => OWN.some((own) => isGuard(guard, own)));
        return guards.slice(first + 1).some(isPassportGuard);
      }),
  );

  /** Whether a guard of Passport is made for each request or use, so that the boot cannot see where it puts the user. */
  readonly areUnseen = once(() => {
    const isSeen = (guard: unknown) => {
      if (typeof guard !== 'function') return true;
      const wrapper = this.module.injectables.get(guard);
      return wrapper?.isDependencyTreeStatic() === true && !wrapper.isTransient;
    };
    return (
      this.global.areUnseen ||
      this.#declared((guards) => guards.some((guard) => isPassportGuard(guard) && !isSeen(guard)))
    );
  });

  /** Returns whether a guard is the {@link AcrGuard} of another copy of the package. */
  areOfAnotherCopy(): boolean {
    const isMarked = (guard: unknown) => Reflect.get(prototypeOf(guard) ?? {}, ACR_GUARD) === true;
    return this.#declared((guards) => guards.some(isMarked)) && !this.names(AcrGuard);
  }

  /** Returns whether a guard authenticates by another Passport strategy than ours. */
  readonly haveForeignStrategy = once(() =>
    this.#all((guards) => guards.some((guard) => isPassportGuard(guard) && !this.global.isOfOurStrategy(guard))),
  );

  /**
   * Returns whether Passport authenticates after the last guard that judges. It can then leave another user on the
   * request.
   */
  readonly authenticateAfterJudging = once(() =>
    this.#all((guards) => {
      const last = guards.findLastIndex((guard) => isGuard(guard, AcrGuard));
      return guards.findLastIndex((guard) => this.global.isOfOurStrategy(guard)) > last;
    }),
  );

  /** Whether Nest makes a guard that requires a user, for every function of a handler. */
  readonly authenticate = once(() => this.#bindsForEach(requiresUser, 'handler'));

  /** The same of a global guard. */
  readonly authenticateGlobally = once(() => this.#bindsForEach(requiresUser, 'global'));

  /** Returns whether a guard that is not ours runs before a handler. Such a guard can authenticate. */
  readonly haveOthers = once(() => this.#all((guards) => !guards.every(isOurs)));

  /**
   * Returns whether a guard that is not ours runs before the first one that judges. Only such a guard can authenticate for
   * it.
   *
   * @param isProven whether the guard of the handler itself judges; otherwise a global one of ours does
   */
  haveOthersBeforeJudging(isProven: boolean): boolean {
    const judging = [...OWN, ...(isProven ? [] : [EnforcementGuard])];
    return this.#all((guards) => {
      const first = guards.findIndex((guard) => judging.some((own) => isGuard(guard, own)));
      return guards.slice(0, first < 0 ? guards.length : first).some((guard) => !isOurs(guard));
    });
  }

  /** Returns whether a guard that is not ours runs after the first one of ours. */
  readonly haveOthersAfterJudging = once(() =>
    this.#all((guards) => {
      const first = guards.findIndex((guard) => OWN.some((own) => isExactly(guard, own)));
      return guards.slice(first + 1).some((guard) => !isOurs(guard));
    }),
  );

  /** Asks about the guards that metadata names, for one function at least. */
  #declared(question: (guards: readonly unknown[]) => boolean): boolean {
    return this.ofFunctions.some(({ declared }) => question(declared));
  }

  /** Asks about all guards in the order in which they run, for one function at least. */
  #all(question: (guards: readonly unknown[]) => boolean): boolean {
    return this.#declared((declared) => question([...this.global.all, ...declared]));
  }

  /** Returns the guards of Passport that Nest binds. */
  readonly #passportGuards = once(() => this.bound().flat().filter(isPassportGuard));

  #bindsForEach(isIt: (bound: unknown, declared: readonly unknown[]) => boolean, where: 'handler' | 'global'): boolean {
    // Nest answers with the global guards first.
    const globals = this.global.once.length;
    const part = (bound: readonly unknown[] = []) =>
      where === 'global' ? bound.slice(0, globals) : bound.slice(globals);
    return this.ofFunctions.every(
      ({ declared, areUnchanged }, index) =>
        areUnchanged && part(this.bound()[index]).some((one) => isIt(one, declared)),
    );
  }
}
