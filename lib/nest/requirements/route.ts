import type { ExecutionContext, Type } from '@nestjs/common';
import { type AuthenticationRequirements, mergeRequirements, StepUpConfigurationError } from '../../core/index.js';
import { andThen, type MaybePromise } from '../../token/index.js';
import type { Advice } from '../advice/advice.js';
import { type Handler, lineage, metadataOfHandler } from './handler.js';
import { lateDecorations, type StepUpMetadata, stepUpMetadataOf } from './metadata.js';
import { type RequireAcrArguments, requirementsFrom } from './require-acr-arguments.js';
import { type RequirementLevel, resolve } from './requirements-function.js';
import { TranslatedRequirements } from './translated-requirements.js';
import type { Vocabularies } from './vocabularies.js';

/** What decorators and the module declare for a handler. */
export type Access = 'required' | 'skipped' | 'public' | 'open';

/** What requests for one handler of one class require, as `StepUpService.routes()` returns it. */
export interface RouteDescription {
  /** `Controller.handler` */
  readonly name: string;
  /**
   * `required`: an authentication. `skipped`: only a valid token, by `@SkipStepUp()`. `token`: what a guard that
   * authenticates admits, such as AccessTokenGuard. `public`: nothing, by `@Public()`. `open`: nothing is declared.
   */
  readonly access: Access | 'token';
  /**
   * What Nest calls it for, such as `POST /transfers`, `message transfer`, `pattern {"cmd":"pay"}` or `Query.balance`.
   * Absent for handlers that the boot audit has not seen.
   */
  readonly triggers?: readonly string[];
  /** In the words of the application. Absent if nothing is required, or if only functions decide. */
  readonly requirements?: AuthenticationRequirements;
  /** Whether a function adds to the requirements for each request. */
  readonly dynamic: boolean;
  /**
   * Which guard refuses an invocation. `handler`: the guard that the decorator binds. The boot audit has found it where
   * Nest looks for it. `global`: the guard of the module. Absent if nothing is required, and for handlers that the boot
   * audit has not seen.
   */
  readonly enforcedBy?: 'handler' | 'global';
  /**
   * What the audits found. The audit of metadata adds to it once it has read the metadata. Absent if they found
   * nothing.
   */
  readonly advice?: readonly Advice[];
}

/** A guard of Passport that returns for each request the property of the user. */
export interface UserNamer {
  getAuthenticateOptions(
    context: ExecutionContext,
  ): MaybePromise<{ readonly property?: string | undefined } | null | undefined>;
}

/** The compiled requirements of one handler of one class. */
export class Route {
  private constructor(
    private described: RouteDescription,
    readonly access: Access,
    /** Whether neither the handler nor its classes have `@RequireAcr`. */
    readonly isInherited: boolean,
    private readonly levels: readonly RequirementLevel[],
    private readonly fixed: TranslatedRequirements | undefined,
    private readonly vocabularies: Vocabularies,
  ) {}

  /**
   * Compiles what the module, the classes from base to derived, and the handler declare.
   *
   * @param knownAs the name under which the boot audit has found the handler on an instance
   * @throws StepUpConfigurationError for several decorators on one target, a word that no authorization server knows,
   * and what {@link metadataOfHandler} refuses
   */
  static compile(
    controller: Type,
    handler: Handler,
    moduleLevel: RequirementLevel | undefined,
    vocabularies: Vocabularies,
    knownAs?: string,
  ): Route {
    const { name, metadata: ofHandler } = metadataOfHandler(controller, handler, knownAs);
    let levels: RequirementLevel[] = moduleLevel === undefined ? [] : [moduleLevel];
    let access: RouteDescription['access'] = moduleLevel === undefined ? 'open' : 'required';
    let isInherited = true;
    const said = lineage(controller).map((type) => ({ where: type.name, all: stepUpMetadataOf(type) }));
    for (const { where, all } of [...said, { where: name, all: ofHandler }]) {
      const metadata = onlyOne(all, where);
      if (metadata === undefined) continue;
      if (metadata.kind === 'public') access = 'public';
      else if (metadata.kind === 'skip') {
        levels = [];
        access = 'skipped';
      } else {
        if (typeof metadata.requirements !== 'function')
          vocabularies.check(metadata.requirements, `@RequireAcr on ${where}`);
        levels.push(metadata.requirements);
        access = 'required';
        isInherited = false;
      }
    }

    const dynamic = levels.some((level) => typeof level === 'function');
    const fixed = levels.filter((level) => typeof level !== 'function');
    const requirements = fixed.length === 0 ? undefined : fixed.reduce(mergeRequirements);
    const described = access === 'required' && requirements !== undefined ? { requirements } : {};
    return new Route(
      Object.freeze({ name, access, dynamic: access === 'required' && dynamic, ...described }),
      access,
      isInherited,
      levels,
      dynamic || requirements === undefined ? undefined : new TranslatedRequirements(requirements, vocabularies),
      vocabularies,
    );
  }

  get description(): RouteDescription {
    return this.described;
  }

  /** Whether the boot audit has shown that the guard of the handler itself judges every invocation. */
  get isProven(): boolean {
    return this.described.enforcedBy === 'handler';
  }

