import { createReadStream } from 'node:fs';
import { UsageError } from './usage-error.js';

/**
 * Reads a file.
 *
 * @param sentence says what the option must be. It leaves out the path, because users can give a secret in its place.
 * @throws UsageError with that sentence if the file cannot be read, or is too long
 */
export async function readTextFile(path: string, maxBytes: number, sentence: string): Promise<string> {
  try {
    return await readBounded(createReadStream(path), maxBytes);
  } catch {
    throw new UsageError(sentence);
  }
}

/** @throws RangeError for more bytes */
export async function readBounded(stream: AsyncIterable<string | Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk));
    length += chunk.length;
    if (length > maxBytes) throw new RangeError(`more than ${maxBytes} bytes`);
  }
  return Buffer.concat(chunks).toString();
}
