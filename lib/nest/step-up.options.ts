import { ConfigurableModuleBuilder, type ExecutionContext } from '@nestjs/common';
import { type AuthenticationEvent, StepUpConfigurationError, show } from '../core/index.js';
import type { PossessionOptions } from '../token/index.js';
import type { AuthorizationServerOptions, ResolveAuthorizationServer } from './authorization-server-options.js';
import type { ProtectedResourceMetadataOptions } from './protected-resource/protected-resource.js';
import type { RequirementsFunction, StepUpRequirements } from './requirements/step-up-requirements.js';
import type { TokenLocations } from './transports/token-locations.js';

/** The claims of a verified access token. Only `sub` and `iss` have a known type. */
export interface AccessTokenClaims extends Record<string, unknown> {
  /**
   * The user, or the client if it obtained the token for itself. The module fills it if an introspection response names
   * the user by another claim.
   */
  sub: string;
  iss: string;
}

/** Options of {@link StepUpModule}. The module checks them at boot. An unknown option is a StepUpConfigurationError. */
// The compiler explains mistakes by the last member.
export type StepUpModuleOptions = StepUpResolvingOptions | StepUpExistingOptions | StepUpRegisterOptions;

/** Options if the module verifies tokens itself. */
export interface StepUpRegisterOptions extends CommonOptions, PossessionOptions {
  /** Makes the module verify tokens and register its strategy with Passport. Default is `'register'`. */
  passport?: 'register' | undefined;
  /** The authorization servers whose tokens are accepted. */
  authorizationServers: readonly AuthorizationServerOptions[];
  /**
   * Returns what becomes `request.user`. `undefined`, `null` and `false` refuse the token. `context` is absent if a
   * plain `AuthGuard` asks, because Passport knows none. Default is the claims.
   */
  user?: ((claims: AccessTokenClaims, context?: ExecutionContext) => unknown) | undefined;
  /** Allowed only with `passport: 'existing'`. With `'register'` the module reads the event from the token. */
  authenticationEvent?: undefined;
}

/** Options if the module verifies tokens itself, and the application knows authorization servers at run time alone. */
export interface StepUpResolvingOptions extends Omit<StepUpRegisterOptions, 'authorizationServers'> {
  authorizationServers?: undefined;
  resolveAuthorizationServer: ResolveAuthorizationServer;
}

/** Options if a Passport strategy of the application verifies tokens. */
export interface StepUpExistingOptions extends CommonOptions {
  /**
   * Leaves the verification of tokens to a Passport strategy of the application. The module uses the authorization
   * servers only to judge: their words, `order`, `profile` and `delegation`.
   */
  passport: 'existing';
  /** The authorization servers whose words are used. Default is none: each string stands for itself. */
  authorizationServers?: readonly AuthorizationServerOptions[] | undefined;
  /**
   * Returns the authentication event of the user of a request. `{}`: no event is recorded, and the guard challenges.
   * `null`: the request has no user, and the guard responds 401. `undefined`: the event is unknown, and the response is
   * a 500. Default reads `acr`, `auth_time`, `amr`, `iss`, `sub`, `client_id` and `scope` of `request.user`, or the
   * claims that the profile of the server names in their place.
   */
  authenticationEvent?:
    | ((
        context: ExecutionContext,
      ) => AuthenticationEvent | null | undefined | Promise<AuthenticationEvent | null | undefined>)
    | undefined;
  /** Not allowed with `'existing'`: your strategy decides what `request.user` is. */
  user?: undefined;
  /** Not allowed with `'existing'`: your strategy verifies tokens, and the proofs of their keys. */
  dpop?: undefined;
  /** Not allowed with `'existing'`, as `dpop`. */
  clientCertificate?: undefined;
  /** Not used with `'existing'`. */
  publicUrl?: string | undefined;
}

