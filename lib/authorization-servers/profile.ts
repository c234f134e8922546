import { type Claims, checkMembers, closestMatch, StepUpConfigurationError } from '../core/index.js';
import { checkMethods, type MethodsReader } from './authentication-methods.js';
import type { AuthorizationServerProfile } from './authorization-server-profile.js';
import { hasClaim, mediaType } from './claim.js';
import { type ProfileName, profiles } from './profiles/index.js';
import { isRecord } from './record.js';
import { checkTimeFormat, type TimeFormat } from './time-format.js';

/** The members of a checked profile that decide about access tokens and challenges, with every default filled in. */
export interface AccessTokenProfile {
  /** The server's own name; `undefined` without a profile. */
  readonly title: string | undefined;
  readonly typ: ReadonlySet<string | null>;
  readonly accessTokenClaims: readonly (readonly [claim: string, value: string | true])[];
  /** Those of access tokens that are bound by DPoP. */
  readonly dpopTokenClaims: readonly (readonly [claim: string, value: string | true])[];
  readonly otherTokenClaims: readonly string[];
  readonly claims: Readonly<Record<'acr' | 'authTime' | 'amr' | 'clientId' | 'scope', readonly string[]>>;
  readonly acrType: 'string' | 'list' | 'number';
  readonly authTimeFormat: TimeFormat;
  /** `undefined` for a list of strings that stands for nothing. */
  readonly methods: MethodsReader | undefined;
  readonly audienceIn: 'aud' | 'scope';
  /** Whether access tokens never carry `acr` and `auth_time`. */
  readonly lacks: { readonly acr: boolean; readonly authTime: boolean };
  readonly absentClaims: ReadonlySet<string>;
  readonly clientCredentialsClaims: readonly (readonly [claim: string, value: string | true])[];
  /** Empty if an `acr` of introspection counts without them. */
  readonly signInClaims: readonly string[];
  readonly challenge: 'rfc9470' | 'entra';
  readonly requestMode: 'acr_values' | 'essential' | 'auto';
}

/**
 * Returns whether a token is a client credentials token by the claims of a profile. No user has authenticated for it.
 */
export function isClientCredentialsToken(
  claims: Claims,
  { clientCredentialsClaims }: Pick<AccessTokenProfile, 'clientCredentialsClaims'>,
): boolean {
  return clientCredentialsClaims.some((claim) => hasClaim(claims, claim));
}

/** Returns whether tokens can tell an `acr` string, by a claim or by methods. */
export function isTellable(acr: string, { lacks, methods }: Pick<AccessTokenProfile, 'lacks' | 'methods'>): boolean {
  return !lacks.acr || methods?.acr.some(([told]) => told === acr) === true;
}

/** Returns whether tokens can tell when the user signed in, or when one of these `acr` strings was reached. */
export function isDatable(
  acrValues: readonly string[],
  { lacks, methods }: Pick<AccessTokenProfile, 'lacks' | 'methods'>,
): boolean {
  if (!lacks.authTime) return true;
  if (methods === undefined || !methods.hasTimes) return false;
  const dated = [...methods.acr, ...methods.acrTimes].map(([acr]) => acr);
  return methods.authTime.length > 0 || dated.some((acr) => acrValues.includes(acr));
}

const RFC_9068_CLAIMS = { acr: 'acr', authTime: 'auth_time', amr: 'amr', clientId: 'client_id', scope: 'scope' };
const OMISSIBLE: ReadonlySet<unknown> = new Set(['client_id', 'jti', 'iat', 'aud']);
const ISSUED = ['by-default', 'if-configured', 'never'];
const CHOICES = {
  acrType: ['string', 'list', 'number'],
  audienceIn: ['aud', 'scope'],
  challenge: ['rfc9470', 'entra'],
  whenUnmet: ['error', 'lower', 'no-return'],
  onRefresh: ['keeps', 'drops'],
} as const;
const LISTS = [
  'source',
  'otherTokenClaims',
  'signInClaims',
  'acrValues',
  'defaultAcrValues',
  'steps',
  'notes',
  'observed',
] as const;
/** The members of a profile. */
export const PROFILE_MEMBERS: ReadonlySet<string> = new Set([
  ...Object.keys(CHOICES),
  ...LISTS,
  'title',
  'checkedOn',
  'typ',
  'accessTokenClaims',
  'dpopTokenClaims',
  'claims',
  'authTimeFormat',
  'methods',
  'absentClaims',
  'clientCredentialsClaims',
  'issues',
  'idToken',
  'request',
]);

