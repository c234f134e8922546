import type { HttpException } from '@nestjs/common';
import { isThenable } from '../../token/index.js';
import { Attachment } from './attachment.js';
import { keepUpgradeRequests } from './upgrade-requests.js';
import { closeCodeOf, closeSocket, INTERNAL_ERROR } from './ws.transport.js';

interface Gateway {
  afterInit?: (server: unknown) => unknown;
  handleConnection?: ConnectionHook;
  handleDisconnect?: ConnectionHook;
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
// The hooks of the application, for code that inspects the gateway.
const originals = new WeakMap<object, unknown>();

/**
 * Wraps the connection hooks of a gateway class. Nest calls them without guards, and does not wait for them. With the
 * wrapper, a refusal by `StepUpService.authenticate()` in `handleConnection` closes the socket and does not end the
 * process. A gateway whose boot was stopped accepts no client. Call it before Nest binds the gateway.
 */
export function hookGateway(type: { readonly prototype: Gateway }, isRefusal: (error: unknown) => boolean): void {
  const { prototype } = type;
  if (!Reflect.hasMetadata(GATEWAY, type) || hooked.has(prototype)) return;
  hooked.add(prototype);
  const { afterInit } = prototype;

  replace(prototype, 'afterInit', afterInit, function (this: object, server: unknown) {
    const known = servers.get(this) ?? new Set();
    servers.set(this, known.add(server as SocketServer));
    keepUpgradeRequests(server);
    return afterInit?.call(this, server);
  });
  for (const name of ['handleConnection', 'handleDisconnect'] as const) {
    const original = prototype[name];
    if (original !== undefined) replace(prototype, name, original, guarded(prototype, original, isRefusal));
  }
}

type ConnectionHook = (client: object, ...rest: unknown[]) => unknown;

function guarded(prototype: Gateway, original: ConnectionHook, isRefusal: (error: unknown) => boolean): ConnectionHook {
  return function (this: object, client: object, ...rest: unknown[]) {
    // A derived class with a hook of its own calls this one. That hook has to receive the refusal.
    if (Object.getPrototypeOf(this) !== prototype) return original.call(this, client, ...rest);
    if (stopped.get(this) !== undefined) return closeSocket(client, INTERNAL_ERROR);
    const refuse = (error: unknown): void => {
      if (!isRefusal(error)) throw error;
      closeSocket(client, closeCodeOf((error as HttpException).getStatus()));
    };
    try {
      const result = original.call(this, client, ...rest);
      return isThenable(result) ? Promise.resolve(result).catch(refuse) : result;
    } catch (error) {
      return refuse(error);
    }
  };
}

/**
 * Returns the connection hooks that a gateway has as fields. They shadow ours, so that nothing catches what they throw.
 */
export function fieldHooksOf(gateway: object | undefined): string[] {
  if (gateway === undefined || !Reflect.hasMetadata(GATEWAY, gateway.constructor)) return [];
  return ['handleConnection', 'handleDisconnect'].filter(
    (name) => Object.hasOwn(gateway, name) && typeof Reflect.get(gateway, name) === 'function',
  );
}

/** Returns the hook of the application if this one is ours, else the hook itself. */
export function originalHook(hook: unknown): unknown {
  return typeof hook === 'function' && originals.has(hook) ? originals.get(hook) : hook;
}

/** Closes the servers of a gateway. From then on the gateway closes every client that connects. */
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
  // The hook inherits the metadata of the original.
  if (typeof original === 'function') Object.setPrototypeOf(hook, original);
  Object.defineProperty(prototype, name, { configurable: true, writable: true, value: hook });
}
