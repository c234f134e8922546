import type { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';

interface Closable {
  close?(): unknown;
  closeAllConnections?(): void;
  disconnectSockets?(close: boolean): void;
  clients?: Iterable<{ terminate?(): void }>;
}

// metadata that @WebSocketServer() leaves on a property
const SOCKET_SERVER = 'websockets:is_socket';

/**
 * Closes what listens already when the boot is stopped: the HTTP server, and the servers of gateways, which listen as soon as
 * Nest has registered them.
 */
export async function closeServers(
  { httpAdapter }: HttpAdapterHost,
  application: ApplicationConfig,
  modules: ModulesContainer,
): Promise<void> {
  for (const server of socketServers(modules)) {
    server.disconnectSockets?.(true);
    for (const client of server.clients ?? []) client.terminate?.();
    server.close?.();
  }
  const server = httpAdapter?.getHttpServer() as (Closable & { listening?: boolean }) | undefined;
  if (server?.listening) {
    server.closeAllConnections?.();
    server.close?.();
  }
  const sockets = application.getIoAdapter() as { dispose?(): Promise<void> } | undefined;
  await sockets?.dispose?.().catch(() => undefined);
}

function socketServers(modules: ModulesContainer): Closable[] {
  return [...modules.values()].flatMap(({ providers }) =>
    [...providers.values()].flatMap(({ instance }) => {
      if (typeof instance !== 'object' || instance === null) return [];
      const names = Object.keys(instance).filter((name) => Reflect.hasMetadata(SOCKET_SERVER, instance, name));
      return names.map((name) => Reflect.get(instance, name) as Closable).filter((server) => server != null);
    }),
  );
}
