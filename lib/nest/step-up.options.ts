import { ConfigurableModuleBuilder, type ExecutionContext } from '@nestjs/common';
import { type AuthorizationServer, checkAuthorizationServers } from '../authorization-servers/index.js';
import {
  type AuthenticationEvent,
  type AuthenticationRequirements,
  checkMembers,
  checkRequirements,
  checkSeconds,
  DEFAULT_CLOCK_TOLERANCE,
  StepUpConfigurationError,
  show,
} from '../core/index.js';
import {
  checkPossession,
  DEFAULT_TOKEN_CACHE_BYTES,
  type PossessionOptions,
  type PossessionSettings,
} from '../token/index.js';
import type { AuthorizationServerOptions, ResolveAuthorizationServer } from './authorization-server-options.js';
import { checkChoice, checkRealm } from './option-checks.js';
import {
  checkProtectedResource,
  type ProtectedResource,
  type ProtectedResourceMetadataOptions,
} from './protected-resource/protected-resource.js';
import type { RequirementsFunction, StepUpRequirements } from './requirements/step-up-requirements.js';

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
   * Returns the token if it is not in the `Authorization` header. `undefined` looks in the header. Default looks there
   * alone.
   */
  accessToken?: ((context: ExecutionContext) => string | undefined) | undefined;
  /**
   * Returns whether a handler needs no token, by metadata of the application. Lifts the option `requirements` and
   * `AccessTokenGuard`. Never lifts `@RequireAcr` on a class or handler. Default knows `@Public()` alone.
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
   * takes about 700 bytes. Default is `8_388_608`, 8 MiB.
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

/** Checked options with every default filled in. */
export interface StepUpSettings {
  readonly servers: readonly AuthorizationServer[];
  readonly resolveAuthorizationServer: CommonOptions['resolveAuthorizationServer'];
  readonly passport: 'register' | 'existing';
  readonly strategyName: string;
  readonly user: StepUpRegisterOptions['user'];
  readonly authenticationEvent: StepUpExistingOptions['authenticationEvent'];
  readonly accessToken: CommonOptions['accessToken'];
  readonly isPublic: CommonOptions['isPublic'];
  readonly requirements: AuthenticationRequirements | RequirementsFunction | undefined;
  readonly realm: string;
  readonly resourceMetadata: string | undefined;
  readonly protectedResource: ProtectedResource | undefined;
  readonly clockTolerance: number;
  readonly tokenCacheBytes: number;
  readonly mode: 'enforce' | 'report';
  readonly audit: 'log' | 'throw';
  readonly metadataAudit: 'background' | 'await' | 'off';
  readonly routeTable: 'guarded' | 'all' | 'off';
  readonly exceptionFilter: boolean;
  /** Absent if no server accepts tokens that are bound to a key. */
  readonly possession: PossessionSettings | undefined;
  /** The schemes under which tokens are accepted; `undefined` for Bearer alone. */
  readonly schemes: { readonly bearer: boolean; readonly algs: string } | undefined;
}

/** Injection token of {@link StepUpSettings}. */
export const STEP_UP_SETTINGS = Symbol('nestjs-step-up:settings');

const FUNCTIONS = ['user', 'authenticationEvent', 'accessToken', 'isPublic', 'resolveAuthorizationServer'] as const;
const MEMBERS = new Set<string>([
  ...FUNCTIONS,
  'authorizationServers',
  'passport',
  'strategyName',
  'requirements',
  'realm',
  'resourceMetadata',
  'protectedResourceMetadata',
  'clockTolerance',
  'tokenCacheBytes',
  'mode',
  'audit',
  'metadataAudit',
  'routeTable',
  'exceptionFilter',
  'publicUrl',
  'dpop',
  'clientCertificate',
]);

/**
 * Checks the options of the module, and fills in every default.
 *
 * @throws StepUpConfigurationError that names the option and what it must be
 */
