import type { Request, Transport } from './transport.js';

interface Client {
  emit(event: string, data: unknown): void;
  send?(data: string): void;
  /** The namespace, on clients of socket.io. */
  readonly nsp?: unknown;
}

/**
 * Gateways. The request is the handshake on socket.io, and the client itself on ws. A socket outlives its messages, so
 * that every message is authenticated by itself.
 */
export const ws: Transport = {
  name: 'ws',
  carriesUser: false,
  requestOf(host) {
    const client = host.switchToWs().getClient<Request & { handshake?: Request }>();
    return client.handshake ?? client;
  },
  responseOf: () => undefined,
  ownsRequest: () => false,
  /** As Nest's own filter for gateways does: socket.io clients emit events, ws clients send text. */
  writeRefusal({ extensions: data }, host) {
    const client = host.switchToWs().getClient<Client>();
    if (client.nsp === undefined && client.send !== undefined) {
      client.send(JSON.stringify({ event: 'exception', data }));
    } else client.emit('exception', data);
  },
};