/**
 * Checks a profile, given by name or as an object, and fills in defaults.
 *
 * @param where the place that errors name, such as `authorizationServers[0].profile`
 * @throws StepUpConfigurationError that names the member: an unknown name or member, a value of the wrong type, or a
 * `typ` beyond `at+jwt` without `accessTokenClaims`
 */
export function checkProfile(
  nameOrProfile: ProfileName | AuthorizationServerProfile = {},
  where: string,
): AccessTokenProfile {
  const profile: AuthorizationServerProfile =
    typeof nameOrProfile === 'string' ? profileNamed(nameOrProfile, where) : nameOrProfile;
  if (!isRecord(profile)) {
    throw new StepUpConfigurationError(`"${where}" must be the name of a profile or an object`);
  }
  checkMembers(profile, PROFILE_MEMBERS, (member) => `"${where}" has the unknown member "${member}"`);
  checkFacts(profile, where);
  const { claims = {}, absentClaims = [], otherTokenClaims = [], acrType = 'string', challenge = 'rfc9470' } = profile;
  const typ = checkTypes(profile.typ, `${where}.typ`);
  const accessTokenClaims = checkClaimValues(profile.accessTokenClaims, `${where}.accessTokenClaims`, true);
  const dpopTokenClaims =
    profile.dpopTokenClaims === undefined
      ? accessTokenClaims
      : checkClaimValues(profile.dpopTokenClaims, `${where}.dpopTokenClaims`, true);
  if (accessTokenClaims.length > 0 && dpopTokenClaims.length === 0) {
    throw new StepUpConfigurationError(
      `"${where}.dpopTokenClaims" must have a claim, as "accessTokenClaims" has: without it other tokens would pass`,
    );
  }
  if (typ.some((value) => value !== 'at+jwt') && accessTokenClaims.length === 0) {
    throw new StepUpConfigurationError(
      `"${where}.typ" accepts more than at+jwt; set "accessTokenClaims" to claims that only access tokens carry, ` +
        'or ID tokens would pass for access tokens',
    );
  }
  if (!Array.isArray(absentClaims) || !absentClaims.every((claim) => OMISSIBLE.has(claim))) {
    throw new StepUpConfigurationError(`"${where}.absentClaims" must list some of ${[...OMISSIBLE].join(', ')}`);
  }
  return Object.freeze({
    title: profile.title,
    typ: new Set(typ),
    accessTokenClaims,
    dpopTokenClaims,
    otherTokenClaims: Object.freeze([...otherTokenClaims]),
    claims: checkClaimPaths(claims, `${where}.claims`),
    acrType,
    authTimeFormat: checkTimeFormat(profile.authTimeFormat, `${where}.authTimeFormat`),
    methods: checkMethods(profile.methods, `${where}.methods`),
    audienceIn: profile.audienceIn ?? 'aud',
    lacks: Object.freeze({ acr: profile.issues?.acr === 'never', authTime: profile.issues?.authTime === 'never' }),
    absentClaims: new Set(absentClaims),
    clientCredentialsClaims: checkClaimValues(
      profile.clientCredentialsClaims,
      `${where}.clientCredentialsClaims`,
      true,
    ),
    signInClaims: Object.freeze([...(profile.signInClaims ?? [])]),
    challenge,
    requestMode: profile.request?.mode ?? 'acr_values',
  });
}

function profileNamed(name: string, where: string): AuthorizationServerProfile {
  if (Object.hasOwn(profiles, name)) return profiles[name as ProfileName];
  const known = Object.keys(profiles);
  throw new StepUpConfigurationError(
    `"${where}" is not the name of a profile: "${name}"; the closest is "${closestMatch(name, known)}". ` +
      `Known are ${known.join(', ')}; for another server use an object`,
  );
}

