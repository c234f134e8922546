import type { AuthenticationRequirements } from './requirements.js';

/**
 * The authentication event behind an access token: how and when its user authenticated. An absent member is unknown.
 *
 * @see [RFC 9068 §2.2.1](https://www.rfc-editor.org/rfc/rfc9068.html#section-2.2.1)
 */
export interface AuthenticationEvent {
  acr?: string | undefined;
  /** Authentication contexts next to `acr`, if a server lists several in one token. Any of them satisfies. */
  acrs?: readonly string[] | undefined;
  /**
   * Authentication contexts with a time of their own, such as that of a second factor, in seconds since the epoch.
   * `maxAge` judges that time and not `authTime` if such a context is required. `undefined` as a time is unknown.
   */
  acrTimes?: Readonly<Record<string, number | undefined>> | undefined;
  /** Seconds since the epoch. */
  authTime?: number | undefined;
  amr?: readonly string[] | undefined;
  issuer?: string | undefined;
  subject?: string | undefined;
  clientId?: string | undefined;
  /** Scopes of the token, separated by spaces. */
  scope?: string | undefined;
}

/** A reason why an authentication event does not meet requirements. Stable. */
export type UnmetReason =
  | 'acr_missing'
  | 'acr_unmet'
  | 'auth_time_missing'
  | 'auth_time_invalid'
  | 'auth_time_in_future'
  | 'authentication_too_old'
  | 'scope_missing';

/** The part of the requirements that a reason is about. */
type RequirementDimension = 'acr' | 'age' | 'scope';

/** Maps each reason to the part of the requirements that it is about. */
export const REASON_DIMENSIONS: Readonly<Record<UnmetReason, RequirementDimension>> = {
  acr_missing: 'acr',
  acr_unmet: 'acr',
  auth_time_missing: 'age',
  auth_time_invalid: 'age',
  auth_time_in_future: 'age',
  authentication_too_old: 'age',
  scope_missing: 'scope',
};

/**
 * Maps each reason to whether a new sign-in can help. A server that issues no usable `auth_time` issues none next time
 * either.
 */
export const SIGN_IN_HELPS: Readonly<Record<UnmetReason, boolean>> = {
  acr_missing: true,
  acr_unmet: true,
  auth_time_missing: false,
  auth_time_invalid: false,
  auth_time_in_future: false,
  authentication_too_old: true,
  scope_missing: true,
};

/** Whether an authentication event meets the requirements, and if not, every reason why. */
export type Assessment = { met: true } | { met: false; reasons: UnmetReason[] };

/** Options of {@link assess}. */
export interface AssessOptions {
  /** The current time, in seconds since the epoch. */
  now: number;
  /** Seconds by which clocks may differ. Default is `5`. */
  clockTolerance?: number | undefined;
}

export const DEFAULT_CLOCK_TOLERANCE = 5;

const MET: Assessment = /* @__PURE__ */ Object.freeze({ met: true });

/** Greatest plausible time in seconds since the epoch: the year 5138. A greater number is one of milliseconds. */
export const MILLISECONDS_FROM = 1e11;

/**
 * Returns whether an authentication event meets the requirements of a protected resource, and if not, every reason why.
 * An absent `acr` or `authTime` never satisfies. Reads times only if `maxAge` is required: that of `acrTimes` for a
 * required context that has one, else `authTime`. Compares `acrValues` exactly: it does not translate words of an
 * application. Does not throw for claims of a wrong type.
 *
 * @example
 * ```ts
 * assess({ acr: 'pwd' }, { acrValues: ['mfa'] }, { now: Date.now() / 1000 }); // { met: false, reasons: ['acr_unmet'] }
 * ```
 * @see [RFC 9470 §6](https://www.rfc-editor.org/rfc/rfc9470.html#section-6)
 */
