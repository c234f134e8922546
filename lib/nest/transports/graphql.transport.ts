import { isHttpRequest } from './http-request.js';
import type { Request, Transport } from './transport.js';

/**
 * GraphQL over HTTP and over sockets. A field has no response of its own: two refused fields would be two challenges in
 * one. The exception itself is the GraphQL error, and carries `extensions`.
 */
export const graphql: Transport = {
  name: 'graphql',
  carriesUser: true,
  requestOf(host) {
    const context = host.getArgByIndex<{ req?: Request; request?: Request } | undefined>(2);
    return context?.req ?? context?.request;
  },
  responseOf: () => undefined,
  ownsRequest: isHttpRequest,
  writeRefusal: (refusal) => refusal,
};
