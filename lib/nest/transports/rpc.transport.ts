import { throwError } from 'rxjs';
import type { Transport } from './transport.js';

/** Microservices. A broker can share the context between messages, so every message is authenticated again. */
export const rpc: Transport = {
  name: 'rpc',
  carriesUser: false,
  sharesRequest: true,
  requestOf: (host) => host.getArgByIndex(1),
  userHoldersOf: (host) => [host.getArgByIndex(1)],
  responseOf: () => undefined,
  ownsRequest: () => false,
  writeRefusal: ({ extensions }) => throwError(() => extensions),
};
