import type { Claims } from '../../core/index.js';
import { AgingMap } from '../aging-map.js';
import { ClaimsMemory } from '../claims-memory.js';

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

/** Octets of the digest of a token, and of the objects around its claims. */
const AROUND = 200;

/** Responses in memory: up to 1,000, and up to 16 MiB. The oldest are dropped first. */
export class KeptResponses {
  readonly #entries = new AgingMap<string, Entry>();
  readonly #memory = new ClaimsMemory();
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
    const bytes = AROUND + this.#memory.estimate(kept.claims);
    this.#entries.set(key, { kept, bytes });
    this.#bytes += bytes;
    while (this.#entries.size > MAX_ENTRIES || this.#bytes > MAX_BYTES)
      this.#bytes -= this.#entries.shift()?.bytes ?? 0;
  }
}
