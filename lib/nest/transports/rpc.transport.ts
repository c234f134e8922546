import { of, throwError } from 'rxjs';
import { grpcMetadataOf, grpcStatus } from './grpc-status.js';
import { isToolCall, mcpRequestOf, toolResult } from './mcp.js';
import type { Transport } from './transport.js';

/** Microservices. A broker can share the context between messages, so every message is authenticated again. */
export const rpc: Transport = {
  name: 'rpc',
  carriesUser: false,
  sharesRequest: true,
  requestOf: (host) => mcpRequestOf(host.getArgByIndex(1)) ?? host.getArgByIndex(1),
  userHoldersOf: (host) =>
    [host.getArgByIndex(1), mcpRequestOf(host.getArgByIndex(1))].filter((holder) => holder !== undefined),
  responseOf: () => undefined,
  ownsRequest: () => false,
  /** Throws what the clients of the transport understand. A tool of MCP returns its refusal. */
  writeRefusal(refusal, host) {
    if (isToolCall(host.getArgByIndex(1))) return of(toolResult(refusal));
    const metadata = grpcMetadataOf(host);
    const { extensions, message } = refusal;
    return throwError(() => (metadata === undefined ? { message, ...extensions } : grpcStatus(refusal, metadata)));
  },
};
