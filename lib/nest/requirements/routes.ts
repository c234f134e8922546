import type { ExecutionContext, Type } from '@nestjs/common';
import { type AuthenticationRequirements, StepUpConfigurationError } from '../../core/index.js';
import type { MaybePromise } from '../../token/index.js';
import type { Handler } from './handler.js';
import { lateDecorations } from './metadata.js';
import { type RequireAcrArguments, requirementsFrom } from './require-acr-arguments.js';
import { prepare, type RequirementLevel, resolve } from './requirements-function.js';
import { Route } from './route.js';
import type { RouteDescription } from './route-description.js';
import type { Vocabularies } from './vocabularies.js';

/**
 * The routes of an application. Compiles each once for a class and a handler: an inherited handler is several routes.
 */
export class Routes {
  // The handlers are weak too: a controller that Nest makes for each request can bind its own.
  #compiled = new WeakMap<Type, WeakMap<Handler, Route>>();
  /** The route that was asked for last: the guards of an invocation ask for the same one, each in turn. */
  #last: { readonly controller: Type; readonly handler: Handler; readonly route: Route } | undefined;
  readonly #needingToken = new WeakMap<Type, Set<string>>();
  readonly #moduleLevel: RequirementLevel | undefined;
  #lateDecorations = lateDecorations;
  #ofApplication: readonly Route[] = [];

  constructor(
    moduleLevel: RequirementLevel | undefined,
    readonly vocabularies: Vocabularies,
  ) {
    this.#moduleLevel = moduleLevel && prepare(moduleLevel, '"requirements"', vocabularies);
  }

  /**
   * Returns the route of a handler. Compiles it on first use, and again after a late decoration.
   *
   * @throws StepUpConfigurationError as {@link Route.compile} does
   */
  of(controller: Type, handler: Handler, knownAs?: string): Route {
    if (this.#lateDecorations !== lateDecorations) {
      this.#lateDecorations = lateDecorations;
      this.#compiled = new WeakMap();
      this.#last = undefined;
    }
    const last = this.#last;
    if (last?.handler === handler && last.controller === controller) return last.route;
    const known = this.#compiled.get(controller)?.get(handler);
    if (known !== undefined) {
      this.#last = { controller, handler, route: known };
      return known;
    }
    const route = Route.compile(controller, handler, this.#moduleLevel, this.vocabularies, knownAs);
    const method = route.name.slice(controller.name.length + 1);
    route.needsToken = this.#needingToken.get(controller)?.has(method) === true;
    const routes = this.#compiled.get(controller) ?? new WeakMap<Handler, Route>();
    this.#compiled.set(controller, routes.set(handler, route));
    return route;
  }

  /**
   * Records that AccessTokenGuard runs before a method. A function that later replaces the method needs a token too.
   */
  needTokenAt(controller: Type, method: string): void {
    this.#needingToken.set(controller, (this.#needingToken.get(controller) ?? new Set()).add(method));
  }

  /** Sets the routes that {@link describe} returns. */
  keep(routes: readonly Route[]): void {
    this.#ofApplication = routes;
  }

  /** Returns the description of each route. Empty before the boot. */
  describe(): readonly RouteDescription[] {
    return Object.freeze(this.#ofApplication.map(({ description }) => description));
  }

  /**
   * Returns what code inside a handler requires, given as `@RequireAcr` takes it; `undefined` if a function adds
   * nothing.
   *
   * @throws StepUpConfigurationError for requirements that are wrong, and for a function without an ExecutionContext
   */
  resolve(
    required: RequireAcrArguments,
    context: ExecutionContext | undefined,
  ): MaybePromise<AuthenticationRequirements | undefined> {
    const where = 'requirements for StepUpService';
    const requirements = requirementsFrom(required, where);
    if (typeof requirements === 'function') {
      if (context !== undefined) {
        const of = 'the requirements function for StepUpService';
        return resolve(prepare(requirements, of, this.vocabularies), context, of, this.vocabularies);
      }
      throw new StepUpConfigurationError(`${where}: a function needs an ExecutionContext; hand on @StepUpContext()`);
    }
    this.vocabularies.check(requirements, where);
    return requirements;
  }
}
