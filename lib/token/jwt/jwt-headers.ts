import type { Claims } from '../../core/index.js';
import { BoundedMap } from '../bounded-map.js';
import type { KnownHeaders, UnverifiedJwt } from './jwt.js';

const MAX_HEADERS = 100;
const MAX_HEADER_CHARACTERS = 1024;

/** A header, and how it was sent. */
interface Known {
  readonly text: string;
  readonly header: Claims;
}

/** The headers of verified tokens. Tokens that one key signs have the same, so that each is decoded once. */
export class JwtHeaders implements KnownHeaders {
  readonly #byText = new BoundedMap<string, Known>(MAX_HEADERS);
  /** The one that was found last: to compare it costs less than to look one up. */
  #last: Known | undefined;

  find(token: string, characters: number): Claims | undefined {
    const last = this.#last;
    if (last?.text.length === characters && token.startsWith(last.text)) return last.header;
    const found = this.#byText.get(token.slice(0, characters));
    if (found === undefined) return undefined;
    this.#last = found;
    return found.header;
  }

  /** Remembers the header of a token whose signature is valid: otherwise strangers could fill the memory. */
  remember({ header, headerCharacters, signingInput }: UnverifiedJwt): void {
    if (Object.isFrozen(header) || headerCharacters > MAX_HEADER_CHARACTERS) return;
    // Not a slice of the token, which would keep the whole of it in memory.
    const text = Buffer.from(signingInput.slice(0, headerCharacters)).toString('latin1');
    this.#byText.set(text, { text, header: Object.freeze(header) });
  }
}
