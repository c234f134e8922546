import type { Claims } from '../core/index.js';
import { isNumericDate } from './claim-values.js';
import { refuse } from './refuse.js';

export interface Clock {
  /** Seconds since the epoch. */
  readonly now: number;
  /** Seconds by which clocks may differ. */
  readonly clockTolerance: number;
}

/**
 * Checks `exp`, which a JWT must have, and `nbf`.
 *
 * @throws AccessTokenRefused `invalid_token`
 */
export function checkValidity(claims: Claims, clock: Clock): void {
  if (claims['exp'] === undefined) refuse('exp_missing');
  checkStillValid(claims, clock);
}

/**
 * Checks `exp` and `nbf` of a token that was accepted before, at every use. Only an introspection response may have no
 * `exp`: such a token is active for as long as the response is good.
 *
 * @throws AccessTokenRefused `invalid_token`
 */
export function checkStillValid({ exp, nbf }: Claims, { now, clockTolerance }: Clock): void {
  if (exp !== undefined && (!isNumericDate(exp) || now >= exp + clockTolerance)) refuse('token_expired');
  if (nbf !== undefined && (!isNumericDate(nbf) || now < nbf - clockTolerance)) refuse('token_not_yet_valid');
}