interface CommonOptions {
  /**
   * Returns the authorization server of an issuer that `authorizationServers` does not have, such as that of a customer.
   * Is asked once for each issuer, and again after 10 minutes of use. An unknown issuer is refused with 401, and asked
   * about again after 10 seconds. If the function throws, takes longer than 5 seconds, or returns a server of another
   * issuer, the response is a 503, and the log says why. Default is to accept no other issuer.
   */
  resolveAuthorizationServer?: ResolveAuthorizationServer | undefined;
  /**
   * Name of the Passport strategy: the one that the module registers, or with `'existing'` the one that authenticates.
   * Default is `'jwt'`.
   */
  strategyName?: string | undefined;
  /**
   * Returns the token if it is not in the `Authorization` header, and off HTTP not at one of `tokenLocations`.
   * `undefined` looks there. A token that it returns counts alone. A promise is a StepUpConfigurationError, and the
   * response a 500. Default looks there alone.
   */
  accessToken?: ((context: ExecutionContext) => string | undefined) | undefined;
  /**
   * Where an access token is off HTTP. Each place can be switched off. Different tokens at two places are refused.
   * Default is every place.
   */
  tokenLocations?: TokenLocations | undefined;
  /**
   * Whether what stays open ends when its token expires, next to `clockTolerance`: server-sent events, GraphQL
   * subscriptions, streams of gateways and microservices, and sockets that passed `StepUpService.handshake()`. `false`
   * judges a stream at its start alone. A single result is never cut off. Default is `false`.
   */
  endAtExpiry?: boolean | undefined;
  /**
   * Returns whether a handler needs no token, by metadata of the application. Lifts the option `requirements` and
   * `AccessTokenGuard`. Never lifts `@RequireAcr` on a class or handler. A promise is a StepUpConfigurationError, and the
   * response a 500. Default knows `@Public()` alone.
   */
  isPublic?: ((context: ExecutionContext) => boolean) | undefined;
  /**
   * Requirements of every handler. A global guard enforces them. `@RequireAcr` on a class or handler wins over them for
   * `acrValues` and `maxAge`; scopes add up. Default is nothing.
   */
  requirements?: StepUpRequirements | RequirementsFunction | undefined;
  /** The `realm` of challenges, except of the claims challenge of Microsoft Entra. Default is `'api'`. */
  realm?: string | undefined;
  /**
   * URL of the protected resource metadata: RFC 9728. Challenges name it, except the claims challenge of Microsoft
   * Entra. For a document that is served elsewhere; `protectedResourceMetadata` serves it here. Default is none.
   */
  resourceMetadata?: string | undefined;
  /**
   * Serves the metadata of this API: RFC 9728. Challenges name the document, and its `resource` is the `audience` of
   * every authorization server that names none. Default is to serve none.
   */
  protectedResourceMetadata?: ProtectedResourceMetadataOptions | undefined;
  /** Seconds by which clocks may differ, for `auth_time`, `exp`, `nbf` and `iat`. At most 60. Default is `5`. */
  clockTolerance?: number | undefined;
  /**
   * Bytes of memory for verified tokens, whose signatures need no second verification. `0` remembers none. A token
   * takes about 700 bytes, and more if no other one has the same claims. Default is `8_388_608`, 8 MiB.
   */
  tokenCacheBytes?: number | undefined;
  /**
   * `'report'` admits a request whose authentication is not sufficient, and logs it. Every other refusal stays. Default
   * is `'enforce'`.
   */
  mode?: 'enforce' | 'report' | undefined;
  /**
   * What the boot audit does with advice: `'log'` logs it, `'throw'` stops the boot. A handler that no guard would
   * protect always stops the boot. Default is `'log'`.
   */
  audit?: 'log' | 'throw' | undefined;
  /**
   * Which handlers the boot audit lists in the log. `'guarded'` leaves out those that declare nothing. `'all'` lists
   * every handler, `'off'` none. Default is `'guarded'`.
   */
  routeTable?: 'guarded' | 'all' | 'off' | undefined;
  /**
   * Whether {@link StepUpExceptionFilter} writes refusals. `false` leaves each body to the filters of the application,
   * or to Nest. The guards write the headers in both cases. Default is `true`.
   */
  exceptionFilter?: boolean | undefined;
  /**
   * When the module compares the metadata of the authorization servers with the requirements of the routes.
   * `'background'` compares after the boot. `'await'` compares before the end of the boot, for at most 5 seconds. Only
   * then does `audit: 'throw'` stop the boot for what it finds, an unreachable server included. Default is
   * `'background'`, with `passport: 'existing'` it is `'off'`.
   */
  metadataAudit?: 'background' | 'await' | 'off' | undefined;
}

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: STEP_UP_OPTIONS,
  ASYNC_OPTIONS_TYPE: STEP_UP_ASYNC_OPTIONS,
} = new ConfigurableModuleBuilder<StepUpModuleOptions>()
  .setClassMethodName('forRoot')
  .setExtras({}, (definition) => ({ ...definition, global: true }))
  .build();

/** @throws StepUpConfigurationError that shows how the module is imported */
export function assertOptions(options: unknown): asserts options is StepUpModuleOptions {
  if (typeof options === 'object' && options !== null) return;
  throw new StepUpConfigurationError(
    `StepUpModule needs options, not ${show(options)}: import StepUpModule.forRoot({ authorizationServers: [{ issuer, audience }] })`,
  );
}