  /** Whether the guard of the module requires a token, in place of an AccessTokenGuard that Nest left out. */
  needsToken = false;
  #exposesUser: boolean | undefined;

  /** Whether code that could change the user runs between the judgement and the handler. Default is `true`. */
  get exposesUser(): boolean {
    return this.#exposesUser ?? true;
  }

  /**
   * Records what the boot audit has found for one of the places where Nest binds the handler. One exposed place exposes
   * the route.
   */
  exposeUser(exposes: boolean): void {
    this.#exposesUser = exposes || this.#exposesUser === true;
  }

  #userNamers: readonly UserNamer[] = [];

  /** The guards of Passport that return the property of the user. */
  get userNamers(): readonly UserNamer[] {
    return this.#userNamers;
  }

  #searchesUsers = false;

  /** Whether a guard of Passport may have put the user anywhere on the request. */
  get searchesUsers(): boolean {
    return this.#searchesUsers;
  }

  /** Notes that the boot does not know where a guard of Passport puts the user. */
  searchUsers(): void {
    this.#searchesUsers = true;
  }

  /** Records such guards for one of the places where Nest binds the handler. */
  nameUsersBy(namers: readonly UserNamer[]): void {
    if (namers.length > 0) this.#userNamers = [...new Set([...this.#userNamers, ...namers])];
  }

  /**
   * Records what the boot audit has shown for one of the places where Nest binds the handler. `global` wins, because it
   * shows less.
   */
  prove(enforcedBy: NonNullable<RouteDescription['enforcedBy']>): void {
    if (this.described.enforcedBy === 'global') return;
    this.described = Object.freeze({ ...this.described, enforcedBy });
  }

  /** Adds to the description what Nest calls the handler for, and whether a guard before it authenticates. */
  describe(triggers: readonly string[], isAuthenticated: boolean): void {
    const all = Object.freeze([...new Set([...(this.described.triggers ?? []), ...triggers])]);
    const access = this.access === 'open' && isAuthenticated ? 'token' : this.access;
    this.described = Object.freeze({ ...this.described, triggers: all, access });
  }

  /** Adds to the description what an audit found. */
  advise(...advice: readonly Advice[]): void {
    if (advice.length === 0) return;
    const all = Object.freeze([...(this.described.advice ?? []), ...advice.map((one) => Object.freeze(one))]);
    this.described = Object.freeze({ ...this.described, advice: all });
  }

  /**
   * Returns what an invocation requires; `undefined` if functions decide and none of them requires anything.
   *
   * @throws StepUpConfigurationError for what a function must not return
   * @throws CallbackFailed for everything that a function throws
   */
  requirementsFor(context: ExecutionContext): MaybePromise<TranslatedRequirements | undefined> {
    if (!this.description.dynamic) return this.fixed;
    return andThen(this.#merged(context), (merged) => merged && new TranslatedRequirements(merged, this.vocabularies));
  }

  #merged(context: ExecutionContext): MaybePromise<AuthenticationRequirements | undefined> {
    const where = 'the requirements function';
    let merged: MaybePromise<AuthenticationRequirements | undefined>;
    for (const level of this.levels) {
      merged = andThen(merged, (outer) =>
        andThen(resolve(level, context, where, this.vocabularies), (inner) =>
          outer !== undefined && inner !== undefined ? mergeRequirements(outer, inner) : (inner ?? outer),
        ),
      );
    }
    return merged;
  }
}

/**
 * Returns the metadata of a target that has at most one of our decorators.
 *
 * @throws StepUpConfigurationError for several decorators on one target
 */
export function onlyOne(all: readonly StepUpMetadata[], where: string): StepUpMetadata | undefined {
  if (all.length <= 1) return all[0];
  const names = all.map(({ kind }) => ({ require: '@RequireAcr', skip: '@SkipStepUp', public: '@Public' })[kind]);
  throw new StepUpConfigurationError(`${where} carries ${names.join(' and ')}; one target takes one of them, once`);
}

/**
 * The routes of an application. Compiles each once for a class and a handler: an inherited handler is several routes.
 */
export class Routes {
  // The handlers are weak too: a controller that Nest makes for each request can bind its own.
  #compiled = new WeakMap<Type, WeakMap<Handler, Route>>();
  readonly #needingToken = new WeakMap<Type, Set<string>>();
  #lateDecorations = lateDecorations;
  #ofApplication: readonly Route[] = [];

  constructor(
    private readonly moduleLevel: RequirementLevel | undefined,
    readonly vocabularies: Vocabularies,
  ) {
    if (moduleLevel !== undefined && typeof moduleLevel !== 'function') {
      vocabularies.check(moduleLevel, '"requirements"');
    }
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
    }
    const known = this.#compiled.get(controller)?.get(handler);
    if (known !== undefined) return known;
    const route = Route.compile(controller, handler, this.moduleLevel, this.vocabularies, knownAs);
    const method = route.description.name.slice(controller.name.length + 1);
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
      if (context !== undefined)
        return resolve(requirements, context, 'the requirements function for StepUpService', this.vocabularies);
      throw new StepUpConfigurationError(`${where}: a function needs an ExecutionContext; hand on @StepUpContext()`);
    }
    this.vocabularies.check(requirements, where);
    return requirements;
  }
}
