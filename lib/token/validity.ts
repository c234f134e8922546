import type { Claims } from '../core/index.js';
import { isNumericDate } from './claim-values.js';
import { type Refuse, refuse } from './refuse.js';

export interface Clock {
  /** Seconds since the epoch. */
  readonly now: number;
  /** Seconds by which clocks may differ. */
  readonly clockTolerance: number;
}

/**
 * Checks `exp` and `nbf` of a JWT, which must have an `exp`.
 *
 * @throws AccessTokenRefused `invalid_token` if the token has no `exp`, has expired, or is not valid yet
 */
export function checkValidity(claims: Claims, clock: Clock, report: Refuse = refuse): void {
  if (claims['exp'] === undefined) report('exp_missing');
  checkStillValid(claims, clock, report);
}

/**
 * Checks `exp` and `nbf` of a token that was accepted before. Call it at every use. An introspection response may have
 * no `exp`: its token is valid as long as the response is kept.
 *
 * @throws AccessTokenRefused `invalid_token` if the token has expired, or is not valid yet
 */
export function checkStillValid({ exp, nbf }: Claims, { now, clockTolerance }: Clock, report: Refuse = refuse): void {
  // Asked so that a clock that says nothing ends every token.
  if (exp !== undefined && !(isNumericDate(exp) && now < exp + clockTolerance)) report('token_expired');
  if (nbf !== undefined && !(isNumericDate(nbf) && now >= nbf - clockTolerance)) report('token_not_yet_valid');
}
