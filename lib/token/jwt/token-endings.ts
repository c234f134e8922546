import { ENDINGS, type TokenIdentity } from './token-identity.js';

/** The greatest count. One that has reached it stays: what was added beyond it was not counted. */
const MAX_COUNT = 255;

/**
 * A counting Bloom filter of the endings of tokens. Excludes most of the tokens that were not added, and none that was,
 * so that those cost no digest.
 */
export class TokenEndings {
  readonly #counts = new Uint8Array(ENDINGS);

  /** Returns whether a token may have been added. `false` is certain. */
  mayInclude({ ending }: TokenIdentity): boolean {
    return this.#counts[ending] !== 0;
  }

  add(ending: number): void {
    const count = this.#counts[ending] as number;
    if (count < MAX_COUNT) this.#counts[ending] = count + 1;
  }

  /** Removes an ending that was added. */
  remove(ending: number): void {
    const count = this.#counts[ending] as number;
    if (count < MAX_COUNT) this.#counts[ending] = count - 1;
  }
}
