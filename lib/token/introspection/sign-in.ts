import type { AuthenticationEvent } from '../../core/index.js';

/** How and when a user authenticated, as far as it tells one sign-in from another. */
export type SignIn = Pick<AuthenticationEvent, 'acr' | 'acrs' | 'authTime'>;

/** Returns whether two responses about one token tell of the same sign-in. */
export function isSameSignIn(one: SignIn, other: SignIn): boolean {
  return one.acr === other.acr && one.authTime === other.authTime && isSameList(one.acrs, other.acrs);
}

/**
 * Returns whether a response contradicts what the token says of its sign-in. What only one of the two says is no
 * contradiction.
 */
export function contradicts(response: SignIn, token: SignIn): boolean {
  return (
    isOther(response.acr, token.acr) ||
    isOther(response.authTime, token.authTime) ||
    (response.acrs !== undefined && token.acrs !== undefined && !isSameList(response.acrs, token.acrs))
  );
}

/** Returns whether the sign-in came after the token was issued: a token knows of none that did. */
export function isLaterThan({ authTime }: SignIn, iat: unknown): boolean {
  return authTime !== undefined && typeof iat === 'number' && !(authTime <= iat);
}

function isOther(said: unknown, known: unknown): boolean {
  return said !== undefined && known !== undefined && said !== known;
}

function isSameList(one: readonly string[] = [], other: readonly string[] = []): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
