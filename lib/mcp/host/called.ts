/**
 * Returns what a request to an MCP server asks for, such as `tools/call transfer`, so that the same call is recognised
 * when the host sends it again. Requests that carry no readable message are all the same.
 */
export function called(body: unknown): string {
  try {
    const { method, params } = JSON.parse(body as string) as { method?: unknown; params?: { name?: unknown } };
    return [method, params?.name].filter((part) => typeof part === 'string').join(' ');
  } catch {
    return '';
  }
}
