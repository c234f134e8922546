import { StepUpConfigurationError } from '../../core/index.js';
import { AccessTokenGuard } from '../guards/access-token.guard.js';
import { AcrGuard } from '../guards/acr.guard.js';
import { lineage } from '../requirements/handler.js';
import { STEP_UP, stepUpMetadataOf, stepUpMetadataOfHandler } from '../requirements/metadata.js';
import type { Route } from '../requirements/route.js';
import type { ApplicationClass, ApplicationHandler, ApplicationMethod } from './application-handlers.js';
import type { BoundGuards } from './bound-guards.js';
import { isController, isFollowUp, unguardedCallerOf } from './handler-kinds.js';
import type { Reach } from './reach.js';

/**
 * Shows for every handler that Nest runs one of our guards before it, or throws so that the application does not start.
 */
export class EnforcementProof {
  constructor(
    private readonly guards: BoundGuards,
    private readonly reach: Reach,
  ) {}

  /**
   * Shows what enforces a route, and records it on the route.
   *
   * @throws StepUpConfigurationError that names the handler and the next step
   */
  prove(route: Route, handler: ApplicationHandler): void {
    const { access } = route;
    const { name } = route;
    if (access === 'public') return;
    const isRequired = access === 'required' || access === 'skipped';
    if (isRequired && !route.isInherited) this.#refuseOverwritten(name, handler);
    if (isRequired || this.#asksForToken(handler)) this.#refuseUnguarded(name, handler);
    if (isRequired) this.#proveAcrGuard(route, handler);
    this.#proveAccessTokenGuard(route, handler);
  }

  /**
   * Returns whether Nest itself calls the guard that refuses on a proven route: the one that {@link prove} has shown, or
   * without a requirement an AccessTokenGuard that decides nothing of its own.
   */
  isAwaited({ access, needsToken }: Route, handler: ApplicationHandler): boolean {
    if (access !== 'open' || needsToken) return true;
    const isGlobal = this.reach.globalGuards(handler) && this.guards.of(handler).binds(AccessTokenGuard, 'global');
    return isGlobal || this.guards.of(handler).binds(AccessTokenGuard);
  }

  /**
   * Refuses our decorators and AccessTokenGuard on methods that Nest or a library calls without guards.
   *
   * @param methods all of the class, and the functions that its instance has as fields
   * @param handlers those that Nest calls with guards
   * @throws StepUpConfigurationError that names the method and the next step
   */
  refuseUnguardedMethods(
    { type }: ApplicationClass,
    methods: readonly ApplicationMethod[],
    handlers: readonly ApplicationHandler[],
  ): void {
    const areHandled = new Set(handlers.map(({ method }) => method));
    for (const one of methods) {
      const { method, functions } = one;
      const own = one.metadataKeys.includes(STEP_UP) ? functions.flatMap(stepUpMetadataOfHandler) : [];
      const isOpen = own.length > 0 && own.every(({ kind }) => kind === 'public');
      const caller = unguardedCallerOf(type, one);
      if (caller !== undefined && isOpen) continue;
      if (own.length > 0 && !areHandled.has(method)) {
        throw new StepUpConfigurationError(
          `${type.name}.${method} carries a step-up decorator but is no handler; nothing would enforce it`,
        );
      }
      if (caller === undefined) continue;
      const isGuarded = functions.some((handler) => this.guards.namedOn(handler));
      const isOfClass = !isFollowUp(method) && (requiresOnClass(type) || this.guards.namedOn(type));
      if (own.length > 0 || isGuarded || isOfClass) {
        throw new StepUpConfigurationError(
          `${type.name}.${method} is called by ${caller}, and no guard runs before it; ` +
            'decorate the handlers of the class one by one, and give this method a class or a name of its own, or mark it ' +
            'with @Public()',
        );
      }
    }
    if (handlers.length === 0 && stepUpMetadataOf(type).length > 0 && !isController(type)) {
      throw new StepUpConfigurationError(
        `${type.name} carries a step-up decorator but has no handler; nothing would enforce it`,
      );
    }
  }

  /** Our decorators bind the guard. Another decorator can have replaced the list of guards. */
  #refuseOverwritten(name: string, handler: ApplicationHandler): void {
    if (this.guards.of(handler).names(AcrGuard)) return;
    const why = this.guards.of(handler).areOfAnotherCopy()
      ? 'its AcrGuard is of another copy of nestjs-step-up than StepUpModule; "npm ls nestjs-step-up" tells who brings ' +
        'them, keep one'
      : 'another decorator has removed AcrGuard from its guards';
    throw new StepUpConfigurationError(`The requirements of ${name} would not be enforced: ${why}`);
  }

