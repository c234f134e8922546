import type { Claims } from '../core/index.js';
/** Where a claim stands: its name, or the names on the way to it when it is nested. */
export type ClaimPath = string | readonly string[];

/**
 * Reads the claim at a path; `undefined` if the way leads through something that is no object. Getters of a class count,
 * as the user of a strategy may be a model; what every object inherits does not.
 */
export function readClaim(claims: Claims, path: readonly string[]): unknown {
  let value: unknown = claims;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || isInheritedByAll(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

function isInheritedByAll(value: object, name: string): boolean {
  return name in Object.prototype && !Object.hasOwn(value, name);
}

/** Returns whether a claim has a value, or with `true` any value at all. */
export function hasClaim(claims: Claims, [name, value]: readonly [name: string, value: string | true]): boolean {
  const claim = readClaim(claims, [name]);
  return value === true ? claim !== undefined && claim !== null : claim === value;
}

/** `typ` is a media type whose `application/` may be left out, compared without regard to case: RFC 7515 §4.1.9. */
export function mediaType(typ: string): string {
  return typ.toLowerCase().replace(/^application\//, '');
}
