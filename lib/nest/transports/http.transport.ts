import { isUpgrade } from './http-request.js';
import type { Transport } from './transport.js';

/** HTTP on any adapter: status, headers and a JSON body. */
export const http: Transport = {
  name: 'http',
  carriesUser: true,
  requestOf: (host) => host.switchToHttp().getRequest(),
  responseOf: (host) => host.switchToHttp().getResponse(),
  ownsRequest: (request) => !isUpgrade(request),
  writeHeaders: (invocation, refusal, headers) => headers.write(invocation, refusal),
  writeRefusal(refusal, host, headers) {
    const response = host.switchToHttp().getResponse<object>();
    headers.write({ request: host.switchToHttp().getRequest(), response }, refusal);
    headers.reply(response, refusal.getResponse(), refusal.getStatus());
  },
};
