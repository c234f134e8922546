/**
 * What a protected resource requires of the authentication behind an access token.
 *
 * @see [RFC 9470 §3](https://www.rfc-editor.org/rfc/rfc9470.html#section-3)
 */
export interface AuthenticationRequirements {
  /** Authentication context class references in order of preference; any one of them is enough. Default is any. */
  acrValues?: readonly string[];
  /** Greatest age of the sign-in, in seconds. `0` asks the user to authenticate now. Default is no limit. */
  maxAge?: number;
  /** Scope that the token must hold as well, space-separated; all of it is needed. Default is none. */
  scope?: string;
}

/**
 * The authentication event behind an access token: how and when its user authenticated.
 *
 * @see [RFC 9068 §2.2.1](https://www.rfc-editor.org/rfc/rfc9068.html#section-2.2.1)
 */
export interface AuthenticationEvent {
  acr?: string;
  /** Authentication contexts that hold beside `acr`, where a server lists several at once; any of them counts. */
  acrs?: readonly string[];
  /** Seconds since the epoch. */
  authTime?: number;
  amr?: readonly string[];
  issuer?: string;
  subject?: string;
  clientId?: string;
  /** Space-separated. */
  scope?: string;
}

/** One way in which an authentication event falls short. */
export type UnmetReason =
  | 'acr_missing'
  | 'acr_unmet'
  | 'auth_time_missing'
  | 'auth_time_invalid'
  | 'auth_time_in_future'
  | 'authentication_too_old'
  | 'scope_missing';

export type Assessment = { met: true } | { met: false; reasons: UnmetReason[] };

export interface AssessOptions {
  /** Seconds since the epoch. */
  now: number;
  /** Seconds by which clocks may differ. Default is `5`. */
  clockTolerance?: number;
}

/** Seconds by which clocks may differ where nothing else is said. */
export const DEFAULT_CLOCK_TOLERANCE = 5;

const MET: Assessment = Object.freeze({ met: true });

/** Beyond this a number of seconds is one of milliseconds: the year 5138. */
export const MILLISECONDS_FROM = 1e11;

/**
 * Tells whether an authentication event meets the requirements of a protected resource, and if not, every reason why.
 * What the event does not say counts against it: an absent `acr` or `authTime` never satisfies. `authTime` is looked at
 * only where `maxAge` is required. Knows strings, not words: `acrValues` are compared exactly.
 *
 * @see [RFC 9470 §6](https://www.rfc-editor.org/rfc/rfc9470.html#section-6)
 */
export function assess(
  event: AuthenticationEvent,
  { acrValues, maxAge, scope }: AuthenticationRequirements,
  { now, clockTolerance = DEFAULT_CLOCK_TOLERANCE }: AssessOptions,
): Assessment {
  const acr = acrValues === undefined ? undefined : acrReason(event, acrValues);
  const age = maxAge === undefined ? undefined : ageReason(event.authTime, maxAge, now, clockTolerance);
  const held = scope === undefined ? undefined : scopeReason(event.scope, scope);
  if (acr === undefined && age === undefined && held === undefined) return MET;
  return { met: false, reasons: [acr, age, held].filter((reason) => reason !== undefined) };
}

function acrReason({ acr, acrs }: AuthenticationEvent, acrValues: readonly string[]): UnmetReason | undefined {
  // not `includes`: of a string given in place of the list it would accept every part
  if (typeof acr === 'string') for (const value of acrValues) if (value === acr) return undefined;
  if (Array.isArray(acrs)) {
    for (const value of acrValues) for (const held of acrs) if (value === held) return undefined;
    return 'acr_unmet';
  }
  return typeof acr === 'string' ? 'acr_unmet' : 'acr_missing';
}

function ageReason(authTime: unknown, maxAge: number, now: number, clockTolerance: number): UnmetReason | undefined {
  if (authTime === undefined || authTime === null) return 'auth_time_missing';
  if (typeof authTime !== 'number' || !(authTime >= 0 && authTime <= MILLISECONDS_FROM)) return 'auth_time_invalid';
  const age = now - authTime;
  if (age < -clockTolerance) return 'auth_time_in_future';
  // not `maxAge + clockTolerance`: of strings that would be '3005'
  return age - maxAge <= clockTolerance ? undefined : 'authentication_too_old';
}

