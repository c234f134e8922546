import type { ArgumentsHost } from '@nestjs/common';
import { isHttpRequest } from './http-request.js';
import type { Request } from './request.js';
import type { Transport } from './transport.js';

/** What Apollo Server's cache control adds to the information on a field. */
interface Info {
  readonly cacheControl?: { setCacheHint?: (hint: object) => void; readonly cacheHint?: { replace?: unknown } };
}

/**
 * GraphQL over HTTP and over sockets. A field has no response of its own: two refused fields would be two challenges in
 * one. The exception itself is the GraphQL error, and carries `extensions`.
 */
export const graphql: Transport = {
  name: 'graphql',
  carriesUser: true,
  sharesRequest: true,
  requestOf,
  userHoldersOf: (host) => [requestOf(host)].filter((request) => request !== undefined),
  responseOf: () => undefined,
  ownsRequest: isHttpRequest,
  /** A response cache would serve the next user without any invocation. What the field itself hints no longer counts. */
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

/** Reference resolvers have no arguments: `(reference, context, info)` in place of `(root, args, context, info)`. */
function contextOf(host: ArgumentsHost): unknown {
  const parameters = host.getArgs();
  return parameters.length === 3 ? parameters[1] : parameters[2];
}
