import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleInit, type Type } from '@nestjs/common';
import { ApplicationConfig, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { type Advice, throwOnAdvice } from '../advice/advice.js';
import { duplicatePackageAdvice } from '../advice/duplicate-packages.js';
import { StepUpLog } from '../advice/log.js';
import { Admission } from '../guards/admission.js';
import { stepUpMetadataOf, stepUpMetadataOfHandler } from '../requirements/metadata.js';
import type { Handler, Route } from '../requirements/route.js';
import { STEP_UP_SETTINGS, type StepUpSettings } from '../step-up.options.js';
import { BoundGuards } from './bound-guards.js';
import { MetadataAudit } from './metadata-audit.js';
import { assertNotReplaced } from './replaced-handlers.js';
import { adviceOnRoute } from './route-advice.js';
import { routeTable } from './route-table.js';

// Metadata that Nest's decorators leave; @nestjs/graphql, websockets and microservices need not be installed
const HTTP = 'path';
const GATEWAY = 'websockets:message_mapping';
const RPC = 'microservices:pattern';
const RESOLVER = 'graphql:resolver_type';
const FIELD = 'graphql:resolve_property';
const REFERENCE = 'graphql:resolve_reference';
const HANDLER_KINDS = [HTTP, GATEWAY, RPC, RESOLVER, FIELD, REFERENCE];

/** Finds at boot what would be wrong at a request: words nobody knows, requirements nobody would enforce. */
@Injectable()
export class BootAudit implements OnModuleInit, OnApplicationBootstrap {
  readonly #scanner = new MetadataScanner();
  #routes: readonly Route[] = [];

  constructor(
    @Inject(STEP_UP_SETTINGS) private readonly settings: StepUpSettings,
    private readonly admission: Admission,
    private readonly log: StepUpLog,
    private readonly modules: ModulesContainer,
    private readonly application: ApplicationConfig,
    private readonly metadata: MetadataAudit,
  ) {}

  /** @throws TypeError for a hole; with `audit: 'throw'` also for advice */
  onModuleInit(): void {
    const guards = new BoundGuards(this.application, this.modules, this.settings.strategyName);
    const handlers = this.#classes().flatMap((type) => this.#handlersOf(type));
    this.#routes = this.admission.routes.compile(handlers);
    this.#routes.forEach((route, index) => {
      const [type, handler] = handlers[index] as [Type, Handler];
      this.#refuseUnenforced(route, type, handler);
      this.#refuseUnguarded(route, type, handler, guards);
      this.#refuseForeignStrategies(route, type, handler, guards);
    });
    const advice = this.#routes.flatMap((route) => {
      const onRoute = adviceOnRoute(route.description, this.settings.servers);
      route.advise(...onRoute);
      return onRoute;
    });
    this.#give([...duplicatePackageAdvice(), ...advice]);
    if (this.settings.mode === 'report') {
      this.log.warnOnce('report_mode', 'StepUpModule', 'requirements are recorded, not enforced');
    }
  }

  /** @throws TypeError for what metadata tells, where it is waited for and `audit` is `'throw'` */
  async onApplicationBootstrap(): Promise<void> {
    const metadataAudit = this.admission.asksAuthorizationServers ? this.settings.metadataAudit : 'off';
    if (metadataAudit === 'await') this.#give(await this.metadata.examine(this.#routes));
    const table = routeTable(this.admission.routes.describe());
    if (table !== '') this.log.info('routes', `what is required of requests\n${table}`);
    if (metadataAudit === 'background') void this.#examineMetadata();
  }

  async #examineMetadata(): Promise<void> {
    try {
      for (const advice of await this.metadata.examine(this.#routes)) this.log.advise(advice);
    } catch (error) {
      this.log.error('metadata_audit', error instanceof Error ? error.message : typeof error);
    }
  }

  #classes(): Type[] {
    const classes = new Set<Type>();
    for (const { controllers, providers, injectables } of this.modules.values()) {
      for (const { metatype, instance } of [...controllers.values(), ...providers.values(), ...injectables.values()]) {
        // what a factory made has its class in the instance alone
        for (const type of [metatype, classOf(instance)]) {
          if (typeof type !== 'function' || type.prototype === undefined) continue;
          classes.add(type as Type);
          assertNotReplaced(type as Type, instance);
        }
      }
    }
    return [...classes];
  }

  #handlersOf(type: Type): [Type, Handler][] {
    const methods = this.#scanner
      .getAllMethodNames(type.prototype)
      .map((name) => (type.prototype as Record<string, unknown>)[name])
      .filter((method) => typeof method === 'function') as Handler[];
    const handlers = methods.filter((method) => HANDLER_KINDS.some((kind) => Reflect.hasMetadata(kind, method)));
    for (const method of methods) {
      if (stepUpMetadataOfHandler(method).length > 0 && !handlers.includes(method)) {
        throw new TypeError(
          `${type.name}.${method.name} carries a step-up decorator but is no handler; nothing would enforce it`,
        );
      }
    }
    const isController = Reflect.hasMetadata(HTTP, type);
    if (handlers.length === 0 && stepUpMetadataOf(type).length > 0 && !isController) {
      throw new TypeError(`${type.name} carries a step-up decorator but has no handler; nothing would enforce it`);
    }
    return handlers.map((handler) => [type, handler]);
  }

  /** Our decorators bind the guard; another decorator may have overwritten the list of guards. */
  #refuseUnguarded({ description, isInherited }: Route, type: Type, handler: Handler, guards: BoundGuards): void {
    const { access, name } = description;
    if (access !== 'skipped' && (access !== 'required' || isInherited)) return;
    if (guards.judge(type, handler)) return;
    const why = guards.areOfAnotherCopy(type, handler)
      ? 'its AcrGuard is of another copy of nestjs-step-up than StepUpModule; "npm ls nestjs-step-up" tells who brings ' +
        'them, keep one'
      : 'another decorator has removed AcrGuard from its guards';
    throw new TypeError(`The requirements of ${name} would not be enforced: ${why}`);
  }

  /** Global guards do not reach gateways on Nest 11, nor handlers of hybrid applications, nor by default GraphQL fields. */
  #refuseUnenforced({ description, isInherited }: Route, type: Type, handler: Handler): void {
    if (description.access !== 'required') return;
    if (isInherited && [GATEWAY, RPC].some((kind) => Reflect.hasMetadata(kind, handler))) {
      throw new TypeError(
        `"requirements" would not be enforced on ${description.name}, as global guards may not reach it; ` +
          `decorate ${type.name} with @RequireAcr, @SkipStepUp or @Public`,
      );
    }
    if (Reflect.hasMetadata(FIELD, handler) && !this.#fieldsAreGuarded()) {
      throw new TypeError(
        `The requirements of ${description.name} would not be enforced: GraphQL runs field resolvers unguarded ` +
          "unless GraphQLModule has fieldResolverEnhancers: ['guards', 'filters']",
      );
    }
  }

  #fieldsAreGuarded(): boolean {
    for (const { providers } of this.modules.values()) {
      const options = providers.get('GqlModuleOptions')?.instance as { fieldResolverEnhancers?: unknown } | undefined;
      if (Array.isArray(options?.fieldResolverEnhancers) && options.fieldResolverEnhancers.includes('guards'))
        return true;
    }
    return false;
  }

  /** A guard of another Passport strategy would leave two users on one request, and only one of them is judged. */
  #refuseForeignStrategies({ description }: Route, type: Type, handler: Handler, guards: BoundGuards): void {
    if (description.access !== 'required' && description.access !== 'skipped') return;
    if (guards.haveForeignStrategy(type, handler)) {
      throw new TypeError(
        `${description.name} has a Passport guard of another strategy than "${this.settings.strategyName}" beside its ` +
          'step-up requirement; use one strategy, or name it in "strategyName" with "passport": \'existing\'',
      );
    }
    if (guards.authenticateAfterJudging(type, handler))
      this.admission.authenticator.authenticateAgain?.(type, handler.name);
  }

  #give(advice: readonly Advice[]): void {
    if (this.settings.audit === 'throw') throwOnAdvice(advice);
    for (const one of advice) this.log.advise(one);
  }
}

function classOf(instance: unknown): unknown {
  if (typeof instance !== 'object' || instance === null) return undefined;
  const prototype: unknown = Object.getPrototypeOf(instance);
  return typeof prototype === 'object' && prototype !== Object.prototype ? prototype?.constructor : undefined;
}
