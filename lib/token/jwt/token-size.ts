import type { Claims } from '../../core/index.js';

/** Octets of the digest of a token, and of the objects around its claims. */
const AROUND = 200;
/** Octets of an object or a list, its place in the one around it included. */
const OBJECT = 64;
/** V8 keeps an object of more members as a table, in which each takes about as much as an object. */
const MAX_SMALL = 128;

/**
 * Estimates what a verified token takes in memory. Of usual claims each character takes one octet as text and about half
 * as much in the objects that hold it. Claims of many small objects take far more than their text, and whoever can have
 * tokens issued may choose them. `node bench/token-memory.mjs` compares the estimate with the heap.
 *
 * @param payloadCharacters length of the claims as they were sent
 */
export function estimatedBytes(claims: Claims, payloadCharacters: number): number {
  return AROUND + Math.ceil(payloadCharacters + Math.max(payloadCharacters / 2, OBJECT * objectsIn(claims)));
}

/** Returns the number of objects and lists. Of large objects the members count too. */
function objectsIn(value: object): number {
  const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  let count = 1 + (members.length > MAX_SMALL && !Array.isArray(value) ? members.length : 0);
  for (const member of members) if (typeof member === 'object' && member !== null) count += objectsIn(member);
  return count;
}
