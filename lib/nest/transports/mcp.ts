import type { Refusal } from './refusal.js';
import type { Request } from './request.js';

/** What a tool of MCP returns in place of its result. */
interface ToolResult {
  readonly isError: true;
  readonly content: readonly { readonly type: 'text'; readonly text: string }[];
  readonly _meta?: { readonly 'mcp/www_authenticate': readonly string[] };
}

interface McpContext {
  readonly mcpRequest?: { readonly method?: unknown };
  getRawRequest?(): unknown;
}

/** Returns whether the context of a message is that of a tool that `@rekog/mcp-nest` calls. */
export function isToolCall(context: unknown): boolean {
  const { mcpRequest, getRawRequest } = (context ?? {}) as McpContext;
  return typeof getRawRequest === 'function' && mcpRequest?.method === 'tools/call';
}

/** Returns the HTTP request that carried a message of MCP; `undefined` for every other context. */
export function mcpRequestOf(context: unknown): Request | undefined {
  const { mcpRequest, getRawRequest } = (context ?? {}) as McpContext;
  if (mcpRequest === undefined || typeof getRawRequest !== 'function') return undefined;
  const request: unknown = getRawRequest.call(context);
  return typeof request === 'object' && request !== null ? (request as Request) : undefined;
}

/** Returns a refusal as the result of a tool, with the challenge where hosts look for it. */
export function toolResult({ message, challenge }: Refusal): ToolResult {
  return {
    isError: true,
    content: [{ type: 'text', text: message }],
    ...(challenge !== undefined && { _meta: { 'mcp/www_authenticate': [challenge] } }),
  };
}
