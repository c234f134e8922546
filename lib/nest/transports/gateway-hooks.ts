import type { HttpException } from '@nestjs/common';
import { Attachment } from './attachment.js';
import { closeSocket } from './ws.transport.js';

interface Gateway {
  afterInit?: (server: unknown) => unknown;
  handleConnection?: (client: object, ...rest: unknown[]) => unknown;
}

interface SocketServer {
  close?(): unknown;
  disconnectSockets?(close: boolean): void;
  readonly clients?: unknown;
}

const GATEWAY = 'websockets:is_gateway';

const servers = new Attachment<Set<SocketServer>>();
const stopped = new Attachment<true>();
const hooked = new WeakSet<object>();
// what stood there before, for whoever looks at the gateway
const originals = new WeakMap<object, unknown>();

/**
 * Stands in front of the connection hooks of a gateway class, which Nest calls without guards and without waiting: a refusal
 * by `StepUpService.authenticate()` in `handleConnection` closes the socket in place of ending the process, and a gateway
 * whose boot was stopped accepts no client. Has to run before Nest binds the gateway.
 */
export function hookGateway(type: { readonly prototype: Gateway }, isRefusal: (error: unknown) => boolean): void {
  const { prototype } = type;
  if (!Reflect.hasMetadata(GATEWAY, type) || hooked.has(prototype)) return;
  hooked.add(prototype);
  const { afterInit, handleConnection } = prototype;

  replace(prototype, 'afterInit', afterInit, function (this: object, server: unknown) {
    const known = servers.get(this) ?? new Set();
    servers.set(this, known.add(server as SocketServer));
    return afterInit?.call(this, server);
  });
  if (handleConnection === undefined) return;
  replace(prototype, 'handleConnection', handleConnection, function (this: object, client: object, ...rest: unknown[]) {
    if (stopped.get(this) !== undefined) return closeSocket(client, INTERNAL_ERROR);
    const refuse = (error: unknown): void => {
      if (!isRefusal(error)) throw error;
      closeSocket(client, codeOf(error as HttpException));
    };
    try {
      const result: unknown = handleConnection.call(this, client, ...rest);
      return result instanceof Promise ? result.catch(refuse) : result;
    } catch (error) {
      return refuse(error);
    }
  });
}

/** The function that the application gave for a hook, if this one is ours. */
export function originalHook(hook: unknown): unknown {
  return typeof hook === 'function' && originals.has(hook) ? originals.get(hook) : hook;
}

/** Closes the servers of a gateway, and keeps it closed. */
export function stopGateway(gateway: object): void {
  stopped.set(gateway, true);
  for (const server of servers.get(gateway) ?? []) {
    server.disconnectSockets?.(true);
    if (server.clients instanceof Set) for (const client of server.clients) closeSocket(client, INTERNAL_ERROR);
    server.close?.();
  }
}

function replace(prototype: Gateway, name: keyof Gateway, original: unknown, hook: object): void {
  originals.set(hook, original);
  // so that metadata of the original is found
  if (typeof original === 'function') Object.setPrototypeOf(hook, original);
  Object.defineProperty(prototype, name, { configurable: true, writable: true, value: hook });
}

/** A WebSocket close code (RFC 6455 §7.4.1), the private ones after the HTTP status. */
const INTERNAL_ERROR = 1011;
const TRY_AGAIN_LATER = 1013;

function codeOf(refusal: HttpException): number {
  const status = refusal.getStatus();
  if (status === 503) return TRY_AGAIN_LATER;
  return status < 500 ? 4000 + status : INTERNAL_ERROR;
}
