import type { ArgumentsHost } from '@nestjs/common';
import { of, throwError } from 'rxjs';
import { presentedToken } from '../../token/index.js';
import { grpcMetadataOf, grpcStatus } from './grpc-status.js';
import { isToolCall, mcpRequestOf, toolResult } from './mcp.js';
import { mayHaveHeaders, messageHeadersOf } from './message-headers.js';
import type { Request } from './request.js';
import { authorizationIn, tokenInField } from './token-locations.js';
import type { Transport } from './transport.js';

/** Microservices. A broker can share the context between messages, so every message is authenticated again. */
export const rpc: Transport = {
  name: 'rpc',
  carriesUser: false,
  sharesRequest: true,
  /** A transport of the application may give a message without a context. */
  requestOf: (host) => mcpRequestOf(host.getArgByIndex(1)) ?? contextOf(host),
  userHoldersOf: (host) => [host.getArgByIndex(1), mcpRequestOf(host.getArgByIndex(1))].filter(isObject),
  responseOf: () => undefined,
  ownsRequest: () => false,
  tokensOf(_, host, { grpcMetadata, messageHeaders }) {
    if (host === undefined) return [];
    const context: unknown = host.getArgByIndex(1);
    const mcpRequest = mcpRequestOf(context);
    if (mcpRequest !== undefined) return [presentedToken(mcpRequest)];
    const metadata = grpcMetadataOf(host);
    if (metadata !== undefined) return grpcMetadata ? [tokenInField(metadata.get('authorization'))] : [];
    if (!messageHeaders || !mayHaveHeaders(context)) return [];
    return [tokenInField(authorizationIn(messageHeadersOf(context)))];
  },
  /** Throws what the clients of the transport understand. A tool of MCP returns its refusal. */
  writeRefusal(refusal, host) {
    if (isToolCall(host.getArgByIndex(1))) return of(toolResult(refusal));
    const metadata = grpcMetadataOf(host);
    const { extensions, message } = refusal;
    return throwError(() => (metadata === undefined ? { message, ...extensions } : grpcStatus(refusal, metadata)));
  },
};

function contextOf(host: ArgumentsHost): Request {
  const context: unknown = host.getArgByIndex(1);
  return isObject(context) ? (context as Request) : {};
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
