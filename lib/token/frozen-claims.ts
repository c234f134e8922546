import type { Claims } from '../core/index.js';
import { type Refuse, refuse } from './refuse.js';

/**
 * Claims of real tokens are nested three or four deep. Much deeper ones overflow the stack of code that serializes
 * them.
 */
const MAX_CLAIMS_DEPTH = 32;

/**
 * Freezes claims at every depth, since several requests share them. Refuses claims that would change a prototype if an
 * application copies or merges them: `__proto__`, and a `constructor` that is an object.
 *
 * @throws AccessTokenRefused `invalid_token` for such claims, and for claims that are nested more than 32 deep
 */
export function freezeClaims(claims: Claims, report: Refuse = refuse): Claims {
  freeze(claims, 1, report);
  return claims;
}

function freeze(value: object, depth: number, report: Refuse): void {
  if (depth > MAX_CLAIMS_DEPTH) report('claims_too_deep');
  if (Array.isArray(value)) {
    for (const member of value) if (isObject(member)) freeze(member, depth + 1, report);
  } else {
    // Over the names themselves: faster than over a list of them.
    for (const name in value) {
      const member: unknown = (value as Claims)[name];
      if (name === '__proto__' || (name === 'constructor' && isObject(member))) report('claim_name_forbidden');
      if (isObject(member) && Object.hasOwn(value, name)) freeze(member, depth + 1, report);
    }
  }
  Object.freeze(value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
