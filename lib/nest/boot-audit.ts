import { Inject, Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { ApplicationConfig, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { StepUpLog } from './step-up.log.js';
import { markedMethods, marksOf } from './step-up.mark.js';
import { STEP_UP_SETTINGS, type StepUpSettings } from './step-up.options.js';
import type { Handler, Route } from './step-up.route.js';
import { StepUpService } from './step-up.service.js';

// Metadata that Nest's decorators leave; @nestjs/graphql, websockets and microservices need not be installed
const GUARDS = '__guards__';
const HTTP = 'path';
const GATEWAY = 'websockets:message_mapping';
const RPC = 'microservices:pattern';
const RESOLVER = 'graphql:resolver_type';
const FIELD = 'graphql:resolve_property';
const REFERENCE = 'graphql:resolve_reference';
const HANDLER_KINDS = [HTTP, GATEWAY, RPC, RESOLVER, FIELD, REFERENCE];

/** Below this, the redirect to the authorization server and back may take longer than the sign-in counts. Seconds. */
const SHORT_MAX_AGE = 30;

/** Finds at boot what would be wrong at a request: words nobody knows, requirements nobody would enforce. */
@Injectable()
export class BootAudit implements OnModuleInit {
  readonly #scanner = new MetadataScanner();

  constructor(
    @Inject(STEP_UP_SETTINGS) private readonly settings: StepUpSettings,
    private readonly stepUp: StepUpService,
    private readonly log: StepUpLog,
    private readonly modules: ModulesContainer,
    private readonly application: ApplicationConfig,
  ) {}

  /** @throws TypeError for a hole; with `audit: 'throw'` also for advice */
  onModuleInit(): void {
    const handlers = this.#classes().flatMap((type) => this.#handlersOf(type));
    const routes = this.stepUp.compile(handlers);
    routes.forEach((route, index) => {
      const [type, handler] = handlers[index] as [Type, Handler];
      this.#refuseUnenforced(route, type, handler);
      this.#refuseForeignStrategies(route, type, handler);
    });
    this.#give(routes.flatMap((route) => this.#adviceFor(route)));
  }

  #classes(): Type[] {
    const classes = new Set<Type>();
    for (const { controllers, providers } of this.modules.values()) {
      for (const { metatype } of [...controllers.values(), ...providers.values()]) {
        if (typeof metatype === 'function' && metatype.prototype !== undefined) classes.add(metatype as Type);
      }
    }
    return [...classes];
  }

  #handlersOf(type: Type): [Type, Handler][] {
    this.#refuseReplaced(type);
    const methods = this.#scanner
      .getAllMethodNames(type.prototype)
      .map((name) => (type.prototype as Record<string, unknown>)[name])
      .filter((method) => typeof method === 'function') as Handler[];
    const handlers = methods.filter((method) => HANDLER_KINDS.some((kind) => Reflect.hasMetadata(kind, method)));
    for (const method of methods) {
      if (marksOf(method).length > 0 && !handlers.includes(method)) {
        throw new TypeError(
          `${type.name}.${method.name} carries a step-up decorator but is no handler; nothing would enforce it`,
        );
      }
    }
    const isController = Reflect.hasMetadata(HTTP, type);
    if (handlers.length === 0 && marksOf(type).length > 0 && !isController) {
      throw new TypeError(`${type.name} carries a step-up decorator but has no handler; nothing would enforce it`);
    }
    return handlers.map((handler) => [type, handler]);
  }

  /** A decorator above ours may put another function in the method's place, and leave guard and requirement behind. */
  #refuseReplaced(type: Type): void {
    for (let prototype = type.prototype; prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
      for (const name of markedMethods(prototype)) {
        const method: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
        if (typeof method !== 'function' || marksOf(method).length === 0) {
          throw new TypeError(
            `${type.name}.${String(name)}: another decorator has replaced the method after its step-up decorator; ` +
              'move the step-up decorator above it',
          );
        }
      }
    }
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
  #refuseForeignStrategies({ description }: Route, type: Type, handler: Handler): void {
    if (description.access !== 'required' && description.access !== 'skipped') return;
    const declared = [type, handler].flatMap((target) => (Reflect.getMetadata(GUARDS, target) as unknown[]) ?? []);
    const global = [
      ...this.application.getGlobalGuards(),
      ...this.application.getGlobalRequestGuards().map(({ metatype }) => metatype),
    ];
    for (const guard of [...declared, ...global]) {
      if (this.#isForeignPassportGuard(guard)) {
        throw new TypeError(
          `${description.name} has a Passport guard of another strategy than "${this.settings.strategyName}" beside its ` +
            'step-up requirement; use one strategy, or name it in "strategyName" with "passport": \'existing\'',
        );
      }
    }
  }

  #isForeignPassportGuard(guard: unknown): boolean {
    const prototype: unknown = typeof guard === 'function' ? guard.prototype : guard;
    if (typeof prototype !== 'object' || prototype === null) return false;
    const isPassportGuard = ['handleRequest', 'getAuthenticateOptions', 'logIn'].every(
      (method) => method in prototype && typeof (prototype as Record<string, unknown>)[method] === 'function',
    );
    return isPassportGuard && !this.#guardsOfOurStrategy().some((own) => isSameOrExtends(prototype, own.prototype));
  }

  // AuthGuard() without a name stands for the default strategy, whose name only PassportModule knows
  #guardsOfOurStrategy(): { prototype: object }[] {
    const named = AuthGuard(this.settings.strategyName);
    return this.#defaultStrategy() === this.settings.strategyName ? [named, AuthGuard()] : [named];
  }

  #defaultStrategy(): string | undefined {
    for (const { providers } of this.modules.values()) {
      for (const { token, instance } of providers.values()) {
        if (typeof token === 'function' && token.name === 'AuthModuleOptions') {
          return (instance as { defaultStrategy?: string } | undefined)?.defaultStrategy;
        }
      }
    }
    return undefined;
  }

  #adviceFor({ description }: Route): Advice[] {
    const { name: subject, requirements } = description;
    const advice: Advice[] = [];
    if (requirements?.maxAge !== undefined && requirements.maxAge < SHORT_MAX_AGE) {
      const message = `maxAge ${requirements.maxAge} may be over before the user is back; give at least ${SHORT_MAX_AGE}`;
      advice.push({ code: 'max_age_short', subject, message });
    }
    if (requirements?.acrValues?.includes('0')) {
      const message = 'acr "0" stands for no particular authentication (OpenID Connect Core §2)';
      advice.push({ code: 'acr_zero', subject, message });
    }
    for (const { issuer, vocabulary } of this.settings.servers) {
      if (requirements?.acrValues?.some((value) => vocabulary.knows(value)) === false) {
        const message = `tokens of ${issuer} are answered 403, as it knows none of the required words`;
        advice.push({ code: 'issuer_without_word', subject: `${subject} ${issuer}`, message });
      }
    }
    return advice;
  }

  #give(advice: readonly Advice[]): void {
    if (advice.length > 0 && this.settings.audit === 'throw') {
      throw new TypeError(`Boot audit: ${advice.map(({ subject, message }) => `${subject}: ${message}`).join('; ')}`);
    }
    for (const { code, subject, message } of advice) this.log.warnOnce(code, subject, message);
    if (this.settings.mode === 'report') {
      this.log.warnOnce('report_mode', 'StepUpModule', 'requirements are recorded, not enforced');
    }
  }
}

/** What works, but probably not as meant. */
interface Advice {
  readonly code: string;
  readonly subject: string;
  readonly message: string;
}

function isSameOrExtends(prototype: object, base: object): boolean {
  return prototype === base || Object.prototype.isPrototypeOf.call(base, prototype);
}