export function checkOptions(options: StepUpModuleOptions | undefined): StepUpSettings {
  assertOptions(options);
  checkMembers(options, MEMBERS, (member) => `StepUpModule has no option "${member}"`);
  const { passport = 'register', mode = 'enforce', audit = 'log', strategyName = 'jwt', realm = 'api' } = options;
  const { authorizationServers, clockTolerance = DEFAULT_CLOCK_TOLERANCE, requirements } = options;
  checkChoice('passport', passport, ['register', 'existing']);
  checkChoice('mode', mode, ['enforce', 'report']);
  checkChoice('audit', audit, ['log', 'throw']);
  const { metadataAudit = passport === 'existing' ? 'off' : 'background' } = options;
  checkChoice('metadataAudit', metadataAudit, ['background', 'await', 'off']);
  const { routeTable = 'guarded', exceptionFilter = true } = options;
  checkChoice('routeTable', routeTable, ['guarded', 'all', 'off']);
  if (typeof exceptionFilter !== 'boolean') {
    throw new StepUpConfigurationError(`"exceptionFilter" must be true or false, not ${show(exceptionFilter)}`);
  }
  for (const name of FUNCTIONS) {
    if (options[name] !== undefined && typeof options[name] !== 'function') {
      throw new StepUpConfigurationError(`"${name}" must be a function`);
    }
  }
  const { resolveAuthorizationServer } = options;
  if (passport === 'register' && authorizationServers === undefined && resolveAuthorizationServer === undefined) {
    throw new StepUpConfigurationError(
      '"authorizationServers" is required; with a Passport strategy of your own say "passport": \'existing\'',
    );
  }
  if (passport === 'register' && options.authenticationEvent !== undefined) {
    throw new StepUpConfigurationError(
      '"authenticationEvent" needs "passport": \'existing\'; a strategy we register knows the event itself',
    );
  }
  const protectedResource =
    options.protectedResourceMetadata === undefined
      ? undefined
      : checkProtectedResource(options.protectedResourceMetadata);
  const servers =
    authorizationServers === undefined
      ? []
      : checkAuthorizationServers(withAudience(authorizationServers, protectedResource?.resource));
  if (protectedResource !== undefined && options.resourceMetadata !== undefined) {
    throw new StepUpConfigurationError(
      '"resourceMetadata" and "protectedResourceMetadata" both name the metadata of this API; leave one of them out',
    );
  }
  const resourceMetadata = options.resourceMetadata ?? protectedResource?.metadataUrl;
  if (passport === 'existing' && servers.some(({ introspection }) => introspection !== undefined)) {
    throw new StepUpConfigurationError(
      '"introspection" has no effect with "passport": \'existing\'; your strategy verifies the tokens',
    );
  }
  if (passport === 'existing' && options.user !== undefined) {
    throw new StepUpConfigurationError(
      '"user" has no effect with "passport": \'existing\'; your strategy decides what request.user is',
    );
  }
  if (passport === 'existing' && servers.some(({ boundTokens }) => boundTokens.policy !== 'off')) {
    throw new StepUpConfigurationError(
      '"boundTokens" has no effect with "passport": \'existing\'; your strategy verifies the tokens and the proofs of their keys',
    );
  }
  const possession = checkPossession(options, servers);
  if (typeof strategyName !== 'string' || strategyName === '') {
    throw new StepUpConfigurationError('"strategyName" must be the name of a Passport strategy');
  }
  checkSeconds(clockTolerance, 'clockTolerance', [0, 60]);
  const { tokenCacheBytes = DEFAULT_TOKEN_CACHE_BYTES } = options;
  if (passport === 'existing' && options.tokenCacheBytes !== undefined) {
    throw new StepUpConfigurationError(
      '"tokenCacheBytes" has no effect with "passport": \'existing\'; your strategy verifies the tokens',
    );
  }
  if (!Number.isSafeInteger(tokenCacheBytes) || tokenCacheBytes < 0) {
    throw new StepUpConfigurationError('"tokenCacheBytes" must be a non-negative integer number of bytes');
  }
  if (resourceMetadata !== undefined && !(typeof resourceMetadata === 'string' && URL.canParse(resourceMetadata))) {
    throw new StepUpConfigurationError('"resourceMetadata" must be the URL of the protected resource metadata');
  }
  checkRealm(realm, resourceMetadata);
  const { user, authenticationEvent, accessToken, isPublic } = options;
  return Object.freeze({
    servers,
    resolveAuthorizationServer,
    passport,
    strategyName,
    user,
    authenticationEvent,
    accessToken,
    isPublic,
    requirements:
      requirements === undefined || typeof requirements === 'function'
        ? requirements
        : checkRequirements(requirements, '"requirements"'),
    realm,
    resourceMetadata,
    protectedResource,
    clockTolerance,
    tokenCacheBytes,
    mode,
    audit,
    metadataAudit,
    routeTable,
    exceptionFilter,
    possession,
    schemes: possession?.dpop && {
      bearer: possession.acceptsBearer,
      algs: [...possession.dpop.algorithms].join(' '),
    },
  });
}

/** Returns the servers, each with an audience if there is one to give. Does not check them. */
function withAudience(
  servers: readonly AuthorizationServerOptions[],
  audience: string | undefined,
): readonly AuthorizationServerOptions[] {
  if (audience === undefined || !Array.isArray(servers)) return servers;
  return servers.map((server: AuthorizationServerOptions) =>
    typeof server === 'object' && server !== null && server.audience === undefined ? { ...server, audience } : server,
  );
}

/** @throws StepUpConfigurationError that shows how the module is imported */
export function assertOptions(options: unknown): asserts options is StepUpModuleOptions {
  if (typeof options === 'object' && options !== null) return;
  throw new StepUpConfigurationError(
    `StepUpModule needs options, not ${show(options)}: import StepUpModule.forRoot({ authorizationServers: [{ issuer, audience }] })`,
  );
}
