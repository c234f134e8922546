import { AccessTokenRefused } from './errors.js';

/** Claims of real tokens nest three or four deep; far deeper ones overflow the stack of whoever writes them out again. */
const MAX_DEPTH = 32;

/**
 * Freezes claims throughout, as they are handed out to many. Claims that would change a prototype when an application
 * copies or merges them are refused: `__proto__`, and `constructor` unless it is a plain value.
 *
 * @throws AccessTokenRefused `invalid_token`, also for claims nested more than 32 deep
 */
export function freezeClaims(claims: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  freeze(claims, 1);
  return claims;
}

function freeze(value: Readonly<Record<string, unknown>>, depth: number): void {
  if (depth > MAX_DEPTH)
    throw new AccessTokenRefused('invalid_token', 'The claims of the access token nest too deeply');
  for (const name of Object.keys(value)) {
    const member = value[name];
    const isObject = typeof member === 'object' && member !== null;
    if (name === '__proto__' || (name === 'constructor' && isObject)) {
      throw new AccessTokenRefused('invalid_token', 'The access token has a claim of a name that is not accepted');
    }
    if (isObject) freeze(member as Record<string, unknown>, depth + 1);
  }
  Object.freeze(value);
}
