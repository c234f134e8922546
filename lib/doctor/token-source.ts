import { createReadStream } from 'node:fs';
import { readBounded } from './text-file.js';
import { UsageError } from './usage-error.js';

export interface TokenSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: AsyncIterable<string | Uint8Array>;
}

const MAX_TOKEN_BYTES = 65_536;

/**
 * Reads the access token. Does not accept it on the command line, which every user of the machine can read. Does not
 * remove what surrounds a token, such as quotes or a whole token response: the doctor names it.
 *
 * @param from a file, or `-` for standard input. Default is the variable `STEP_UP_TOKEN`.
 * @returns `undefined` without `from` and without that variable
 * @throws UsageError if the file cannot be read, and for what is not one token
 */
export async function readToken(from: string | undefined, sources: TokenSources): Promise<string | undefined> {
  const text = from === undefined ? sources.env['STEP_UP_TOKEN'] : await readFrom(from, sources);
  const token = text?.trim().replace(/^bearer +/i, '');
  if (from === undefined && !token) return undefined;
  if (!token) throw new UsageError('"--token" has no token');
  if (/\s/.test(token) && wrapperOf(token) === undefined) {
    throw new UsageError('"--token" must have one access token and nothing else');
  }
  return token;
}

/** What can contain a token in place of the token itself. */
export type TokenWrapper = 'quotes' | 'token_response' | 'object';

/**
 * Returns what contains the token, if the text is not the token itself. No token has quotes or braces: RFC 6750 §2.1.
 */
export function wrapperOf(text: string): TokenWrapper | undefined {
  if (/^["'`]|["'`]$/.test(text)) return 'quotes';
  if (!text.startsWith('{')) return undefined;
  try {
    return Object.hasOwn(JSON.parse(text), 'access_token') ? 'token_response' : 'object';
  } catch {
    return undefined;
  }
}

async function readFrom(from: string, { stdin }: TokenSources): Promise<string> {
  try {
    return await readBounded(from === '-' ? stdin : createReadStream(from), MAX_TOKEN_BYTES);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError('"--token" is too long for an access token');
    // The message leaves out the path, because users can give the token in its place.
    throw new UsageError(
      '"--token" must be a readable file, or "-" for standard input; ' +
        'a token on the command line would stay in the history of the shell',
    );
  }
}
