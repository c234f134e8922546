import { hash } from 'node:crypto';

/** Number of different endings: a power of two. */
export const ENDINGS = 65_536;

/** What a token is told apart by. Works the digest out when it is first asked for. */
export class TokenIdentity {
  readonly #token: string;
  /**
   * A number below {@link ENDINGS} that the end of the signature gives, without its last characters, which may stand for
   * fewer bits. Costs nothing, and is the same for many tokens.
   */
  readonly ending: number;
  #digest: string | undefined;

  constructor(token: string) {
    this.#token = token;
    const { length } = token;
    let ending = 0;
    for (let at = length - 6; at < length - 2; at += 1) ending = ending * 31 + token.charCodeAt(at);
    this.ending = ending & (ENDINGS - 1);
  }

  /** The SHA-256 digest of the whole token: it alone says that two tokens are the same. */
  get digest(): string {
    this.#digest ??= hash('sha256', this.#token, 'binary');
    return this.#digest;
  }
}
