// @ts-nocheck: see tokens.ts
import { createServer } from 'node:net';
import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { StepUpModule, StepUpService } from 'nestjs-step-up';
import { accessToken } from './token-locations';

const adapters = {
  express: () => new ExpressAdapter(),
  fastify: () => new FastifyAdapter(),
  http2: () => new FastifyAdapter({ http2: true }),
};

/**
 * Boots an application. `microservice` has the options of a microservice, and `mode` says how it runs: `alone`, in a
 * `hybrid` application, or in one with `inheritAppConfig`.
 */
export async function boot(environment, parts) {
  const { adapter = 'express', microservice, mode = 'alone', options, configure, beforeListen } = parts;
  const { imports = [], controllers = [], providers = [] } = parts;
  class AppModule {}
  const stepUp = StepUpModule.forRoot({
    authorizationServers: [environment.server],
    metadataAudit: 'off',
    accessToken,
    ...options,
  });
  Module({ imports: [stepUp, ...imports], controllers, providers })(AppModule);
  const settings = { logger: false, abortOnError: false };
  const decisions = [];
  const listen = (app) => app.get(StepUpService).onDecision((decision) => decisions.push(decision));
  if (microservice !== undefined && mode === 'alone') {
    const app = await NestFactory.createMicroservice(AppModule, { ...microservice, ...settings });
    return starting(app, async () => {
      listen(app);
      configure?.(app);
      await app.listen();
      return { app, decisions, rpcPort: portOf(app) };
    });
  }
  const app = await NestFactory.create(AppModule, adapters[adapter](), settings);
  return starting(app, async () => {
    listen(app);
    await configure?.(app);
    const connected =
      microservice && app.connectMicroservice(microservice, { inheritAppConfig: mode === 'hybrid, inheritAppConfig' });
    await beforeListen?.(app);
    if (connected !== undefined) await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address();
    const rpcPort = connected && portOf(connected);
    return { app, decisions, port, rpcPort, url: `http://127.0.0.1:${port}` };
  });
}

/** A boot that fails leaves nothing open. */
async function starting(app, start) {
  try {
    return await start();
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
}

/** `unwrap` is not there on every version; a broker and gRPC have no port here. */
function portOf(microservice) {
  try {
    const server = microservice.unwrap?.() ?? (microservice.server ?? microservice.serverInstance).server;
    return server.address()?.port;
  } catch {
    return undefined;
  }
}

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

Logger.overrideLogger(false);
