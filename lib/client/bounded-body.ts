/**
 * Reads the body of a message, up to a limit in bytes. Returns `undefined` if it is larger, without having read all of
 * it, except in browsers that do not show the body of a request as a stream.
 */
export async function readBoundedBody(
  message: Pick<Request | Response, 'body' | 'arrayBuffer'>,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (message.body === undefined || message.body === null) {
    const whole = new Uint8Array(await message.arrayBuffer());
    return whole.length <= limit ? whole : undefined;
  }
  const reader = message.body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    chunks.push(read.value);
    size += read.value.length;
    if (size > limit) {
      // never settles while another reader holds the other half of a cloned body
      reader.cancel().catch(() => undefined);
      return undefined;
    }
  }
  const whole = new Uint8Array(size);
  let position = 0;
  for (const chunk of chunks) {
    whole.set(chunk, position);
    position += chunk.length;
  }
  return whole;
}
