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
  /** Keeps messages back until the socket is judged. Returns what lets them through. */
  hold(): () => void;
  /** Answers the middleware of socket.io that waits: lets the client pass, or refuses it. Absent without one. */
  readonly answer?: ((refusal?: SocketRefusal) => void) | undefined;
  /** Tells the client, closes the socket, and drops the messages that were kept back. */
  refuse(refusal: SocketRefusal): void;
  /** Calls a listener when the socket closes. */
  onClose(listener: () => void): void;
}

/** Packets that a client of socket.io may send while it is judged. One that sends more is disconnected. */
const MAX_HELD_PACKETS = 100;

interface Client {
  readonly handshake?: object;
  /** The connection below all namespaces, on clients of socket.io. */
  readonly conn?: { close?(): void };
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
  const packets = new HeldPackets(client);
  let isWaiting = next !== undefined;
  const answer = (refusal?: SocketRefusal): void => {
    isWaiting = false;
    next?.(refusal && Object.assign(new Error(refusal.data.message), { data: refusal.data }));
  };
  return {
    holders: [client],
    tokens: (locations) => tokensOfClient(client, locations),
    hold() {
      packets.hold();
      return () => packets.release();
    },
    answer: next && answer,
    refuse(refusal) {
      packets.drop();
      if (isWaiting) {
        answer(refusal);
        return;
      }
      exceptionTo(client, refusal.data);
      closeSocket(client, refusal.closeCode);
      // A client that is not connected yet cannot be disconnected.
      client.conn?.close?.();
    },
    onClose: (listener) => client.once?.('disconnect', listener),
  };
}

/**
 * The packets of a client of socket.io, in their order. Also in a middleware, before the client is connected: an
 * application that calls `next` once more would connect a client that was refused.
 */
class HeldPackets {
  #waiting: (() => void)[] = [];
  #state: 'held' | 'released' | 'dropped' = 'held';

  constructor(private readonly client: Client) {}

  hold(): void {
    this.client.use?.((_, next) => {
      if (this.#state === 'released') next();
      else if (this.#state === 'held' && this.#waiting.length < MAX_HELD_PACKETS) this.#waiting.push(next);
      else {
        this.drop();
        this.client.disconnect?.(true);
      }
    });
  }

  release(): void {
    if (this.#state !== 'held') return;
    this.#state = 'released';
    for (const next of this.#waiting.splice(0)) next();
  }

  drop(): void {
    this.#state = 'dropped';
    this.#waiting = [];
  }
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
