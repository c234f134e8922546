import type { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import { stopGateway } from '../transports/gateway-hooks.js';
import type { ApplicationClass } from './application-handlers.js';

interface HttpServer {
  readonly listening?: boolean;
  close?(): unknown;
  closeAllConnections?(): void;
}

/** Closes the servers that listen already when the boot is stopped: the HTTP server, and the servers of gateways. */
export async function closeServers(
  { httpAdapter }: HttpAdapterHost,
  application: ApplicationConfig,
  classes: readonly ApplicationClass[],
): Promise<void> {
  for (const { instance } of classes) if (instance !== undefined) stopGateway(instance);
  const server: HttpServer | undefined = httpAdapter?.getHttpServer();
  if (server?.listening) {
    server.closeAllConnections?.();
    server.close?.();
  }
  const sockets = application.getIoAdapter() as { dispose?(): Promise<void> } | undefined;
  await sockets?.dispose?.().catch(() => undefined);
}
