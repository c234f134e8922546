import type { ArgumentsHost } from '@nestjs/common';
import { isHttpRequest } from './http-request.js';
import type { Request } from './request.js';
import type { Transport } from './transport.js';

/** What the cache control of Apollo Server adds to the information on a field. */
interface Info {
  readonly cacheControl?: { setCacheHint?: (hint: object) => void; readonly cacheHint?: { replace?: unknown } };
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
