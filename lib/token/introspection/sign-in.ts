import type { AuthenticationEvent } from '../../core/index.js';

/** The members of an authentication event that distinguish one sign-in from another. */
export type SignIn = Pick<AuthenticationEvent, 'acr' | 'acrs' | 'authTime'>;

/** Returns whether two responses about one token describe the same sign-in. */
export function isSameSignIn(one: SignIn, other: SignIn): boolean {
  return one.acr === other.acr && one.authTime === other.authTime && isSameList(one.acrs, other.acrs);
}

/**
 * Returns whether a response contradicts the sign-in of the token. A member that only one of the two has is not a
 * contradiction.
 */
export function contradicts(response: SignIn, token: SignIn): boolean {
  return (
    isOther(response.acr, token.acr) ||
    isOther(response.authTime, token.authTime) ||
    (response.acrs !== undefined && token.acrs !== undefined && !isSameList(response.acrs, token.acrs))
  );
}

/**
 * Returns whether a sign-in is later than the token, which cannot be about it. `false` without `auth_time` or `iat`.
 */
export function isLaterThan({ authTime }: SignIn, iat: unknown): boolean {
  return authTime !== undefined && typeof iat === 'number' && !(authTime <= iat);
}

function isOther(one: unknown, other: unknown): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

function isSameList(one: readonly string[] = [], other: readonly string[] = []): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