/** Checks the members for people and clients, which decide about no token. */
function checkFacts(profile: AuthorizationServerProfile, where: string): void {
  const { title, checkedOn, issues, idToken, request } = profile;
  if (title !== undefined && !isText(title))
    throw new StepUpConfigurationError(`"${where}.title" must be a non-empty string`);
  if (checkedOn !== undefined && !(isText(checkedOn) && /^\d{4}-\d{2}-\d{2}$/.test(checkedOn))) {
    throw new StepUpConfigurationError(`"${where}.checkedOn" must be a day, such as '2026-11-24'`);
  }
  for (const name of LISTS) {
    const list: unknown = profile[name];
    if (list !== undefined && !(Array.isArray(list) && list.every(isText))) {
      throw new StepUpConfigurationError(`"${where}.${name}" must be a list of non-empty strings`);
    }
  }
  for (const [name, choices] of Object.entries(CHOICES)) {
    checkChoice(profile[name as keyof typeof CHOICES], choices, `${where}.${name}`);
  }
  checkFactsIn(issues, ['acr', 'authTime'], `${where}.issues`);
  checkFactsIn(idToken, ['claims', 'acr', 'authTime'], `${where}.idToken`);
  checkFactsIn(idToken?.claims, ['acr', 'authTime'], `${where}.idToken.claims`);
  for (const name of ['acr', 'authTime'] as const) {
    checkChoice(issues?.[name], ISSUED, `${where}.issues.${name}`);
    checkChoice(idToken?.[name], [...ISSUED, 'if-requested'], `${where}.idToken.${name}`);
    const claim: unknown = idToken?.claims?.[name];
    if (claim !== undefined && !isText(claim))
      throw new StepUpConfigurationError(`"${where}.idToken.claims.${name}" must be the name of a claim`);
  }
  checkFactsIn(request, ['mode', 'acrValues', 'zeroMaxAge'], `${where}.request`);
  checkChoice(request?.mode, ['acr_values', 'essential', 'auto'], `${where}.request.mode`);
  checkChoice(request?.acrValues, ['all', 'first'], `${where}.request.acrValues`);
  checkClaimValues(request?.zeroMaxAge, `${where}.request.zeroMaxAge`, false);
}

function checkFactsIn(object: unknown, members: readonly string[], where: string): void {
  if (object === undefined) return;
  if (!isRecord(object)) throw new StepUpConfigurationError(`"${where}" must be an object`);
  checkMembers(object as object, members, (member) => `"${where}" has the unknown member "${member}"`);
}

function checkChoice(value: unknown, choices: readonly string[], where: string): void {
  if (value !== undefined && !choices.includes(value as string)) {
    throw new StepUpConfigurationError(`"${where}" must be one of '${choices.join("', '")}'`);
  }
}

function checkTypes(typ: unknown = ['at+jwt'], where: string): (string | null)[] {
  if (!Array.isArray(typ) || typ.length === 0 || !typ.every((value) => value === null || isText(value))) {
    throw new StepUpConfigurationError(`"${where}" must list the accepted types, with null for a missing one`);
  }
  return typ.map((value) => (value === null ? null : mediaType(value)));
}

/** Checks claims and their values. An undefined value would match tokens without the claim, such as ID tokens. */
function checkClaimValues<Value extends string | true>(
  claims: Readonly<Record<string, Value>> = {},
  where: string,
  presenceIsEnough: boolean,
): readonly (readonly [claim: string, value: Value])[] {
  if (!isRecord(claims)) {
    throw new StepUpConfigurationError(`"${where}" must be an object of claim names and values`);
  }
  return Object.freeze(
    Object.entries(claims).map(([claim, value]) => {
      if (!isText(value) && !(presenceIsEnough && value === true)) {
        throw new StepUpConfigurationError(
          `"${where}.${claim}" must be ${presenceIsEnough ? 'true or ' : ''}the string that the claim has`,
        );
      }
      return Object.freeze([claim, value] as const);
    }),
  );
}

function checkClaimPaths(claims: unknown, where: string): AccessTokenProfile['claims'] {
  if (!isRecord(claims)) throw new StepUpConfigurationError(`"${where}" must be an object`);
  const paths: Record<string, unknown> = { ...RFC_9068_CLAIMS };
  checkMembers(
    claims as object,
    Object.keys(RFC_9068_CLAIMS),
    (member) => `"${where}" has the unknown member "${member}"`,
  );
  for (const [name, path] of Object.entries(claims as object)) {
    if (path !== undefined) paths[name] = path;
  }
  const checked = Object.entries(paths).map(([name, path]) => {
    const names: readonly unknown[] = Array.isArray(path) ? path : [path];
    if (names.length === 0 || !names.every(isText)) {
      throw new StepUpConfigurationError(
        `"${where}.${name}" must be the name of a claim, or the list of names that leads to it`,
      );
    }
    return [name, Object.freeze([...names])] as const;
  });
  return Object.freeze(Object.fromEntries(checked)) as AccessTokenProfile['claims'];
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
