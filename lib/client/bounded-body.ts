/**
 * Reads the body of a message as text, up to a limit in bytes. Returns `undefined` if it is larger, without having read
 * all of it, except on platforms that do not show the body as a stream.
 */
export async function readBoundedText(
  message: Pick<Request | Response, 'body' | 'text'>,
  limit: number,
): Promise<string | undefined> {
  let text = '';
  let size = 0;
  const reader = message.body?.getReader();
  if (reader === undefined) {
    text = await message.text();
    return text.length <= limit ? text : undefined;
  }
  const decoder = new TextDecoder();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    size += read.value.length;
    if (size > limit) {
      // never settles while another reader holds the other half of a cloned body
      reader.cancel().catch(() => undefined);
      return undefined;
    }
    text += decoder.decode(read.value, { stream: true });
  }
  return text;
}
