import type { ArgumentsHost } from '@nestjs/common';
import { presentedToken } from '../../token/index.js';
import { isHttpRequest, isUpgrade } from './http-request.js';
import type { Request } from './request.js';
import { authorizationIn, tokenInField } from './token-locations.js';
import type { Transport } from './transport.js';

/** What the cache control of Apollo Server adds to the information on a field. */
interface Info {
  readonly cacheControl?: { setCacheHint?: (hint: object) => void; readonly cacheHint?: { replace?: unknown } };
}

/** What graphql-ws knows of a connection. Nest passes it on as `req` unless the application has a `context` function. */
interface SocketContext {
  readonly connectionParams?: unknown;
  readonly extra?: { readonly request?: Request };
}

/**
 * GraphQL over HTTP and over sockets. Writes no headers: a field has no response of its own, and two refused fields
 * would be two challenges in one response. The exception itself is the GraphQL error, with `extensions`.
 */
export const graphql: Transport = {
  name: 'graphql',
  carriesUser: true,
  sharesRequest: true,
  requestOf,
  /** Some applications put the user next to the request. */
  userHoldersOf(host) {
    const context = contextOf(host) as object | null | undefined;
    const holders = [requestOf(host), context && 'user' in context ? context : undefined];
    return holders.filter((holder) => holder !== undefined);
  },
  responseOf: () => undefined,
  ownsRequest: isHttpRequest,
  tokensOf(request, host, { connectionParams, handshakeHeader }) {
    const contexts = socketContextsOf(request, host);
    const headers = [request, ...contexts.map(({ extra }) => extra?.request)].filter(isObject);
    return [
      // The application itself has made an object that opened no socket.
      ...headers.filter((one) => handshakeHeader || !isUpgrade(one)).map(presentedToken),
      ...(connectionParams ? contexts.map((context) => tokenInField(authorizationIn(context.connectionParams))) : []),
    ];
  },
  connectionHoldersOf: (request, host) => [
    request,
    ...socketContextsOf(request, host).flatMap((context) => [context, context.extra?.request]),
  ],
  /** A response cache would serve the next user without an invocation. Later hints of the field have no effect. */
  keepPrivate(host) {
    const cacheControl = (host.getArgs().at(-1) as Info | undefined)?.cacheControl;
    if (cacheControl?.setCacheHint === undefined) return;
    cacheControl.setCacheHint({ maxAge: 0, scope: 'PRIVATE' });
    cacheControl.setCacheHint = () => undefined;
    if (cacheControl.cacheHint !== undefined) cacheControl.cacheHint.replace = () => undefined;
  },
  writeRefusal: (refusal) => refusal,
};

function requestOf(host: ArgumentsHost): Request | undefined {
  const context = contextOf(host) as { req?: Request; request?: Request } | null | undefined;
  return context?.req ?? context?.request;
}

/**
 * Returns the GraphQL context. Reference resolvers have no arguments. They receive `(reference, context, info)` in
 * place of `(root, args, context, info)`.
 */
function contextOf(host: ArgumentsHost): unknown {
  const parameters = host.getArgs();
  return parameters.length === 3 ? parameters[1] : parameters[2];
}

/** Returns the objects in which an application can pass on what graphql-ws knows. */
function socketContextsOf(request: Request, host: ArgumentsHost | undefined): SocketContext[] {
  return [request, host && contextOf(host)].filter(isObject) as SocketContext[];
}

function isObject<T>(value: T): value is T & object {
  return typeof value === 'object' && value !== null;
}
