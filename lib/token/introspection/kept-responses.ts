import type { Claims } from '../../core/index.js';
import { AgingMap } from '../aging-map.js';

/** A response about an active token. */
export interface Kept {
  readonly claims: Claims;
  /** Time of the request, in seconds since the epoch. */
  readonly at: number;
}

interface Entry {
  readonly kept: Kept;
  readonly bytes: number;
}

const MAX_ENTRIES = 1000;
const MAX_BYTES = 16 * 1024 * 1024;

/** Octets of an object, a list or a text, without what is in it. */
const AROUND = 64;
/** Octets of the place of a value in an object or a list. */
const PLACE = 16;

/** Responses in memory: up to 1,000, and up to 16 MiB. The oldest are dropped first. */
export class KeptResponses {
  readonly #entries = new AgingMap<string, Entry>();
  #bytes = 0;

  /** The estimated size of all responses. */
  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): Kept | undefined {
    return this.#entries.get(key)?.kept;
  }

  /** Keeps a response, also in the place of another one. */
  set(key: string, kept: Kept): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    const bytes = estimatedBytes(kept.claims);
    this.#entries.set(key, { kept, bytes });
    this.#bytes += bytes;
    while (this.#entries.size > MAX_ENTRIES || this.#bytes > MAX_BYTES)
      this.#bytes -= this.#entries.shift()?.bytes ?? 0;
  }
}

/** Estimates what claims take in memory. Does not call itself: nobody has looked yet how deeply they are nested. */
function estimatedBytes(claims: Claims): number {
  let bytes = 0;
  const left: object[] = [claims];
  for (let value = left.pop(); value !== undefined; value = left.pop()) {
    const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
    bytes += AROUND + PLACE * members.length;
    for (const member of members) {
      if (typeof member === 'string') bytes += AROUND + member.length;
      else if (typeof member === 'object' && member !== null) left.push(member);
    }
    if (members !== value) for (const name of Object.keys(value)) bytes += name.length;
  }
  return bytes;
}
