import {
  type DynamicModule,
  Inject,
  Module,
  type NestModule,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { type AbstractHttpAdapter, APP_FILTER, APP_GUARD, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { StepUpConfigurationError } from '../core/index.js';
import { AccessTokenStrategy, register, unregister } from '../passport/index.js';
import { Decisions } from './advice/decisions.js';
import { StepUpLog } from './advice/log.js';
import { PublishedMetadata } from './advice/published-metadata.js';
import { Verifications } from './advice/verifications.js';
import { BootAudit } from './audit/boot-audit.js';
import { MetadataAudit } from './audit/metadata-audit.js';
import { AccessTokenGuard } from './guards/access-token.guard.js';
import { AcrGuard } from './guards/acr.guard.js';
import { Admission } from './guards/admission.js';
import { EnforcementGuard } from './guards/enforcement.guard.js';
import { serveMetadata } from './protected-resource/metadata-endpoint.js';
import { StepUpExceptionFilter } from './refusal/step-up.filter.js';
import {
  assertOptions,
  ConfigurableModuleClass,
  type STEP_UP_ASYNC_OPTIONS,
  STEP_UP_OPTIONS,
  type StepUpModuleOptions,
} from './step-up.options.js';
import { StepUpService } from './step-up.service.js';
import { checkOptions, STEP_UP_SETTINGS, type StepUpSettings } from './step-up-settings.js';
import { ResponseHeaders } from './transports/response-headers.js';

/**
 * Adds step-up authentication to an application. Verifies access tokens, judges the authentication behind them, and
 * refuses with RFC 9470 challenges. Is global. Binds {@link StepUpExceptionFilter} and a guard that enforces
 * `requirements` globally. Handlers without requirements stay open: {@link AccessTokenGuard} requires a token of them.
 *
 * @example
 * ```ts
 * StepUpModule.forRoot({
 *   authorizationServers: [{ issuer: 'https://as.example', audience: 'https://api.example', acr: { mfa: 'urn:example:mfa' } }],
 * })
 * ```
 * @throws StepUpConfigurationError at boot for every option that is wrong
 * @see [RFC 9470](https://www.rfc-editor.org/rfc/rfc9470.html)
 */
@Module({
  providers: [
    { provide: STEP_UP_SETTINGS, useFactory: checkOptions, inject: [{ token: STEP_UP_OPTIONS, optional: true }] },
    StepUpLog,
    Decisions,
    PublishedMetadata,
    Verifications,
    ResponseHeaders,
    Admission,
    StepUpService,
    AcrGuard,
    AccessTokenGuard,
    BootAudit,
    MetadataAudit,
    { provide: APP_FILTER, useClass: StepUpExceptionFilter },
    EnforcementGuard,
    { provide: APP_GUARD, useExisting: EnforcementGuard },
  ],
  exports: [StepUpService, Admission, ResponseHeaders, AcrGuard, AccessTokenGuard, EnforcementGuard],
})
export class StepUpModule extends ConfigurableModuleClass implements NestModule, OnModuleInit, OnApplicationShutdown {
  #strategy: AccessTokenStrategy | undefined;

  /**
   * Imports the module with literal options. Import it once per application, in the root module.
   *
   * @example
   * ```ts
   * StepUpModule.forRoot({ authorizationServers: [{ issuer: 'https://as.example', audience: 'https://api.example' }] })
   * ```
   * @throws StepUpConfigurationError without options; what is wrong in them stops the boot
   */
  static override forRoot(options: StepUpModuleOptions): DynamicModule {
    assertOptions(options);
    // biome-ignore lint/complexity/noThisInStatic: the builder of Nest takes `this` for the module
    return super.forRoot(options);
  }

  /**
   * Imports the module with options that a factory or a class of the application makes, such as from `ConfigService`.
   * Import it once per application, in the root module. Wrong options stop the boot.
   *
   * @example
   * ```ts
   * StepUpModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({
   *     authorizationServers: [{ issuer: config.getOrThrow('ISSUER'), audience: config.getOrThrow('AUDIENCE') }],
   *   }),
   * })
   * ```
   */
  static override forRootAsync(options: typeof STEP_UP_ASYNC_OPTIONS): DynamicModule {
    // biome-ignore lint/complexity/noThisInStatic: the builder of Nest takes `this` for the module
    return super.forRootAsync(options);
  }

  constructor(
    @Inject(STEP_UP_SETTINGS) private readonly settings: StepUpSettings,
    private readonly admission: Admission,
    private readonly log: StepUpLog,
    private readonly modules: ModulesContainer,
    private readonly adapterHost: HttpAdapterHost,
    private readonly audit: BootAudit,
  ) {
    super();
  }

  /** Serves the metadata of the API. Nest calls this before it adds the routes of the application. */
  configure(): void {
    this.audit.settleLater();
    const { protectedResource, servers, possession } = this.settings;
    // a microservice has no adapter
    const adapter = this.adapterHost.httpAdapter as AbstractHttpAdapter | undefined;
    if (protectedResource === undefined || !adapter) return;
    serveMetadata(
      adapter,
      protectedResource,
      servers.map(({ issuer }) => issuer),
      possession,
    );
  }

  /** @throws StepUpConfigurationError if the module is imported twice, or another strategy has the name of ours */
  onModuleInit(): void {
    const imported = [...this.modules.values()].filter(({ metatype }) => isStepUpModule(metatype));
    if (imported.length > 1)
      throw new StepUpConfigurationError('StepUpModule is configured twice; call forRoot() once per application');
    if (this.settings.passport !== 'register') return;
    const { strategyName } = this.settings;
    const strategy = new AccessTokenStrategy(strategyName, {
      application: this.adapterHost.httpAdapter?.getInstance<object>(),
      server: this.adapterHost.httpAdapter?.getHttpServer(),
      authenticate: (request) => this.admission.userOf(request),
      callbackFailed: (thrown) =>
        this.log.thrown('passport_callback_failed', `a callback of passport.authenticate("${strategyName}")`, thrown),
    });
    register(strategy);
    this.#strategy = strategy;
  }

  onApplicationShutdown(): void {
    if (this.#strategy !== undefined) unregister(this.#strategy);
  }
}

/** Also for a subclass, which has options and guards of its own. */
function isStepUpModule(metatype: unknown): boolean {
  return typeof metatype === 'function' && (metatype === StepUpModule || metatype.prototype instanceof StepUpModule);
}
