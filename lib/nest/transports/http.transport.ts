import { presentedToken } from '../../token/index.js';
import { isUpgrade } from './http-request.js';
import type { Request } from './request.js';
import type { Transport } from './transport.js';

/** HTTP on any adapter: status, headers and a JSON body. */
export const http: Transport = {
  name: 'http',
  carriesUser: true,
  sharesRequest: false,
  requestOf: (host) => host.getArgByIndex(0),
  userHoldersOf(host) {
    const request = host.getArgByIndex<Request & { raw?: object }>(0);
    // On Fastify, middleware receives the request of Node.
    return typeof request.raw === 'object' ? [request, request.raw] : [request];
  },
  responseOf: (host) => host.getArgByIndex(1),
  ownsRequest: () => true,
  /** Only a bare request gets here: that of a handshake, or an object of the application. */
  tokensOf: (request, _, { handshakeHeader }) =>
    handshakeHeader || !isUpgrade(request) ? [presentedToken(request)] : [],
  connectionHoldersOf: (request) => [request],
  writeHeaders: (invocation, refusal, headers) => headers.write(invocation, refusal),
  writeRefusal(refusal, host, headers) {
    const response = host.getArgByIndex<object>(1);
    headers?.write({ request: host.getArgByIndex(0), response }, refusal);
    headers?.reply(response, refusal.getResponse(), refusal.getStatus());
  },
};
