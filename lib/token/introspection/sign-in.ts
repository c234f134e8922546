import { type AuthenticationEvent, MILLISECONDS_FROM } from '../../core/index.js';
import { isNumericDate } from '../claim-values.js';

/** The members of an authentication event that distinguish one sign-in from another. */
export type SignIn = Pick<AuthenticationEvent, 'acr' | 'acrs' | 'acrTimes' | 'authTime'>;

/** Returns whether two responses about one token describe the same sign-in. */
export function isSameSignIn(one: SignIn, other: SignIn): boolean {
  return (
    one.acr === other.acr &&
    one.authTime === other.authTime &&
    isSameList(one.acrs, other.acrs) &&
    isSameTimes(one.acrTimes, other.acrTimes)
  );
}

/**
 * Returns whether a response contradicts the sign-in of the token. A member that only one of the two has is not a
 * contradiction.
 */
export function contradicts(response: SignIn, token: SignIn): boolean {
  return (
    isOther(response.acr, token.acr) ||
    isOther(response.authTime, token.authTime) ||
    (response.acrs !== undefined && token.acrs !== undefined && !isSameList(response.acrs, token.acrs)) ||
    (response.acrTimes !== undefined && token.acrTimes !== undefined && !isSameTimes(response.acrTimes, token.acrTimes))
  );
}

/**
 * Returns whether a sign-in is later than the token, which cannot be about it, or nobody can tell because `iat` cannot
 * be read. Reads an `iat` in milliseconds too. `false` without `auth_time` or `iat`.
 */
export function isLaterThan(signIn: SignIn, iat: unknown): boolean {
  if (iat === undefined) return false;
  if (!isNumericDate(iat)) return isDated(signIn);
  const issuedAt = iat > MILLISECONDS_FROM ? iat / 1000 : iat;
  return timesOf(signIn).some((time) => !isAtMost(time, issuedAt));
}

/** A claim can be an object, and some objects cannot be compared: that throws. */
function isAtMost(time: unknown, limit: number): boolean {
  return typeof time !== 'object' && (time as number) <= limit;
}

/** Returns whether a sign-in has a time. */
export function isDated(signIn: SignIn): boolean {
  return timesOf(signIn).length > 0;
}

/** Every time that a sign-in has, that of a factor included. */
function timesOf({ authTime, acrTimes = {} }: SignIn): number[] {
  return [authTime, ...Object.values(acrTimes)].filter((time) => time !== undefined);
}

function isOther(one: unknown, other: unknown): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

function isSameTimes(one: SignIn['acrTimes'] = {}, other: SignIn['acrTimes'] = {}): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => Object.is(one[name], other[name]));
}

function isSameList(one: readonly string[] = [], other: readonly string[] = []): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
