import type { AuthenticationRequirements } from '../core/index.js';

/**
 * Returns requirements that hold only if each of the given ones holds: the acr values that all of them accept, the
 * smallest `maxAge`, and every scope. `undefined` if they have no acr value in common: one token cannot meet them all.
 */
export function strictest(requirements: readonly AuthenticationRequirements[]): AuthenticationRequirements | undefined {
  const lists = requirements.flatMap(({ acrValues }) => (acrValues === undefined ? [] : [acrValues]));
  const ages = requirements.flatMap(({ maxAge }) => (maxAge === undefined ? [] : [maxAge]));
  const scopes = new Set(requirements.flatMap(({ scope }) => scope?.split(' ') ?? []));
  const [first, ...others] = lists;
  const acrValues = first?.filter((value) => others.every((list) => list.includes(value)));
  if (acrValues?.length === 0) return undefined;
  return Object.freeze({
    ...(acrValues !== undefined && { acrValues: Object.freeze(acrValues) }),
    ...(ages.length > 0 && { maxAge: Math.min(...ages) }),
    ...(scopes.size > 0 && { scope: [...scopes].join(' ') }),
  });
}
