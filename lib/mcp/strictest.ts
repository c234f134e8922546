import type { AuthenticationRequirements } from '../core/index.js';

/**
 * Returns requirements that hold only if each of the given ones holds: the acr values that all of them accept, the
 * smallest `maxAge`, and every scope. `undefined` if no acr value is enough for all of them.
 *
 * @param satisfying returns the words that satisfy a list
 */
export function strictest(
  requirements: readonly AuthenticationRequirements[],
  satisfying: (acrValues: readonly string[]) => readonly string[],
): AuthenticationRequirements | undefined {
  const lists = requirements.flatMap(({ acrValues }) => (acrValues === undefined ? [] : [acrValues]));
  const ages = requirements.flatMap(({ maxAge }) => (maxAge === undefined ? [] : [maxAge]));
  const scopes = new Set(requirements.flatMap(({ scope }) => scope?.split(' ') ?? []));
  const listed = inAll(lists);
  const acrValues = listed?.length === 0 ? inAll(lists.map(satisfying)) : listed;
  if (acrValues?.length === 0) return undefined;
  return Object.freeze({
    ...(acrValues !== undefined && { acrValues: Object.freeze(acrValues) }),
    ...(ages.length > 0 && { maxAge: Math.min(...ages) }),
    ...(scopes.size > 0 && { scope: [...scopes].join(' ') }),
  });
}

function inAll([first, ...others]: readonly (readonly string[])[]): string[] | undefined {
  return first?.filter((value) => others.every((list) => list.includes(value)));
}
