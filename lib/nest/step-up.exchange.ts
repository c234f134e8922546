import type { ArgumentsHost, ExecutionContext } from '@nestjs/common';
import type { IncomingRequest } from '../token/index.js';

export type Request = IncomingRequest & { user?: unknown };

/** The request that a handler answers, whatever carried it. */
export interface Exchange {
  readonly transport: 'http' | 'graphql' | 'ws' | 'rpc';
  readonly request: Request;
  /** Where a response with headers exists and belongs to this invocation alone. */
  readonly response?: object;
  /** Absent where only the request is known. */
  readonly context?: ExecutionContext;
}

/**
 * Finds the request of an invocation. A GraphQL field has no response of its own: two refused fields would be two
 * challenges in one.
 *
 * @throws TypeError for a kind of context that is not known, and for one without a request: nobody could tell whose it is.
 */
export function exchangeOf(context: ExecutionContext): Exchange {
  const found = requestOf(context);
  if (typeof found.request !== 'object' || found.request === null) {
    throw new TypeError(
      `The ${found.transport} context has no request; for GraphQL let "context" hand on { req }, and see the option "accessToken"`,
    );
  }
  return { ...found, request: found.request, context };
}

function requestOf(host: ArgumentsHost): Omit<Exchange, 'request' | 'context'> & { request: Request | undefined } {
  const type: string = host.getType();
  if (type === 'http') {
    const http = host.switchToHttp();
    return { transport: type, request: http.getRequest(), response: http.getResponse() };
  }
  if (type === 'graphql') {
    const context = host.getArgByIndex<{ req?: Request; request?: Request } | undefined>(2);
    return { transport: type, request: context?.req ?? context?.request };
  }
  if (type === 'ws') {
    const client = host.switchToWs().getClient<Request & { handshake?: Request }>();
    return { transport: type, request: client.handshake ?? client };
  }
  if (type === 'rpc') return { transport: type, request: host.switchToRpc().getContext() };
  throw new TypeError(`Step-up authentication does not know the context type "${type}" and refuses it`);
}

/** What {@link StepUpService} takes as `at`: an execution context, or the request itself. */
export function exchangeAt(at: unknown): Exchange {
  if (typeof at === 'object' && at !== null) {
    if ('getHandler' in at && 'switchToHttp' in at) return exchangeOf(at as ExecutionContext);
    if ('headers' in at) return { transport: 'http', request: at as Request, ...responseOf(at) };
  }
  throw new TypeError('StepUpService needs an ExecutionContext, the request, or what @StepUpContext() gave');
}

/** Express requests know their response. */
export function responseOf(request: object): { response?: object } {
  const response = 'res' in request ? request.res : undefined;
  return typeof response === 'object' && response !== null ? { response } : {};
}
