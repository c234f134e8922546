import { type AuthorizationServer, checkAuthorizationServers } from '../authorization-servers/index.js';
import {
  type AuthenticationRequirements,
  checkMembers,
  checkRequirements,
  checkSeconds,
  DEFAULT_CLOCK_TOLERANCE,
  StepUpConfigurationError,
} from '../core/index.js';
import { checkPossession, DEFAULT_TOKEN_CACHE_BYTES, type PossessionSettings } from '../token/index.js';
import type { AuthorizationServerOptions } from './authorization-server-options.js';
import { checkBoolean, checkChoice, checkRealm } from './option-checks.js';
import { checkProtectedResource, type ProtectedResource } from './protected-resource/protected-resource.js';
import type { RequirementsFunction } from './requirements/step-up-requirements.js';
import {
  assertOptions,
  type StepUpExistingOptions,
  type StepUpModuleOptions,
  type StepUpRegisterOptions,
} from './step-up.options.js';
import { type CheckedTokenLocations, checkTokenLocations } from './transports/token-locations.js';

/** Checked options with every default filled in. */
export interface StepUpSettings {
  readonly servers: readonly AuthorizationServer[];
  readonly resolveAuthorizationServer: StepUpModuleOptions['resolveAuthorizationServer'];
  readonly passport: 'register' | 'existing';
  readonly strategyName: string;
  readonly user: StepUpRegisterOptions['user'];
  readonly authenticationEvent: StepUpExistingOptions['authenticationEvent'];
  readonly accessToken: StepUpModuleOptions['accessToken'];
  readonly tokenLocations: CheckedTokenLocations;
  readonly endAtExpiry: boolean;
  readonly isPublic: StepUpModuleOptions['isPublic'];
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
  'tokenLocations',
  'endAtExpiry',
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
  const { routeTable = 'guarded', exceptionFilter = true, endAtExpiry = false } = options;
  checkChoice('routeTable', routeTable, ['guarded', 'all', 'off']);
  checkBoolean('exceptionFilter', exceptionFilter);
  checkBoolean('endAtExpiry', endAtExpiry);
  for (const name of FUNCTIONS) {
    if (options[name] !== undefined && typeof options[name] !== 'function') {
      throw new StepUpConfigurationError(`"${name}" must be a function`);
    }
  }
  const { resolveAuthorizationServer } = options;
  if (passport === 'register' && authorizationServers === undefined && resolveAuthorizationServer === undefined) {
    throw new StepUpConfigurationError(
      '"authorizationServers" is required; if issuers are known at run time only, give "resolveAuthorizationServer"; with ' +
        'a Passport strategy of your own say "passport": \'existing\'',
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
      : checkAuthorizationServers(
          Array.isArray(authorizationServers)
            ? authorizationServers.map((server) => withAudience(server, protectedResource?.resource))
            : authorizationServers,
        );
  if (protectedResource !== undefined && options.resourceMetadata !== undefined) {
    throw new StepUpConfigurationError(
      '"resourceMetadata" and "protectedResourceMetadata" both name the metadata of this API; leave one of them out',
    );
  }
  const resourceMetadata = options.resourceMetadata ?? protectedResource?.metadataUrl;
  if (passport === 'existing') checkEffects(options, servers);
  const possession = checkPossession(options, servers, resolveAuthorizationServer !== undefined);
  if (typeof strategyName !== 'string' || strategyName === '') {
    throw new StepUpConfigurationError('"strategyName" must be the name of a Passport strategy');
  }
  checkSeconds(clockTolerance, 'clockTolerance', [0, 60]);
  const { tokenCacheBytes = DEFAULT_TOKEN_CACHE_BYTES } = options;
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
    endAtExpiry,
    tokenLocations: checkTokenLocations(options.tokenLocations),
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

/** @throws StepUpConfigurationError for an option that only the verification of the module needs */
function checkEffects({ user, tokenCacheBytes }: StepUpModuleOptions, servers: readonly AuthorizationServer[]): void {
  const withoutEffect: readonly [option: string, isGiven: boolean, why: string][] = [
    ['introspection', servers.some(({ introspection }) => introspection !== undefined), 'verifies the tokens'],
    ['user', user !== undefined, 'decides what request.user is'],
    [
      'boundTokens',
      servers.some(({ boundTokens }) => boundTokens.policy !== 'off'),
      'verifies the tokens and the proofs of their keys',
    ],
    ['tokenCacheBytes', tokenCacheBytes !== undefined, 'verifies the tokens'],
  ];
  for (const [option, isGiven, why] of withoutEffect) {
    if (!isGiven) continue;
    throw new StepUpConfigurationError(`"${option}" has no effect with "passport": 'existing'; your strategy ${why}`);
  }
}

/** Returns the options of a server with an audience if they have none and there is one to give. Does not check them. */
export function withAudience<Options>(server: Options, audience: string | undefined): Options {
  if (audience === undefined || typeof server !== 'object' || server === null) return server;
  return (server as Pick<AuthorizationServerOptions, 'audience'>).audience === undefined
    ? { ...server, audience }
    : server;
}
