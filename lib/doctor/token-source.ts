import { createReadStream } from 'node:fs';
import { UsageError } from './usage-error.js';

export interface TokenSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: AsyncIterable<string | Uint8Array>;
}

const MAX_TOKEN_BYTES = 65_536;

/**
 * Reads the access token. Does not accept it on the command line, which every user of the machine can read.
 *
 * @param from a file, or `-` for standard input. Default is the variable `STEP_UP_TOKEN`.
 * @returns `undefined` without `from` and without that variable
 * @throws UsageError if the file cannot be read, and for what is not one token
 */
export async function readToken(from: string | undefined, sources: TokenSources): Promise<string | undefined> {
  const text =
    from === undefined
      ? sources.env['STEP_UP_TOKEN']
      : await (from === '-' ? readAll(sources.stdin) : readTextFile(from));
  const token = text?.trim().replace(/^bearer +/i, '');
  if (from === undefined && !token) return undefined;
  if (!token) throw new UsageError('"--token" has no token');
  if (/\s/.test(token)) throw new UsageError('"--token" must have one access token and nothing else');
  return token;
}

async function readTextFile(path: string): Promise<string> {
  try {
    return await readAll(createReadStream(path));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    // The message leaves out the path, because users may give the token in its place.
    throw new UsageError(
      '"--token" must be a readable file, or "-" for standard input; ' +
        'a token on the command line would stay in the history of the shell',
    );
  }
}

async function readAll(stdin: TokenSources['stdin']): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk));
    length += chunk.length;
    if (length > MAX_TOKEN_BYTES) throw new UsageError('"--token" is too long for an access token');
  }
  return Buffer.concat(chunks).toString();
}
