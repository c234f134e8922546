import type { AuthenticationRequirements } from './requirements.js';

/**
 * The authentication event behind an access token: how and when its user authenticated.
 *
 * @see [RFC 9068 §2.2.1](https://www.rfc-editor.org/rfc/rfc9068.html#section-2.2.1)
 */
export interface AuthenticationEvent {
  acr?: string | undefined;
  /** Authentication contexts that hold next to `acr`, if a server lists several at once; any of them counts. */
  acrs?: readonly string[] | undefined;
  /** Seconds since the epoch. */
  authTime?: number | undefined;
  amr?: readonly string[] | undefined;
  issuer?: string | undefined;
  subject?: string | undefined;
  clientId?: string | undefined;
  /** Space-separated. */
  scope?: string | undefined;
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

/** What a requirement can be about. */
type RequirementDimension = 'acr' | 'age' | 'scope';

/** Which part of the requirements each reason is about. */
export const REASON_DIMENSIONS: Readonly<Record<UnmetReason, RequirementDimension>> = {
  acr_missing: 'acr',
  acr_unmet: 'acr',
  auth_time_missing: 'age',
  auth_time_invalid: 'age',
  auth_time_in_future: 'age',
  authentication_too_old: 'age',
  scope_missing: 'scope',
};

/** Whether a new sign-in can be enough for what was unmet. A token that tells no usable time tells none next time either. */
export const SIGN_IN_HELPS: Readonly<Record<UnmetReason, boolean>> = {
  acr_missing: true,
  acr_unmet: true,
  auth_time_missing: false,
  auth_time_invalid: false,
  auth_time_in_future: false,
  authentication_too_old: true,
  scope_missing: true,
};

export type Assessment = { met: true } | { met: false; reasons: UnmetReason[] };

export interface AssessOptions {
  /** Seconds since the epoch. */
  now: number;
  /** Seconds by which clocks may differ. Default is `5`. */
  clockTolerance?: number | undefined;
}

/** Seconds by which clocks may differ if nothing else is said. */
export const DEFAULT_CLOCK_TOLERANCE = 5;

const MET: Assessment = Object.freeze({ met: true });

/** Beyond this a number of seconds is one of milliseconds: the year 5138. */
export const MILLISECONDS_FROM = 1e11;

/**
 * Returns whether an authentication event meets the requirements of a protected resource, and if not, every reason why.
 * What the event does not say counts against it: an absent `acr` or `authTime` never satisfies. `authTime` is looked at
 * only if `maxAge` is required. Knows strings, not words: `acrValues` are compared exactly.
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

/** Returns whether a space-separated list has this member, whole. */
function hasMember(list: string, member: string): boolean {
  for (let at = list.indexOf(member); at !== -1 && at < list.length; at = list.indexOf(member, at + 1)) {
    const end = at + member.length;
    if ((at === 0 || list[at - 1] === ' ') && (end === list.length || list[end] === ' ')) return true;
  }
  return false;
}