  #refuseUnguarded(name: string, handler: ApplicationHandler): void {
    if (this.reach.guards(handler)) return;
    throw new StepUpConfigurationError(
      handler.kinds.includes('stream')
        ? `The requirements of ${name} would not be enforced: a @GrpcStreamCall() handler receives the call itself, and a ` +
            'refusal would end the process; use @GrpcStreamMethod()'
        : `The requirements of ${name} would not be enforced: GraphQL runs ${nameOf(handler)} unguarded unless ` +
            "every GraphQLModule that serves it has fieldResolverEnhancers: ['guards', 'filters']",
    );
  }

  #proveAcrGuard(route: Route, handler: ApplicationHandler): void {
    const { name } = route;
    const isOffHttp = handler.kinds.some((kind) => kind === 'message' || kind === 'pattern');
    const mayBeGlobal = !(route.isInherited && isOffHttp) || this.guards.of(handler).binds(AcrGuard, 'global');
    if (this.guards.of(handler).binds(AcrGuard)) route.prove('handler');
    else if (this.reach.globalGuards(handler) && mayBeGlobal) route.prove('global');
    else if (route.isInherited) {
      throw new StepUpConfigurationError(
        `"requirements" would not be enforced on ${name}, as global guards may not reach it; ` +
          `decorate ${handler.type.name} with @RequireAcr, @SkipStepUp or @Public`,
      );
    } else {
      throw new StepUpConfigurationError(
        `The requirements of ${name} would not be enforced: Nest does not find AcrGuard in the module of ` +
          `${handler.type.name}; provide it as a class, and do not replace or bind its methods`,
      );
    }
  }

  #proveAccessTokenGuard(route: Route, handler: ApplicationHandler): void {
    const { access } = route;
    const { name } = route;
    if (this.#asksForToken(handler) && !this.guards.of(handler).bindsItOrSubclass(AccessTokenGuard)) {
      route.needsToken = true;
      if (!this.reach.globalGuards(handler)) {
        throw new StepUpConfigurationError(
          `AccessTokenGuard would not run before ${name}: Nest does not find it in the module of ${handler.type.name}; ` +
            'provide that as a class',
        );
      }
    }
    const isLeftOut = access === 'open' && !this.#asksForToken(handler);
    if (!isLeftOut || !this.guards.isGlobal(AccessTokenGuard)) return;
    const isMissed = handler.kinds.includes('message') && this.guards.isRequestScoped(AccessTokenGuard);
    if (this.reach.globalGuards(handler) && !isMissed) return;
    throw new StepUpConfigurationError(
      this.reach.guards(handler)
        ? `AccessTokenGuard is global and would not run before ${name}, as global guards may not reach it; ` +
            `decorate ${handler.type.name} with @UseGuards(AccessTokenGuard), @RequireAcr or @Public`
        : `AccessTokenGuard is global and would not run before ${name}, as GraphQL runs ${nameOf(handler)} unguarded; ` +
            "let every GraphQLModule that serves it have fieldResolverEnhancers: ['guards', 'filters'], or mark it with " +
            '@Public()',
    );
  }

  #asksForToken(handler: ApplicationHandler): boolean {
    return this.guards.of(handler).names(AccessTokenGuard);
  }
}

/** Returns whether the class, or one it extends, requires something of all its methods. */
function requiresOnClass(type: ApplicationClass['type']): boolean {
  const nearest = lineage(type).findLast((one) => stepUpMetadataOf(one).length > 0);
  return nearest !== undefined && stepUpMetadataOf(nearest).some(({ kind }) => kind !== 'public');
}

function nameOf({ kinds }: ApplicationHandler): string {
  return kinds.includes('reference') ? 'reference resolvers' : 'field resolvers';
}
