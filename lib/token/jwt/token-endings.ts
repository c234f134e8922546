import { ENDINGS, type TokenIdentity } from './token-identity.js';

/** A count that has reached it stays, since nobody knows any more when it is down to nothing. */
const MANY = 255;

/**
 * Counts the endings of tokens, so that of most tokens it is known without a digest that they are not among them. Says
 * of none of them that it is not.
 */
export class TokenEndings {
  readonly #counts = new Uint8Array(ENDINGS);

  /** Returns whether a token may be among them. `false` is certain. */
  mayInclude({ ending }: TokenIdentity): boolean {
    return this.#counts[ending] !== 0;
  }

  add(ending: number): void {
    const count = this.#counts[ending] as number;
    if (count < MANY) this.#counts[ending] = count + 1;
  }

  /** Removes an ending that was added. */
  remove(ending: number): void {
    const count = this.#counts[ending] as number;
    if (count < MANY) this.#counts[ending] = count - 1;
  }
}
