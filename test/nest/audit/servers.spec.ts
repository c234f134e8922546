import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import { RequireAcr, StepUpModule } from 'nestjs-step-up';
import WebSocket from 'ws';
import { closeServers } from '../../../lib/nest/audit/servers.js';
import { logOfEachTest } from '../../support/application.js';
import { bootServer } from '../../support/boot.js';

logOfEachTest();

type Adapter = Parameters<typeof closeServers>[0];
type Application = Parameters<typeof closeServers>[1];

const adapterOf = (server: Server) => ({ httpAdapter: { getHttpServer: () => server } }) as unknown as Adapter;
const withSockets = (dispose: () => Promise<void>) => ({ getIoAdapter: () => ({ dispose }) }) as unknown as Application;
const quiet = async () => undefined;

describe('the servers of a boot that is stopped', () => {
  it('an HTTP server that listens is closed, with the connections that it has', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const waiting = fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await once(server, 'request');
    const closed = once(server, 'close');
    await closeServers(adapterOf(server), withSockets(quiet), []);
    await expect(waiting).rejects.toThrow('fetch failed');
    await closed;
    expect(server.listening).toBe(false);
  });

  it.each<[what: string, adapter: Adapter]>([
    ['one that does not listen yet', adapterOf(createServer())],
    ['none, as in an application without HTTP', {} as Adapter],
  ])('%s needs nothing', async (_, adapter) => {
    const dispose = jest.fn(quiet);
    await closeServers(adapter, withSockets(dispose), []);
    expect(dispose).toHaveBeenCalledTimes(1);
  });

  it('the adapter of the gateways is disposed of, and its failure does not hide what has stopped the boot', async () => {
    const dispose = jest.fn(() => Promise.reject(new Error('already closed')));
    await expect(closeServers({} as Adapter, withSockets(dispose), [])).resolves.toBe(undefined);
    expect(dispose).toHaveBeenCalledTimes(1);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

it('an application whose boot is stopped accepts nobody at a port that its gateway has opened', async () => {
  const port = await freePort();
  const connected = jest.fn();

  // Nest opens its server before any hook of a module runs
  @WebSocketGateway(port, { host: '127.0.0.1' })
  class BankGateway {
    handleConnection() {
      connected();
    }
  }
  @Injectable()
  class BankService {
    @RequireAcr('mfa')
    transfer() {}
  }
  @Module({
    imports: [StepUpModule.forRoot({ authorizationServers: [bootServer], metadataAudit: 'off' })],
    providers: [BankGateway, BankService],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, { abortOnError: false });
  const adapter = new WsAdapter(app);
  const dispose = jest.spyOn(adapter, 'dispose');
  app.useWebSocketAdapter(adapter);
  await expect(app.init()).rejects.toThrow('BankService.transfer carries a step-up decorator but is no handler');
  await expect(once(new WebSocket(`ws://127.0.0.1:${port}`), 'open')).rejects.toThrow('ECONNREFUSED');
  expect(dispose).toHaveBeenCalledTimes(1);
  expect(connected).not.toHaveBeenCalled();
});
