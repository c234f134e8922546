import { ConfigurableModuleBuilder, type ExecutionContext } from '@nestjs/common';
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  checkAuthorizationServers,
} from '../authorization-servers/index.js';
import {
  type AuthenticationEvent,
  type AuthenticationRequirements,
  bearerChallenge,
  checkMembers,
  checkRequirements,
  DEFAULT_CLOCK_TOLERANCE,
} from '../core/index.js';

/** Decides per request what is required; `undefined` adds nothing and lifts nothing. */
export type RequirementsFunction = (
  context: ExecutionContext,
) => AuthenticationRequirements | undefined | Promise<AuthenticationRequirements | undefined>;

/** Options of {@link StepUpModule}. Every one is checked at boot; one that is not known is a TypeError. */
export interface StepUpModuleOptions {
  /** The authorization servers whose tokens are accepted. Required, unless `passport` is `'existing'`. */
  authorizationServers?: readonly AuthorizationServerOptions[];
  /**
   * `'register'`: the module verifies tokens itself and registers its strategy with Passport. `'existing'`: a strategy of
   * yours verifies, and the authorization servers give words and order alone. Default is `'register'`.
   */
  passport?: 'register' | 'existing';
  /** The Passport strategy that is registered, or with `'existing'` the one that authenticates. Default is `'jwt'`. */
  strategyName?: string;
  /**
   * What becomes `request.user`; nothing (`undefined`, `null`, `false`) refuses the token. `context` is absent where a
   * plain `AuthGuard` asks, as Passport knows none. Not with `'existing'`. Default is the claims.
   */
  user?: (claims: Record<string, unknown>, context?: ExecutionContext) => unknown;
  /**
   * Only with `'existing'`: the authentication event of the request's user. `{}` says that none is recorded, which is
   * challenged; `undefined` that it cannot be told, which is an error 500. Default reads `acr`, `auth_time`, `amr`, `iss`,
   * `sub`, `client_id` and `scope` of `request.user`, or what the server's profile has in their place.
   */
  authenticationEvent?: (
    context: ExecutionContext,
  ) => AuthenticationEvent | null | undefined | Promise<AuthenticationEvent | null | undefined>;
  /** Finds the token where it is not in the request's Authorization header. Default looks there alone. */
  accessToken?: (context: ExecutionContext) => string | undefined;
  /**
   * Tells handlers that need no token by a mark of the application's own. It lifts what the module requires, but never
   * what `@RequireAcr` on a class or handler does. Default knows `@Public()` alone.
   */
  isPublic?: (context: ExecutionContext) => boolean;
  /** What every handler requires, outermost in the merge; binds `AcrGuard` globally. Default is nothing. */
  requirements?: AuthenticationRequirements | RequirementsFunction;
  /** Named in every challenge. Default is `'api'`. */
  realm?: string;
  /** URL of the protected resource's metadata (RFC 9728), added to every challenge. Default is none. */
  resourceMetadata?: string;
  /** Seconds by which clocks may differ, for `auth_time`, `exp`, `nbf` and `iat`; at most 60. Default is `5`. */
  clockTolerance?: number;
  /** `'report'` lets through what lacks the authentication, and logs it; everything else stands. Default is `'enforce'`. */
  mode?: 'enforce' | 'report';
  /** Whether advice of the boot audit is logged or stops the boot. Holes always stop the boot. Default is `'log'`. */
  audit?: 'log' | 'throw';
  /**
   * Whether the metadata of the authorization servers is compared with what the routes need: `'background'` once the
   * application has booted, `'await'` before it has, for at most five seconds; only then does `audit: 'throw'` stop the boot
   * for what is found, an unreachable server included. Default is `'background'`, with `passport: 'existing'` it is `'off'`.
   */
  metadataAudit?: 'background' | 'await' | 'off';
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN: STEP_UP_OPTIONS } =
  new ConfigurableModuleBuilder<StepUpModuleOptions>()
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();

/** Checked options with every default filled in. */
export type StepUpSettings = Required<
  Pick<
    StepUpModuleOptions,
    'passport' | 'strategyName' | 'realm' | 'clockTolerance' | 'mode' | 'audit' | 'metadataAudit'
  >