function scopeReason(held: unknown, required: string): UnmetReason | undefined {
  if (typeof held !== 'string') return 'scope_missing';
  // nearly always one scope is required, and splitting would cost more than the rest of the assessment
  const holds = required.includes(' ')
    ? required.split(' ').every((scope) => hasMember(held, scope))
    : hasMember(held, required);
  return holds ? undefined : 'scope_missing';
}

/** Tells whether a space-separated list has this member, whole. */
function hasMember(list: string, member: string): boolean {
  for (let at = list.indexOf(member); at !== -1 && at < list.length; at = list.indexOf(member, at + 1)) {
    const end = at + member.length;
    if ((at === 0 || list[at - 1] === ' ') && (end === list.length || list[end] === ' ')) return true;
  }
  return false;
}

const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/;
/** Scope tokens separated by single spaces: RFC 6750 §3. */
export const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*$/;
const REQUIREMENT_NAMES = new Set(['acrValues', 'maxAge', 'scope']);

/**
 * Checks requirements that were written by hand and gives back a frozen copy without what is `undefined`.
 *
 * @param where named in errors, such as `@RequireAcr on TransferController.create`
 * @throws TypeError naming the faulty member: an unknown one, an empty or ill-formed `acrValues`, a `maxAge` that is no
 * non-negative integer, an ill-formed `scope`, or nothing required at all.
 */
export function checkRequirements(requirements: unknown, where: string): AuthenticationRequirements {
  const fail = (what: string): never => {
    throw new TypeError(`${where}: ${what}`);
  };
  if (typeof requirements !== 'object' || requirements === null || Array.isArray(requirements)) {
    return fail('requirements must be an object with "acrValues", "maxAge" or "scope"');
  }
  for (const name of Object.keys(requirements)) {
    if (!REQUIREMENT_NAMES.has(name)) fail(`unknown requirement "${name}"; known are "acrValues", "maxAge", "scope"`);
  }
  const { acrValues, maxAge, scope } = requirements as Record<string, unknown>;
  const checked: { acrValues?: readonly string[]; maxAge?: number; scope?: string } = {};

  if (acrValues !== undefined) {
    if (!Array.isArray(acrValues) || acrValues.length === 0) fail('"acrValues" must be a list of at least one string');
    for (const value of acrValues as unknown[]) {
      if (!isAcrValue(value)) {
        fail(`"acrValues" has a value ${show(value)}: printable ASCII without space, quote and backslash is needed`);
      }
    }
    if (new Set(acrValues as unknown[]).size !== (acrValues as unknown[]).length) fail('"acrValues" repeats a value');
    checked.acrValues = Object.freeze([...(acrValues as string[])]);
  }
  if (maxAge !== undefined) {
    if (typeof maxAge !== 'number' || !Number.isSafeInteger(maxAge) || maxAge < 0) {
      fail(`"maxAge" must be a non-negative integer number of seconds, not ${show(maxAge)}`);
    }
    checked.maxAge = maxAge as number;
  }
  if (scope !== undefined) {
    if (typeof scope !== 'string' || !SCOPE.test(scope)) {
      fail(`"scope" must be scope tokens separated by single spaces, not ${show(scope)}`);
    }
    checked.scope = scope as string;
  }
  if (Object.keys(checked).length === 0) fail('nothing is required; give "acrValues", "maxAge" or "scope"');
  return Object.freeze(checked);
}

/**
 * Tells whether a value can stand in `acr_values`. RFC 9470 leaves the characters open; we hold them to those of a scope
 * token, which is what survives a space-separated list inside a quoted-string.
 */
export function isAcrValue(value: unknown): value is string {
  return typeof value === 'string' && SCOPE_TOKEN.test(value);
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return 'a list';
  // neither has a text that helps, and some objects have none at all
  if (typeof value === 'function' || (typeof value === 'object' && value !== null)) return `of type ${typeof value}`;
  return String(value);
}

/**
 * Joins the requirements of two levels. For `acrValues` and `maxAge` the inner level wins where it says something;
 * `scope` is the union.
 */
export function mergeRequirements(
  outer: AuthenticationRequirements,
  inner: AuthenticationRequirements,
): AuthenticationRequirements {
  const acrValues = inner.acrValues ?? outer.acrValues;
  const maxAge = inner.maxAge ?? outer.maxAge;
  const scopes = new Set([outer.scope, inner.scope].flatMap((scope) => scope?.split(' ') ?? []));
  return Object.freeze({
    ...(acrValues !== undefined && { acrValues }),
    ...(maxAge !== undefined && { maxAge }),
    ...(scopes.size > 0 && { scope: [...scopes].join(' ') }),
  });
}
