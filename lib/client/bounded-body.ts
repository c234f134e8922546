/**
 * Reads the body of a message as text, up to a limit in bytes. Returns `undefined` if it is larger, without having read
 * all of it, except on platforms that do not show the body as a stream.
 */
export async function readBoundedText(
  message: Pick<Request | Response, 'body' | 'text'>,
  limit: number,
): Promise<string | undefined> {
  const reader = message.body?.getReader();
  if (!reader) {
    const text = await message.text();
    return text.length <= limit ? text : undefined;
  }
  const decoder = new TextDecoder();
  let text = '';
  let left = limit;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    left -= value.length;
    if (left < 0) {
      // never settles while another reader holds the other half of a cloned body
      reader.cancel().catch(() => undefined);
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}
