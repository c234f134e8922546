import type { ExecutionContext, Type } from '@nestjs/common';
import { type AuthenticationRequirements, mergeRequirements, StepUpConfigurationError } from '../../core/index.js';
import { andThen, type MaybePromise } from '../../token/index.js';
import type { Advice } from '../advice/advice.js';
import { type Handler, metadataOfHandler } from './handler.js';
import { type StepUpMetadata, stepUpMetadataOf } from './metadata.js';
import { prepare, type RequirementLevel, resolve } from './requirements-function.js';
import type { Access, RouteDescription } from './route-description.js';
import { TranslatedRequirements } from './translated-requirements.js';
import type { Vocabularies } from './vocabularies.js';

/** A guard of Passport that returns for each request the property of the user. */
export interface UserNamer {
  getAuthenticateOptions(
    context: ExecutionContext,
  ): MaybePromise<{ readonly property?: string | undefined } | null | undefined>;
}

/** The compiled requirements of one handler of one class. */
export class Route {
  private constructor(
    /** `Controller.handler` */
    readonly name: string,
    readonly access: Access,
    /** Whether a function adds to the requirements for each request. */
    readonly dynamic: boolean,
    private readonly requirements: AuthenticationRequirements | undefined,
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
    const { name, metadata: ofHandler, classes } = metadataOfHandler(controller, handler, knownAs);
    let levels: RequirementLevel[] = moduleLevel === undefined ? [] : [moduleLevel];
    let access: Access = moduleLevel === undefined ? 'open' : 'required';
    let isInherited = true;
    const declare = (all: readonly StepUpMetadata[], where: string) => {
      const metadata = onlyOne(all, where);
      if (metadata === undefined) return;
      if (metadata.kind === 'public') access = 'public';
      else if (metadata.kind === 'skip') {
        levels = [];
        access = 'skipped';
      } else {
        levels.push(prepare(metadata.requirements, `@RequireAcr on ${where}`, vocabularies));
        access = 'required';
        isInherited = false;
      }
    };
    for (const one of classes) declare(stepUpMetadataOf(one), one.name);
    declare(ofHandler, name);

    const dynamic = levels.some((level) => typeof level === 'function');
    const fixed = levels.filter((level) => typeof level !== 'function');
    const requirements = fixed.length === 0 ? undefined : fixed.reduce(mergeRequirements);
    return new Route(
      name,
      access,
      access === 'required' && dynamic,
      access === 'required' ? requirements : undefined,
      isInherited,
      levels,
      dynamic || requirements === undefined ? undefined : new TranslatedRequirements(requirements, vocabularies),
      vocabularies,
    );
  }

  #enforcedBy: RouteDescription['enforcedBy'];
  #triggers: readonly string[] | undefined;
  #isAuthenticated = false;
  #advice: readonly Advice[] = [];
  #description: RouteDescription | undefined;

  /** Made when it is asked for: while the application starts, much is added to it. */
  get description(): RouteDescription {
    this.#description ??= this.#describe();
    return this.#description;
  }

  #describe(): RouteDescription {
    const { name, access, dynamic, requirements } = this;
    return Object.freeze({
      name,
      access: access === 'open' && this.#isAuthenticated ? 'token' : access,
      dynamic,
      ...(requirements !== undefined && { requirements }),
      ...(this.#enforcedBy !== undefined && { enforcedBy: this.#enforcedBy }),
      ...(this.#triggers !== undefined && { triggers: this.#triggers }),
      ...(this.#advice.length > 0 && { advice: this.#advice }),
    });
  }

  /** Whether the boot audit has shown that the guard of the handler itself judges every invocation. */
  get isProven(): boolean {
    return this.#enforcedBy === 'handler';
  }

  /** Whether the guard of the module requires a token, in place of an AccessTokenGuard that Nest left out. */
  needsToken = false;
  /** Whether a guard that the route does not describe may require a token or a user. Default is `false`. */
  mayBeGuarded = false;
  /** Whether the handler streams over HTTP or GraphQL, and its stream ends with the token. Default is `false`. */
  isStream = false;
  #isAwaited: boolean | undefined;

  /**
   * Whether Nest itself calls a guard of ours that refuses what any other one of ours refuses, and waits for it. Then a guard
   * of the application that calls ours, and ignores what it returns, lets nobody pass. Default is `false`.
   */
  get isAwaited(): boolean {
    return this.#isAwaited === true;
  }

  /** Records whether this is so for one of the places where Nest binds the handler. It has to be so for each of them. */
  awaitAt(isAwaited: boolean): void {
    this.#isAwaited = isAwaited && this.#isAwaited !== false;
  }

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
    if (this.#enforcedBy !== 'global') this.#enforcedBy = enforcedBy;
    this.#description = undefined;
  }

  /** Adds to the description what Nest calls the handler for, and whether a guard before it authenticates. */
  describe(triggers: readonly string[], isAuthenticated: boolean): void {
    const all = this.#triggers === undefined ? triggers : [...this.#triggers, ...triggers];
    this.#triggers = Object.freeze(all.length === 1 ? all : [...new Set(all)]);
    this.#isAuthenticated = isAuthenticated;
    this.#description = undefined;
  }

  /** Adds to the description what an audit found. */
  advise(...advice: readonly Advice[]): void {
    if (advice.length === 0) return;
    this.#advice = Object.freeze([...this.#advice, ...advice.map((one) => Object.freeze(one))]);
    this.#description = undefined;
  }

  /**
   * Returns what an invocation requires; `undefined` if functions decide and none of them requires anything.
   *
   * @throws StepUpConfigurationError for what a function must not return
   * @throws CallbackFailed for everything that a function throws
   */
  requirementsFor(context: ExecutionContext): MaybePromise<TranslatedRequirements | undefined> {
    if (!this.dynamic) return this.fixed;
    return andThen(this.#merged(context), (merged) => merged && this.vocabularies.compiled(merged));
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
