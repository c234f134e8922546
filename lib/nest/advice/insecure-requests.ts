import type { AuthorizationServer } from '../../authorization-servers/index.js';
import type { Advice } from './advice.js';

/** Returns advice on a server that may be reached by http. It never stops the boot, because an option asks for it. */
export function adviceOnInsecureRequests({ issuer, allowInsecureRequests }: AuthorizationServer): Advice[] {
  if (!allowInsecureRequests) return [];
  return [
    {
      code: 'insecure_requests_allowed',
      subject: issuer,
      message:
        '"allowInsecureRequests" accepts http beyond loopback, so that anybody in the network in between can replace keys ' +
        'and forge tokens',
      fix: 'keep it to a network that you trust, or reach the server by https',
    },
  ];
}
