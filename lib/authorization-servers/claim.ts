import type { Claims } from '../core/index.js';

/** Name of a claim, or the list of names that leads to a nested one. */
export type ClaimPath = string | readonly string[];

/**
 * Returns the claim at a path; `undefined` if the path leads through something that is not an object. Reads getters of
 * a class, since the user of a strategy may be a model. Does not read members that every object inherits.
 */
export function readClaim(claims: Claims, path: readonly string[]): unknown {
  // Most claims are not nested, and need no loop.
  if (path.length === 1) return memberOf(claims, path[0] as string);
  let value: unknown = claims;
  for (const name of path) value = memberOf(value, name);
  return value;
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const member = (value as Claims)[name];
  // Found first, since most members are not there, and only few names are inherited.
  return member !== undefined && isInheritedByAll(value, name) ? undefined : member;
}

const INHERITED = new Set(Object.getOwnPropertyNames(Object.prototype));

function isInheritedByAll(value: object, name: string): boolean {
  return INHERITED.has(name) && !Object.hasOwn(value, name);
}

/** Returns whether a claim has a value; with `true`, whether it is neither `undefined` nor `null`. */
export function hasClaim(claims: Claims, [name, value]: readonly [name: string, value: string | true]): boolean {
  const claim = readClaim(claims, [name]);
  return value === true ? claim !== undefined && claim !== null : claim === value;
}

/**
 * Returns the identifiers of the APIs whose scopes a token has: what stands before the last slash of a scope, as Amazon
 * Cognito writes the scopes of resource servers.
 */
export function audiencesOfScope(scope: unknown): string[] {
  const scopes: readonly unknown[] = typeof scope === 'string' ? scope.split(' ') : Array.isArray(scope) ? scope : [];
  return scopes.flatMap((one) =>
    typeof one === 'string' && one.includes('/') ? one.slice(0, one.lastIndexOf('/')) : [],
  );
}

const APPLICATION = 'application/';

/** Returns the media type in `typ`, in lower case and without `application/`, which may be omitted: RFC 7515 §4.1.9. */
export function mediaType(typ: string): string {
  const type = typ.toLowerCase();
  return type.startsWith(APPLICATION) ? type.slice(APPLICATION.length) : type;
}
