import { Attachment } from './attachment.js';

/** A socket whose handshake is judged, or was. It outlives the messages and operations that it carries. */
export interface Connection {
  /** The token of the last judgement. Absent until the first one has ended, and after a refusal. */
  token?: string | undefined;
  /** Whether the handshake was refused. */
  isRefused: boolean;
}

const connections = new Attachment<Connection>();

/** Stores a connection on the objects that stand for it: the client of ws and socket.io, the request of graphql-ws. */
export function keepConnection(connection: Connection, holders: readonly object[]): void {
  for (const holder of holders) connections.set(holder, connection);
}

/** Returns the connection that one of these objects stands for; `undefined` without a handshake. */
export function connectionOf(holders: readonly unknown[]): Connection | undefined {
  for (const holder of holders) {
    const connection = isObject(holder) ? connections.get(holder) : undefined;
    if (connection !== undefined) return connection;
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
