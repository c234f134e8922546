/**
 * How a test authorization server responds to requests for an authentication:
 *
 * - `honors`: the user authenticates as requested, every time. Refuses a request of unknown strings as unmet.
 * - `ignoresAcrValues`: the user signs in as usual, whatever `acr` is requested. Honors `max_age`.
 * - `ignoresEssential`: honors `acr_values`, but not the essential `acr` claim.
 * - `returnsHigherAcr`: the user authenticates with the next stronger `acr` than the requested ones.
 * - `omitsAuthTime`: honors the request, but no token has `auth_time`.
 * - `authTimeInMilliseconds`: honors the request, but `auth_time` is in milliseconds.
 * - `needsOpenid`: responds `invalid_request` to `acr_values`, `max_age` and `claims` without the scope `openid`.
 * - `failsUnmet`: the user cannot authenticate as requested: `unmet_authentication_requirements`.
 * - `declines`: the user refuses to authenticate again: `access_denied`.
 * - `neverReturns`: shows a page on which the user stays.
 *
 * A sign-in without requirements succeeds with each of them.
 */
export const authorizationBehaviors = [
  'honors',
  'ignoresAcrValues',
  'ignoresEssential',
  'returnsHigherAcr',
  'omitsAuthTime',
  'authTimeInMilliseconds',
  'needsOpenid',
  'failsUnmet',
  'declines',
  'neverReturns',
] as const;

/** One of {@link authorizationBehaviors}. */
export type AuthorizationBehavior = (typeof authorizationBehaviors)[number];

/**
 * Returns a behavior that exists.
 *
 * @throws TypeError for another value
 */
export function checkBehavior(behavior: AuthorizationBehavior): AuthorizationBehavior {
  if (authorizationBehaviors.includes(behavior)) return behavior;
  throw new TypeError(`"behavior" must be one of ${authorizationBehaviors.join(', ')}`);
}
