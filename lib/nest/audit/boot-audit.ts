import { HttpException, Inject, Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { ApplicationConfig, ExternalContextCreator, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { StepUpConfigurationError } from '../../core/index.js';
import { type Advice, throwOnAdvice } from '../advice/advice.js';
import { duplicatePackageAdvice } from '../advice/duplicate-packages.js';
import { adviceOnInsecureRequests } from '../advice/insecure-requests.js';
import { StepUpLog } from '../advice/log.js';
import { AccessTokenGuard } from '../guards/access-token.guard.js';
import { Admission } from '../guards/admission.js';
import { bindStreamEnd } from '../guards/stream-end.js';
import { bindRefusalForm } from '../refusal/refusal-form.js';
import { sealMetadata } from '../requirements/metadata.js';
import type { Route } from '../requirements/route.js';
import { adviceOnUndeclaredWord } from '../requirements/undeclared-word.js';
import { STEP_UP_SETTINGS, type StepUpSettings } from '../step-up-settings.js';
import { fieldHooksOf, hookGateway } from '../transports/gateway-hooks.js';
import {
  type ApplicationClass,
  type ApplicationHandler,
  applicationClasses,
  fieldsOf,
  handlersOf,
  methodsOf,
} from './application-handlers.js';
import { BoundGuards, isGlobal, passportOptions } from './bound-guards.js';
import { bindSettlement } from './bound-settlement.js';
import { DeclaredGuards } from './declared-guards.js';
import { EnforcementProof } from './enforcement-proof.js';
import type { HandlerGuards } from './handler-guards.js';
import { isStream } from './handler-kinds.js';
import { MetadataAudit } from './metadata-audit.js';
import { Reach } from './reach.js';
import { assertNotReplaced } from './replaced-handlers.js';
import { adviceOnRoute } from './route-advice.js';
import { routeTable } from './route-table.js';
import { closeServers } from './servers.js';
import { adviceOnSetUp, adviceOnStrategy } from './set-up-advice.js';
import { Triggers } from './triggers.js';
import { UserExposure } from './user-exposure.js';

/** Finds at boot what would fail at a request, such as unknown words and requirements that no guard would enforce. */
@Injectable()
export class BootAudit implements OnModuleInit, OnApplicationBootstrap {
  readonly #declared = new DeclaredGuards();
  #routes: readonly Route[] = [];

  constructor(
    @Inject(STEP_UP_SETTINGS) private readonly settings: StepUpSettings,
    private readonly admission: Admission,
    private readonly log: StepUpLog,
    private readonly modules: ModulesContainer,
    private readonly application: ApplicationConfig,
    private readonly creator: ExternalContextCreator,
    private readonly adapterHost: HttpAdapterHost,
    private readonly metadata: MetadataAudit,
  ) {
    // In the constructor, because Nest binds gateways before it runs any hook of a module.
    for (const one of applicationClasses(modules)) {
      const methods = methodsOf(one);
      const handlers = handlersOf(one, methods);
      bindSettlement(one, handlers);
      this.#declared.record(one, methods);
      sealMetadata(one.type);
      hookGateway(one.type, isRefusal);
      this.#bindOffHttp(handlers);
    }
  }

  /** Binds {@link settlement} to what was loaded or made since. Call it before Nest binds controllers. */
  settleLater(): void {
    for (const one of applicationClasses(this.modules)) bindSettlement(one, handlersOf(one, methodsOf(one)));
  }

  /**
   * @throws StepUpConfigurationError for a handler that no guard would protect, and with `audit: 'throw'` for advice
   */
  async onModuleInit(): Promise<void> {
    await this.#orStop(() => this.#audit());
  }

  /**
   * @throws StepUpConfigurationError for advice on metadata, if `metadataAudit` is `'await'` and `audit` is `'throw'`
   */
  async onApplicationBootstrap(): Promise<void> {
    const metadataAudit = this.admission.asksAuthorizationServers ? this.settings.metadataAudit : 'off';
    if (metadataAudit === 'await') {
      await this.#orStop(async () => this.#give(await this.metadata.examine(this.#routes)));
    }
    const { routeTable: shown } = this.settings;
    if (shown !== 'off' && this.#routes.length > 0) {
      this.log.info('routes', `what is required of requests\n${routeTable(this.admission.routes.describe(), shown)}`);
    }
    if (metadataAudit === 'background') void this.#examineMetadata();
  }

  /**
   * Runs an audit. If it throws, closes the servers and refuses every invocation: the application can have caught the
   * error.
   */
  async #orStop(audit: () => void | Promise<void>): Promise<void> {
    try {
      await audit();
    } catch (error) {
      this.admission.stop(error as Error);
      await closeServers(this.adapterHost, this.application, applicationClasses(this.modules));
      throw error;
    }
  }

  #audit(): void {
    const guards = new BoundGuards(
      this.application,
      this.modules,
      this.creator,
      this.settings.strategyName,
      this.#declared,
    );
    const exposure = new UserExposure(this.application, guards);
    const classes = applicationClasses(this.modules);
    const methodsOfClasses = classes.map(methodsOf);
    const handlersOfClasses = classes.map((one, index) => handlersOf(one, methodsOfClasses[index] ?? []));
    const handlers = handlersOfClasses.flat();
    // Again, because a factory can have made more of them.
    for (const [index, one] of classes.entries()) bindSettlement(one, handlersOfClasses[index] ?? []);
    this.#bindOffHttp(handlers);
    const { routes } = this.admission;
    for (const { type } of classes) {
      sealMetadata(type);
      assertNotReplaced(type);
    }
    const triggers = new Triggers(this.application, this.modules);
    const reach = new Reach(this.modules, !this.adapterHost.httpAdapter);
    const proof = new EnforcementProof(guards, reach);
    for (const [index, one] of classes.entries()) {
      const methods = [...(methodsOfClasses[index] ?? []), ...fieldsOf(one)];
      proof.refuseUnguardedMethods(one, methods, handlersOfClasses[index] ?? []);
    }
    const found = new Map<Route, ApplicationHandler>();
    const requiresTokensGlobally = guards.isGlobal(AccessTokenGuard);
    const properties = new Set(passportOptions(this.modules).flatMap(({ property }) => property ?? []));
    for (const handler of handlers) {
      const ofHandler = guards.of(handler);
      const requiresTokens = ofHandler.names(AccessTokenGuard);
      for (const property of ofHandler.userProperties()) properties.add(property);
      for (const one of handler.functions) {
        const route = routes.of(handler.type, one, handler.method);
        proof.prove(route, handler);
        this.#refuseOtherUsers(route, handler, ofHandler);
        route.isStream ||= this.settings.endAtExpiry && isStream(one, handler);
        route.exposeUser(!route.isProven || exposure.of(handler));
        route.nameUsersBy(ofHandler.userNamers());
        if (ofHandler.areUnseen()) route.searchUsers();
        if (requiresTokens) routes.needTokenAt(handler.type, handler.method);
        route.describe(triggers.of(handler), this.#needsUser(handler, ofHandler, reach));
        route.awaitAt(proof.isAwaited(route, handler));
        route.mayBeGuarded ||= ofHandler.haveOthers() || requiresTokens || requiresTokensGlobally;
        if (one === handler.functions[0] && !found.has(route)) found.set(route, handler);
      }
    }
    this.#routes = [...found.keys()];
    routes.keep(this.#routes);
    this.admission.identification.keepUsersUnder([...properties]);
    this.#requireTokensOfLaterGuards();
    const advice = this.#routes.flatMap((route) => {
      const onRoute = adviceOnRoute(route.description, this.settings.servers);
      route.advise(...onRoute);
      return onRoute;
    });
    const setUp = adviceOnSetUp(found, guards, this.settings);
    this.#give([...duplicatePackageAdvice(), ...classes.flatMap(adviceOnGateway), ...advice, ...setUp]);
    const onStrategy = adviceOnStrategy(found, guards, this.settings);
    if (onStrategy !== undefined) this.log.advise(onStrategy);
    for (const one of this.settings.servers.flatMap(adviceOnInsecureRequests)) this.log.advise(one);
    for (const one of routes.vocabularies.undeclared.map(adviceOnUndeclaredWord)) this.log.advise(one);
    if (this.settings.mode === 'report') {
      const message = 'requirements are recorded, not enforced';
      this.log.advise({ code: 'report_mode', subject: 'StepUpModule', message });
    }
  }

  /** Requires tokens if the application binds AccessTokenGuard globally after the audit. Keeps nothing of the audit. */
  #requireTokensOfLaterGuards(): void {
    const boundGlobally = this.application.getGlobalGuards().length;
    this.admission.requireTokensIf(
      () => this.application.getGlobalGuards().length > boundGlobally && isGlobal(AccessTokenGuard, this.application),
    );
  }

  /** Binds the form of refusals, and the end of streams, to handlers that Nest has yet to bind. */
  #bindOffHttp(handlers: readonly ApplicationHandler[]): void {
    for (const handler of handlers) {
      const isMessage = handler.kinds.every((kind) => kind === 'message' || kind === 'pattern');
      for (const one of handler.functions) {
        if (isMessage) bindRefusalForm(handler.type, one);
        if (this.settings.endAtExpiry && (isMessage || isStream(one, handler))) bindStreamEnd(one, !isMessage);
      }
    }
  }

  async #examineMetadata(): Promise<void> {
    try {
      for (const advice of await this.metadata.examine(this.#routes)) this.log.advise(advice);
    } catch (error) {
      this.log.error('metadata_audit', error instanceof Error ? error.message : typeof error);
    }
  }

  /** Whether a guard lets nobody pass without a user. A function of the option "isPublic" may, which the boot cannot tell. */
  #needsUser(handler: ApplicationHandler, guards: HandlerGuards, reach: Reach): boolean {
    if (this.settings.isPublic !== undefined) return false;
    if (guards.authenticate()) return reach.guards(handler);
    return guards.authenticateGlobally() && reach.guards(handler) && reach.globalGuards(handler);
  }

  /**
   * Refuses guards of Passport that put a user on the request who is not judged, or put the user in an unknown place.
   */
  #refuseOtherUsers({ access, name }: Route, handler: ApplicationHandler, guards: HandlerGuards): void {
    if (access !== 'required' && access !== 'skipped') return;
    if (guards.haveForeignStrategy()) {
      throw new StepUpConfigurationError(
        `${name} has a Passport guard of another strategy than "${this.settings.strategyName}" beside its ` +
          'step-up requirement; use one strategy, or name it in "strategyName" with "passport": \'existing\'',
      );
    }
    if (guards.areUnseenAfterJudging()) {
      throw new StepUpConfigurationError(
        `A Passport guard of ${name} is made for each request and runs after AcrGuard, so that nobody sees where it ` +
          'puts the user; bind it before AcrGuard (on the class, or below @RequireAcr), or give it the default scope',
      );
    }
    if (guards.authenticateAfterJudging()) {
      this.admission.authenticator.authenticateAgain?.(handler.type, handler.method);
    }
  }

  #give(advice: readonly Advice[]): void {
    if (this.settings.audit === 'throw') throwOnAdvice(advice);
    for (const one of advice) this.log.advise(one);
  }
}

/** Returns whether an error is a refusal: an exception of this package or any other HttpException. */
function isRefusal(error: unknown): boolean {
  return error instanceof HttpException;
}

function adviceOnGateway({ type, instance }: ApplicationClass): Advice[] {
  return fieldHooksOf(instance).map((name) => ({
    code: 'gateway_hook_is_field',
    subject: `${type.name}.${name}`,
    message: 'is a field of the gateway, so that a refusal in it would end the process',
    fix: 'make it a method',
  }));
}
