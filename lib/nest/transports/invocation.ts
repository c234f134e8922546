import type { ArgumentsHost, ExecutionContext } from '@nestjs/common';
import { StepUpConfigurationError } from '../../core/index.js';
import { graphql } from './graphql.transport.js';
import { http } from './http.transport.js';
import { isHttpRequest } from './http-request.js';
import type { Request } from './request.js';
import { responseOf } from './response-headers.js';
import { rpc } from './rpc.transport.js';
import type { Transport } from './transport.js';
import { ws } from './ws.transport.js';

const TRANSPORTS: ReadonlyMap<string, Transport> = new Map(
  [http, graphql, ws, rpc].map((transport) => [transport.name, transport]),
);

/** One call of a handler, over any transport. */
export interface Invocation {
  readonly transport: Transport;
  readonly request: Request;
  /** Present if a response with headers exists and belongs to this invocation alone. */
  readonly response?: object | undefined;
  /** The objects on which the application can have put a user. */
  readonly userHolders: readonly object[];
  /** Absent if only the request is known. */
  readonly context?: ExecutionContext;
}

/** Returns the transport of a context; `undefined` if this package does not know it. */
export function transportOf(host: ArgumentsHost): Transport | undefined {
  return TRANSPORTS.get(host.getType<string>());
}

/**
 * Returns the invocation of a context, with its request.
 *
 * @throws StepUpConfigurationError for a context type that is not known, and for a context without a request
 */
export function invocationOf(context: ExecutionContext): Invocation {
  const transport = transportOf(context);
  if (transport === undefined) {
    throw new StepUpConfigurationError(
      `Step-up authentication does not know the context type "${context.getType<string>()}" and refuses it`,
    );
  }
  const request = transport.requestOf(context);
  if (typeof request !== 'object' || request === null) {
    throw new StepUpConfigurationError(
      `The ${transport.name} context has no request; for GraphQL let "context" hand on { req }, and see the option "accessToken"`,
    );
  }
  return {
    transport,
    request,
    response: transport.responseOf(context),
    userHolders: transport.userHoldersOf(context),
    context,
  };
}

/** For a bare request, only the request shows whether it belongs to one operation. */
const bareRequest: Transport = { ...http, ownsRequest: isHttpRequest };

/** Returns the invocation of a bare request, over HTTP. */
export function invocationOfRequest(request: Request): Invocation {
  return { transport: bareRequest, request, response: responseOf(request), userHolders: [request] };
}

/** Returns the invocation of a socket that passed its handshake, without a message. */
export function invocationOfSocket(client: object): Invocation {
  return { transport: ws, request: client, userHolders: [] };
}
