import { Attachment } from './attachment.js';
import { isReceived } from './http-request.js';
import type { Request } from './request.js';

interface Emitter {
  on(event: 'connection', listener: (client: unknown, request: unknown) => void): void;
}

/** A client of ws, which stores the connection of Node here. */
interface Client {
  readonly _socket?: object | null;
}

const requests = new Attachment<Request>();
const servers = new WeakSet<object>();

/**
 * Keeps the requests that open sockets of a server of ws. Nest passes to guards the socket alone. Keeps only requests
 * with an `Authorization` header, which no browser sends. Call it before a client can connect.
 */
export function keepUpgradeRequests(server: unknown): void {
  if (typeof server !== 'object' || server === null || servers.has(server)) return;
  const { on } = server as Partial<Emitter>;
  if (typeof on !== 'function') return;
  // One listener, however many gateways share the server.
  servers.add(server);
  on.call(server, 'connection', keepUpgradeRequest);
}

/** Keeps the request that opened a socket of ws. The first one counts. */
export function keepUpgradeRequest(client: unknown, request: unknown): void {
  if (typeof client !== 'object' || client === null || requests.get(client) !== undefined) return;
  if (isUpgradeOf(client, request)) requests.set(client, request);
}

/** Returns the request that opened a socket of ws; `undefined` without an `Authorization` header. */
export function upgradeRequestOf(client: object): Request | undefined {
  return requests.get(client);
}

/** Returns whether a request came over the very connection that the socket has taken over. */
function isUpgradeOf(client: Client, request: unknown): request is Request {
  if (typeof request !== 'object' || request === null || !isReceived(request as Request)) return false;
  const { headers, socket } = request as Request;
  if (headers?.['authorization'] === undefined) return false;
  return client._socket === undefined || client._socket === socket;
}
