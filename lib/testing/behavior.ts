/**
 * How an authorization server answers requests that ask for an authentication:
 *
 * - `honors`: the user authenticates as asked, as often as it is asked; an unknown `acr` is refused as unmet
 * - `ignoresAcrValues`: whatever `acr` is asked for, the user signs in as ever; `max_age` is honored
 * - `ignoresEssential`: honors `acr_values`, but not the essential `acr` claim
 * - `returnsHigherAcr`: the user authenticates with the next stronger `acr` than any that is asked for
 * - `omitsAuthTime`: honors the request, but no token carries `auth_time`
 * - `authTimeInMilliseconds`: honors the request, but `auth_time` is in milliseconds
 * - `needsOpenid`: refuses `acr_values`, `max_age` and `claims` without the scope `openid`: `invalid_request`
 * - `failsUnmet`: the user cannot authenticate as asked: `unmet_authentication_requirements`
 * - `declines`: the user refuses to authenticate again: `access_denied`
 * - `neverReturns`: shows a page on which the user stays
 *
 * A plain sign-in succeeds with each of them.
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

export type AuthorizationBehavior = (typeof authorizationBehaviors)[number];

/** @throws TypeError for a behavior that does not exist */
export function checkBehavior(behavior: AuthorizationBehavior): AuthorizationBehavior {
  if (authorizationBehaviors.includes(behavior)) return behavior;
  throw new TypeError(`"behavior" must be one of ${authorizationBehaviors.join(', ')}`);
}
