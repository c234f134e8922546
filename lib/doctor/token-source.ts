import { createReadStream } from 'node:fs';
import { UsageError } from './usage-error.js';

export interface TokenSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: AsyncIterable<string | Uint8Array>;
}

const MAX_CHARACTERS = 65_536;

/**
 * Reads the access token to examine. Not from the command line, which ends up in the history of the shell and is shown
 * to every user of the machine.
 *
 * @param from a file, `-` for standard input; by default the variable `STEP_UP_TOKEN`
 * @returns `undefined` where there is none to examine
 * @throws UsageError
 */
export async function readToken(from: string | undefined, sources: TokenSources): Promise<string | undefined> {
  // standard input is touched only where it is asked for
  const text =
    from === undefined
      ? sources.env['STEP_UP_TOKEN']
      : await (from === '-' ? readAll(sources.stdin) : readTextFile(from));
  const token = text?.trim().replace(/^bearer +/i, '');
  if (from === undefined && !token) return undefined;
  if (!token) throw new UsageError('"--token" is empty where it was read');
  if (/\s/.test(token)) throw new UsageError('"--token" has to be an access token and nothing else');
  return token;
}

async function readTextFile(path: string): Promise<string> {
  try {
    return await readAll(createReadStream(path));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    // without the path, which is the token itself where it was given instead of a file
    throw new UsageError(
      '"--token" must be a file that can be read, or "-" for standard input; ' +
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
    if (length > MAX_CHARACTERS) throw new UsageError('"--token" is too long for an access token');
  }
  return Buffer.concat(chunks).toString();
}
