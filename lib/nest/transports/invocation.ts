import type { ArgumentsHost, ExecutionContext } from '@nestjs/common';
import type { IncomingRequest } from '../../token/index.js';

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
  const type: string = context.getType();
  if (type === 'http') {
    const http = context.switchToHttp();
    return { transport: 'http', request: http.getRequest(), response: http.getResponse(), context };
  }
  const request = requestOf(type, context);
  if (typeof request !== 'object' || request === null) {
    throw new TypeError(
      `The ${type} context has no request; for GraphQL let "context" hand on { req }, and see the option "accessToken"`,
    );
  }
  return { transport: type as Exchange['transport'], request, context };
}

function requestOf(type: string, host: ArgumentsHost): Request | undefined {
  switch (type) {
    case 'graphql': {
      const context = host.getArgByIndex<{ req?: Request; request?: Request } | undefined>(2);
      return context?.req ?? context?.request;
    }
    case 'ws': {
      const client = host.switchToWs().getClient<Request & { handshake?: Request }>();
      return client.handshake ?? client;
    }
    case 'rpc':
      return host.switchToRpc().getContext();
    default:
      throw new TypeError(`Step-up authentication does not know the context type "${type}" and refuses it`);
  }
}

/** Tells whether a request opened a socket, as that of GraphQL over WebSocket: it outlives the operations on it. */
export function isUpgrade({ headers }: Request): boolean {
  return headers?.['upgrade'] !== undefined;
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
