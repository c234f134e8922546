/** Stands for a call whose tool cannot be told: it has no readable name, or the message cannot be read at all. */
const UNREADABLE = undefined;

/**
 * Returns the names of the tools that the messages of a body call. A body is one JSON-RPC message, or a batch of them.
 * A message that cannot be read gives `undefined`, as it may be a call. Does not check what an MCP server checks beyond that.
 *
 * @see [MCP: tools](https://modelcontextprotocol.io/specification/2025-11-25/server/tools#calling-tools)
 */
export function calledTools(body: unknown): readonly (string | undefined)[] {
  const messages = Array.isArray(body) ? (body as unknown[]) : [body];
  return messages.length === 0 ? [UNREADABLE] : messages.flatMap(calledTool);
}

function calledTool(message: unknown): string | undefined | [] {
  const { method, params } = asMembers(message);
  if (method === undefined && isResponse(message)) return [];
  if (typeof method !== 'string') return UNREADABLE;
  if (method !== 'tools/call') return [];
  const { name } = asMembers(params);
  return typeof name === 'string' ? name : UNREADABLE;
}

function isResponse(message: unknown): boolean {
  return Object.hasOwn(asMembers(message), 'result') || Object.hasOwn(asMembers(message), 'error');
}

function asMembers(value: unknown): Record<string, unknown> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Record<string, unknown>) : {};
}
