import type { Claims } from '../core/index.js';
import { refuse } from './refuse.js';

/** Claims of real tokens nest three or four deep; far deeper ones overflow the stack of whoever writes them out again. */
const MAX_CLAIMS_DEPTH = 32;

/**
 * Freezes claims throughout, as they are handed out to many. Claims that would change a prototype when an application
 * copies or merges them are refused: `__proto__`, and `constructor` unless it is a plain value.
 *
 * @throws AccessTokenRefused `invalid_token`, also for claims nested more than 32 deep
 */
export function freezeClaims(claims: Claims): Claims {
  freeze(claims, 1);
  return claims;
}

function freeze(value: Claims, depth: number): void {
  if (depth > MAX_CLAIMS_DEPTH) refuse('claims_too_deep');
  for (const name of Object.keys(value)) {
    const member = value[name];
    const isObject = typeof member === 'object' && member !== null;
    if (name === '__proto__' || (name === 'constructor' && isObject)) {
      refuse('claim_name_forbidden');
    }
    if (isObject) freeze(member as Record<string, unknown>, depth + 1);
  }
  Object.freeze(value);
}
