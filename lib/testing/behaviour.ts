/**
 * How an authorization server answers requests that ask for an authentication:
 *
 * - `honours`: the user authenticates as asked, as often as it is asked; an unknown `acr` is refused as unmet
 * - `ignoresAcrValues`: whatever `acr` is asked for, the user signs in as ever; `max_age` is honoured
 * - `ignoresEssential`: honours `acr_values`, but not the essential `acr` claim
 * - `returnsHigherAcr`: the user authenticates with the next stronger `acr` than any that is asked for
 * - `omitsAuthTime`: honours the request, but no token carries `auth_time`
 * - `authTimeInMilliseconds`: honours the request, but `auth_time` is in milliseconds
 * - `needsOpenid`: refuses `acr_values`, `max_age` and `claims` without the scope `openid`: `invalid_request`
 * - `failsUnmet`: the user cannot authenticate as asked: `unmet_authentication_requirements`
 * - `declines`: the user refuses to authenticate again: `access_denied`
 * - `neverReturns`: shows a page on which the user stays
 *
 * A plain sign-in succeeds with each of them.
 */
export const authorizationBehaviours = [
  'honours',
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

export type AuthorizationBehaviour = (typeof authorizationBehaviours)[number];

/** @throws TypeError for a behaviour that does not exist */
export function checkBehaviour(behaviour: AuthorizationBehaviour): AuthorizationBehaviour {
  if (authorizationBehaviours.includes(behaviour)) return behaviour;
  throw new TypeError(`"behaviour" must be one of ${authorizationBehaviours.join(', ')}`);
}
