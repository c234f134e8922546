import type { ArgumentsHost } from '@nestjs/common';
import { type PresentedToken, presentedToken } from '../../token/index.js';
import type { Request } from './request.js';
import { bareToken, type CheckedTokenLocations } from './token-locations.js';
import type { Transport } from './transport.js';
import { upgradeRequestOf } from './upgrade-requests.js';

interface Client extends Request {
  /** What applications store on a socket of socket.io. */
  readonly data?: object;
  readonly handshake?: Request & { readonly auth?: { readonly token?: unknown } | null };
  /** The request that opened a socket of socket.io. */
  readonly request?: Request;
  emit(event: string, data: unknown): void;
  send?(data: string): void;
  /** The namespace, on clients of socket.io. */
  readonly nsp?: unknown;
}

/**
 * Gateways. The request is the handshake on socket.io, and the client itself on ws. A socket outlives its messages, so
 * every message is authenticated again.
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
    return [client, client.data, client.handshake, client.request].filter(
      (holder) => typeof holder === 'object' && holder !== null,
    );
  },
  responseOf: () => undefined,
  ownsRequest: () => false,
  tokensOf: (request, host, locations) => tokensOfClient(host === undefined ? request : clientOf(host), locations),
  connectionHoldersOf: (request, host) => [host === undefined ? request : clientOf(host)],
  /**
   * Writes as the gateway filter of Nest does: emits an event to socket.io clients, and sends text to ws clients. `cause`
   * names the message that was refused. Answers an acknowledgement that the client waits for.
   */
  writeRefusal({ extensions, message }, host) {
    const client = clientOf(host);
    const [, , acknowledge, ...others] = host.getArgs<unknown[]>();
    const pattern = others.length === 0 ? acknowledge : others.at(-1);
    const data = { message, ...extensions, cause: { pattern } };
    if (typeof acknowledge === 'function') acknowledge(data);
    exceptionTo(client, data);
  },
};

/** Emits an `exception` event to a client of socket.io, and sends it as text to one of ws. */
export function exceptionTo(client: object, data: object): void {
  const { nsp, send, emit } = client as Partial<Client>;
  if (nsp === undefined && send !== undefined) send.call(client, JSON.stringify({ event: 'exception', data }));
  else emit?.call(client, 'exception', data);
}

/** Returns the tokens of the handshake of a client. */
export function tokensOfClient(
  client: object,
  { handshakeAuth, handshakeHeader }: CheckedTokenLocations,
): readonly (PresentedToken | undefined)[] {
  const { handshake, request } = client as Partial<Client>;
  // The request of socket.io has every line of a header, its handshake has not.
  const opening = handshake === undefined ? upgradeRequestOf(client) : (request ?? handshake);
  return [
    handshakeHeader && opening !== undefined ? presentedToken(opening) : undefined,
    handshakeAuth ? bareToken(handshake?.auth?.token) : undefined,
  ];
}

/** WebSocket close codes: RFC 6455 §7.4.1. Private ones are 4000 and the HTTP status. */
export const INTERNAL_ERROR = 1011;
const TRY_AGAIN_LATER = 1013;

/** Returns the close code for the status of a refusal: 4401, 4403 and the like, 1013 for an outage. */
export function closeCodeOf(status: number): number {
  if (status === 503) return TRY_AGAIN_LATER;
  return status < 500 ? 4000 + status : INTERNAL_ERROR;
}

interface Closable {
  close?(code: number, reason?: string): void;
  disconnect?(close: boolean): void;
  removeAllListeners?(event: string): void;
}

/** Closes a socket, and drops its messages. Sends code and reason on ws only: socket.io has none. */
export function closeSocket(socket: Closable, ...reason: [code: number, reason?: string]): void {
  if (socket.disconnect !== undefined) {
    socket.disconnect(true);
    return;
  }
  // A client can send as long as the socket is closing, and handlers would run.
  socket.removeAllListeners?.('message');
  socket.close?.(...reason);
}

function clientOf(host: ArgumentsHost): Client {
  return host.getArgByIndex(0);
}
