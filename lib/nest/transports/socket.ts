import { StepUpConfigurationError } from '../../core/index.js';
import type { PresentedToken } from '../../token/index.js';
import { graphql } from './graphql.transport.js';
import type { Request } from './request.js';
import type { CheckedTokenLocations } from './token-locations.js';
import { keepUpgradeRequest } from './upgrade-requests.js';
import { closeSocket, exceptionTo, tokensOfClient } from './ws.transport.js';

/** The callback of a middleware of socket.io. */
export type HandshakeCallback = (refusal?: Error) => void;

/** Why a socket is closed. */
export interface SocketRefusal {
  /** The close code. socket.io has none. */
  readonly closeCode: number;
  /** The error code: the reason of the close frame. */
  readonly error: string;
  /** What clients receive if the transport can tell them more. */
  readonly data: { readonly message: string };
}

/** A socket that is opening: a client of ws or socket.io, or the connection context of graphql-ws. */
export interface Socket {
  /** The objects that stand for it. */
  readonly holders: readonly object[];
  /** Returns the token of each place of the handshake. */
  tokens(locations: CheckedTokenLocations): readonly (PresentedToken | undefined)[];
  /** Keeps messages back until the handshake is judged. Returns what lets them through. */
  hold(): () => void;
  /** Tells the client, closes the socket, and drops the messages that were kept back. */
  refuse(refusal: SocketRefusal): void;
  /** Calls a listener when the socket closes. */
  onClose(listener: () => void): void;
}

interface Client {
  readonly handshake?: object;
  readonly extra?: { readonly socket?: Client; readonly request?: Request };
  close?(code: number, reason: string): void;
  disconnect?(close: boolean): void;
  use?(middleware: (packet: unknown, next: () => void) => void): void;
  pause?(): void;
  resume?(): void;
  once?(event: string, listener: () => void): void;
}

/**
 * Returns the socket of what an application has at hand when it opens.
 *
 * @param further the request that opened a socket of ws, or the callback of a middleware of socket.io
 * @throws StepUpConfigurationError for anything else
 */
export function socketOf(client: unknown, further: unknown): Socket {
  const given = (typeof client === 'object' && client !== null ? client : {}) as Client;
  if (typeof given.extra?.socket?.close === 'function') return ofGraphqlWs(given, given.extra.socket);
  if (typeof given.disconnect === 'function' && typeof given.handshake === 'object') {
    return ofSocketIo(given, typeof further === 'function' ? (further as HandshakeCallback) : undefined);
  }
  if (typeof given.close === 'function') {
    keepUpgradeRequest(given, further);
    return ofWs(given);
  }
  throw new StepUpConfigurationError(
    'handshake() needs the client of ws or socket.io, or the context that graphql-ws gives to onConnect',
  );
}

function ofWs(client: Client): Socket {
  return {
    holders: [client],
    tokens: (locations) => tokensOfClient(client, locations),
    hold() {
      client.pause?.();
      return () => client.resume?.();
    },
    refuse({ closeCode, error, data }) {
      exceptionTo(client, data);
      closeSocket(client, closeCode, error);
      client.resume?.();
    },
    onClose: (listener) => client.once?.('close', listener),
  };
}

function ofSocketIo(client: Client, next: HandshakeCallback | undefined): Socket {
  let connecting = next;
  return {
    holders: [client],
    tokens: (locations) => tokensOfClient(client, locations),
    // A middleware runs before the client is connected.
    hold() {
      if (next === undefined) return holdPackets(client);
      return () => {
        connecting = undefined;
        next();
      };
    },
    refuse({ closeCode, data }) {
      if (connecting !== undefined) {
        connecting(Object.assign(new Error(data.message), { data }));
        return;
      }
      exceptionTo(client, data);
      closeSocket(client, closeCode);
    },
    onClose: (listener) => client.once?.('disconnect', listener),
  };
}

/** Keeps the packets of a client of socket.io in their order. */
function holdPackets(client: Client): () => void {
  let waiting: (() => void)[] | undefined = [];
  client.use?.((_, next) => {
    if (waiting === undefined) next();
    else waiting.push(next);
  });
  return () => {
    const held = waiting ?? [];
    waiting = undefined;
    for (const next of held) next();
  };
}

/** graphql-ws itself waits for `onConnect` before it accepts an operation. */
function ofGraphqlWs(context: Client, socket: Client): Socket {
  return {
    holders: [context, socket, context.extra?.request].filter((holder) => holder !== undefined),
    tokens: (locations) => graphql.tokensOf(context as Request, undefined, locations),
    hold: () => () => undefined,
    refuse: ({ closeCode, error }) => socket.close?.(closeCode, error),
    onClose: (listener) => socket.once?.('close', listener),
  };
}