> &
  Pick<
    StepUpModuleOptions,
    'user' | 'authenticationEvent' | 'accessToken' | 'isPublic' | 'requirements' | 'resourceMetadata'
  > & {
    readonly servers: readonly AuthorizationServer[];
  };

/** Injection token of {@link StepUpSettings}. */
export const STEP_UP_SETTINGS = Symbol('nestjs-step-up:settings');

const FUNCTIONS = ['user', 'authenticationEvent', 'accessToken', 'isPublic'] as const;
const MEMBERS = new Set<string>([
  ...FUNCTIONS,
  'authorizationServers',
  'passport',
  'strategyName',
  'requirements',
  'realm',
  'resourceMetadata',
  'clockTolerance',
  'mode',
  'audit',
  'metadataAudit',
]);

/**
 * Checks the options of the module.
 *
 * @throws TypeError naming the option and what it must be.
 */
export function checkOptions(options: StepUpModuleOptions): StepUpSettings {
  if (typeof options !== 'object' || options === null) throw new TypeError('StepUpModule needs an options object');
  checkMembers(options, MEMBERS, (member) => `StepUpModule has no option "${member}"`);
  const { passport = 'register', mode = 'enforce', audit = 'log', strategyName = 'jwt', realm = 'api' } = options;
  const { authorizationServers, clockTolerance = DEFAULT_CLOCK_TOLERANCE, requirements, resourceMetadata } = options;
  checkChoice('passport', passport, ['register', 'existing']);
  checkChoice('mode', mode, ['enforce', 'report']);
  checkChoice('audit', audit, ['log', 'throw']);
  const { metadataAudit = passport === 'existing' ? 'off' : 'background' } = options;
  checkChoice('metadataAudit', metadataAudit, ['background', 'await', 'off']);
  for (const name of FUNCTIONS) {
    if (options[name] !== undefined && typeof options[name] !== 'function') {
      throw new TypeError(`"${name}" must be a function`);
    }
  }
  if (passport === 'register' && authorizationServers === undefined) {
    throw new TypeError(
      '"authorizationServers" is required; with a Passport strategy of your own say "passport": \'existing\'',
    );
  }
  if (passport === 'register' && options.authenticationEvent !== undefined) {
    throw new TypeError(
      '"authenticationEvent" needs "passport": \'existing\'; a strategy we register knows the event itself',
    );
  }
  const servers = authorizationServers === undefined ? [] : checkAuthorizationServers(authorizationServers);
  if (passport === 'existing' && servers.some(({ introspection }) => introspection !== undefined)) {
    throw new TypeError(
      '"introspection" has no effect with "passport": \'existing\'; your strategy verifies the tokens',
    );
  }
  if (passport === 'existing' && options.user !== undefined) {
    throw new TypeError(
      '"user" has no effect with "passport": \'existing\'; your strategy decides what request.user is',
    );
  }
  if (typeof strategyName !== 'string' || strategyName === '') {
    throw new TypeError('"strategyName" must be the name of a Passport strategy');
  }
  if (typeof clockTolerance !== 'number' || !(clockTolerance >= 0 && clockTolerance <= 60)) {
    throw new TypeError('"clockTolerance" must be a number of seconds from 0 to 60');
  }
  if (resourceMetadata !== undefined && !(typeof resourceMetadata === 'string' && URL.canParse(resourceMetadata))) {
    throw new TypeError('"resourceMetadata" must be the URL of the protected resource metadata');
  }
  checkRealm(realm, resourceMetadata);
  return Object.freeze({
    passport,
    mode,
    audit,
    metadataAudit,
    strategyName,
    realm,
    clockTolerance,
    ...(resourceMetadata !== undefined && { resourceMetadata }),
    ...(requirements !== undefined && {
      requirements:
        typeof requirements === 'function' ? requirements : checkRequirements(requirements, '"requirements"'),
    }),
    ...Object.fromEntries(FUNCTIONS.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]]))),
    servers,
  });
}

function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) {
    throw new TypeError(`"${name}" must be ${choices.map((choice) => `'${choice}'`).join(' or ')}`);
  }
}

function checkRealm(realm: string, resourceMetadata: string | undefined): void {
  try {
    bearerChallenge({ realm, ...(resourceMetadata !== undefined && { resourceMetadata }) });
  } catch (error) {
    throw new TypeError(`"realm" and "resourceMetadata" must be printable ASCII: ${(error as Error).message}`);
  }
}