export function assess(
  event: AuthenticationEvent,
  { acrValues, maxAge, scope }: AuthenticationRequirements,
  { now, clockTolerance = DEFAULT_CLOCK_TOLERANCE }: AssessOptions,
): Assessment {
  const acr = acrValues === undefined ? undefined : contextReason(event, acrValues);
  const age =
    maxAge === undefined
      ? undefined
      : acrValues === undefined || !event.acrTimes
        ? ageReason(event.authTime, maxAge, now, clockTolerance)
        : contextAgeReason(event, acrValues, (time) => ageReason(time, maxAge, now, clockTolerance));
  const held = scope === undefined ? undefined : scopeReason(event.scope, scope);
  if (acr === undefined && age === undefined && held === undefined) return MET;
  return { met: false, reasons: [acr, age, held].filter((reason) => reason !== undefined) };
}

/** Why an event lacks the authentication context; `undefined` if it does not. */
function contextReason({ acr, acrs }: AuthenticationEvent, acrValues: readonly string[]): UnmetReason | undefined {
  const reason = acrReason(acr, acrValues);
  if (reason === undefined || !Array.isArray(acrs)) return reason;
  for (const value of acrValues) for (const held of acrs) if (value === held) return undefined;
  return 'acr_unmet';
}

/** Why an `acr` is not one of the required ones; `undefined` if it is. */
export function acrReason(acr: unknown, acrValues: readonly string[]): 'acr_missing' | 'acr_unmet' | undefined {
  if (typeof acr !== 'string') return 'acr_missing';
  // `includes` of a string in place of the list would accept every part of it.
  for (const value of acrValues) if (value === acr) return undefined;
  return 'acr_unmet';
}

/** Why a sign-in is not recent enough; `undefined` if it is. */
export function ageReason(
  authTime: unknown,
  maxAge: number,
  now: number,
  clockTolerance: number,
): Exclude<UnmetReason, 'acr_missing' | 'acr_unmet' | 'scope_missing'> | undefined {
  if (authTime === undefined || authTime === null) return 'auth_time_missing';
  if (typeof authTime !== 'number' || !(authTime >= 0 && authTime <= MILLISECONDS_FROM)) return 'auth_time_invalid';
  const age = now - authTime;
  if (age < -clockTolerance) return 'auth_time_in_future';
  // `maxAge + clockTolerance` would join them if one were a string: '3005'.
  return age - maxAge <= clockTolerance ? undefined : 'authentication_too_old';
}

/** Why no required context that the event has is recent enough; `undefined` if one is. */
function contextAgeReason(
  event: AuthenticationEvent,
  acrValues: readonly string[],
  reasonOf: (time: unknown) => UnmetReason | undefined,
): UnmetReason | undefined {
  const { acrTimes, authTime } = event;
  const reasons: UnmetReason[] = [];
  for (const value of acrValues) {
    if (contextReason(event, [value]) !== undefined) continue;
    const reason = reasonOf(Object.hasOwn(Object(acrTimes), value) ? acrTimes?.[value] : authTime);
    if (reason === undefined) return undefined;
    reasons.push(reason);
  }
  // Without any of them the acr is the reason, and a time that was never needed is not missing.
  if (reasons.length === 0) return authTime === undefined ? undefined : reasonOf(authTime);
  // A new sign-in helps if one of them is only too old.
  return reasons.find((reason) => SIGN_IN_HELPS[reason]) ?? reasons[0];
}

function scopeReason(held: unknown, required: string): UnmetReason | undefined {
  if (typeof held !== 'string') return 'scope_missing';
  // Nearly always one scope is required, and splitting costs more than the rest of the assessment.
  const holds = required.includes(' ')
    ? required.split(' ').every((scope) => hasMember(held, scope))
    : hasMember(held, required);
  return holds ? undefined : 'scope_missing';
}

/** Returns whether a space-separated list has a member. A part of a member does not count. */
function hasMember(list: string, member: string): boolean {
  for (let at = list.indexOf(member); at !== -1 && at < list.length; at = list.indexOf(member, at + 1)) {
    const end = at + member.length;
    if ((at === 0 || list[at - 1] === ' ') && (end === list.length || list[end] === ' ')) return true;
  }
  return false;
}
