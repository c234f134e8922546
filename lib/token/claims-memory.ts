import type { Claims } from '../core/index.js';

/** Octets of an object or a list. */
const OBJECT = 56;
/** Octets of the place of a value. */
const PLACE = 8;
/** Octets of a number that is no 32-bit integer. */
const NUMBER = 16;
/** Octets around the characters of a text. */
const TEXT = 24;
/** Octets of a name that makes a shape of its own. */
const NAME = 192;
/** Octets for each name of a shape that is copied, since another one goes on otherwise. */
const COPIED_NAME = 100;

const MAX_SHAPES = 2048;
/** Of larger objects V8 shares no shape. */
const MAX_NAMES = 128;
/** Characters of a name that is remembered. */
const MAX_NAME = 128;
/** Shorter texts take about the same, whatever their characters. */
const MIN_WIDE = 16;

/** The names that follow those that have led here. V8 keeps such a tree too: objects with the same names share its path. */
class Shape {
  readonly next = new Map<string, Shape>();
}

/**
 * Estimates what claims take in memory. Their text alone does not tell: whoever can have tokens issued may choose many
 * small objects, or names that no other token has. Objects with the same names share a shape, which takes far more than
 * the names: it is counted with the first of them. `node bench/token-memory.mjs` compares the estimate with the heap.
 */
export class ClaimsMemory {
  readonly #shape = new Shape();
  #shapes = 0;

  /** Returns octets. Does not call itself: claims of a response may be nested deeply. */
  estimate(claims: Claims): number {
    let bytes = 0;
    const left: object[] = [claims];
    for (let value = left.pop(); value !== undefined; value = left.pop()) {
      const members: readonly unknown[] = Object.values(value);
      bytes += OBJECT + PLACE * members.length;
      if (!Array.isArray(value)) bytes += this.#bytesOfNames(Object.keys(value));
      for (const member of members) {
        if (typeof member === 'object' && member !== null) left.push(member);
        else bytes += bytesOf(member);
      }
    }
    return bytes;
  }

  #bytesOfNames(names: readonly string[]): number {
    if (names.length > MAX_NAMES) return bytesOfOwn(names);
    let shape = this.#shape;
    let shared = 0;
    for (const name of names) {
      const next = shape.next.get(name);
      if (next === undefined) break;
      shape = next;
      shared += 1;
    }
    if (shared === names.length) return 0;
    const own = names.slice(shared);
    this.#remember(own, shape);
    return COPIED_NAME * shared + bytesOfOwn(own);
  }

  /** Names that are numbers are not part of a shape: V8 keeps their values in a table of its own. */
  #remember(names: readonly string[], after: Shape): void {
    let shape = after;
    for (const name of names) {
      if (this.#shapes >= MAX_SHAPES || name.length > MAX_NAME || /^\d/.test(name)) return;
      const next = new Shape();
      shape.next.set(name, next);
      shape = next;
      this.#shapes += 1;
    }
  }
}

function bytesOfOwn(names: readonly string[]): number {
  return names.reduce((bytes, name) => bytes + NAME + 2 * name.length, 0);
}

function bytesOf(value: unknown): number {
  if (typeof value === 'number') return (value | 0) === value ? 0 : NUMBER;
  if (typeof value !== 'string') return 0;
  return TEXT + value.length * (value.length > MIN_WIDE && /[^\0-\xff]/.test(value) ? 2 : 1);
}
