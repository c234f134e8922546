import type { ArgumentsHost } from '@nestjs/common';
import type { Request } from './request.js';
import type { Transport } from './transport.js';

interface Client extends Request {
  /** What socket.io keeps for a socket. */
  readonly data?: object;
  readonly handshake?: Request;
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
  sharesRequest: true,
  requestOf(host) {
    const client = clientOf(host);
    return client.handshake ?? client;
  },
  userHoldersOf(host) {
    const client = clientOf(host);
    return [client, client.data, client.handshake].filter((holder) => typeof holder === 'object' && holder !== null);
  },
  responseOf: () => undefined,
  ownsRequest: () => false,
  /** As Nest's own filter for gateways does: socket.io clients emit events, ws clients send text. */
  writeRefusal({ extensions: data }, host) {
    const client = clientOf(host);
    if (client.nsp === undefined && client.send !== undefined) {
      client.send(JSON.stringify({ event: 'exception', data }));
    } else client.emit('exception', data);
  },
};

/** Closes a socket: with a code on ws; socket.io has none. */
export function closeSocket(socket: object, code: number): void {
  const { close, disconnect } = socket as { close?(code: number): void; disconnect?(close: boolean): void };
  if (disconnect !== undefined) disconnect.call(socket, true);
  else close?.call(socket, code);
}

function clientOf(host: ArgumentsHost): Client {
  return host.getArgByIndex(0);
}
