import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that listens on the loopback interface before it is known what it will answer. */
export interface ListeningServer {
  readonly server: Server;
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Listens on a port, or on a free one if that is taken.
 *
 * @param port `0` for any free one
 * @param name what the URL calls the loopback interface. Default is its address
 */
export async function listen(port: number, name: 'localhost' | '127.0.0.1' = '127.0.0.1'): Promise<ListeningServer> {
  const server = createServer();
  try {
    await listenOn(server, port);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    await listenOn(server, 0);
  }
  return {
    server,
    url: `http://${name}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listenOn(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
