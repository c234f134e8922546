// An API of the soak, a process of its own: Express or Fastify, with everything that the module verifies. Tells its parent
// what it logs, what it did not handle, and how much memory and which resources it holds.
import { createRequire } from 'node:module';
import { cacheOf } from './cache.mjs';

const require = createRequire(import.meta.url);
require('reflect-metadata');
const { Controller, Get, HttpCode, Module, Post, Req, UseGuards } = await import('@nestjs/common');
const { NestFactory } = await import('@nestjs/core');
const { AccessTokenGuard, RequireAcr, StepUpModule } = require('../../dist/index.js');

const { api, origin, client, settings, redis } = JSON.parse(process.argv[2]);
const tell = (message) => (process.connected ? process.send(message) : console.log(JSON.stringify(message)));

process.on('unhandledRejection', (reason) => tell({ fault: `unhandled rejection: ${reason?.stack ?? reason}` }));
process.on('uncaughtException', (error) => tell({ fault: `uncaught exception: ${error?.stack ?? error}` }));
process.on('warning', (warning) => tell({ fault: `warning: ${warning.stack}` }));

const cache = redis && (await cacheOf(redis));

const serverOf = (id) => ({
  issuer: `${origin}/${id}`,
  audience: settings.audience,
  jwksUri: `${origin}/${id}/jwks/${api}`,
  acr: { mfa: 'urn:example:mfa', pwd: 'urn:example:pwd' },
  keys: { refreshAfter: settings.refreshAfter },
  boundTokens: { policy: 'accepted', methods: ['dpop'] },
});

function resolveAuthorizationServer(issuer) {
  if (issuer === `${origin}/broken`) throw new Error('the directory of customers is down');
  const id = settings.tenants.find((tenant) => issuer === `${origin}/${tenant}`);
  return id && serverOf(id);
}

const stepUp = StepUpModule.forRoot({
  authorizationServers: [
    {
      ...serverOf('main'),
      introspection: {
        endpoint: `${origin}/main/introspect`,
        ...client,
        cacheFor: settings.cacheFor,
        ...(cache && { cache: cache.introspection }),
      },
    },
  ],
  resolveAuthorizationServer,
  publicUrl: settings.publicUrl,
  dpop: { proofMaxAge: settings.proofMaxAge, ...(cache && { replayCache: cache.replays }) },
  tokenCacheBytes: settings.tokenCacheBytes,
});

// A function for each: metadata belongs to functions.
const who = () => (request) => ({ sub: request.user.sub, acr: request.user.acr ?? null });
class BankController {}
const routes = {
  open: { decorators: [Get('open')], handle: () => ({ open: true }) },
  account: { decorators: [Get('account'), UseGuards(AccessTokenGuard)], handle: who() },
  transfer: {
    decorators: [Post('transfer'), HttpCode(200), RequireAcr('mfa', { maxAge: settings.maxAge })],
    handle: who(),
  },
  scoped: { decorators: [Get('scoped'), RequireAcr({ scope: 'transfer:write' })], handle: who() },
};
for (const [name, { decorators, handle }] of Object.entries(routes)) {
  BankController.prototype[name] = handle;
  const descriptor = Object.getOwnPropertyDescriptor(BankController.prototype, name);
  Req()(BankController.prototype, name, 0);
  for (const decorator of decorators) decorator(BankController.prototype, name, descriptor);
}
Controller()(BankController);
class BankModule {}
Module({ imports: [stepUp], controllers: [BankController] })(BankModule);

const logger = Object.fromEntries(
  ['log', 'warn', 'error', 'debug', 'verbose', 'fatal'].map((level) => [
    level,
    (message, ...rest) => tell({ logged: { level, message: String(message), context: rest.at(-1) } }),
  ]),
);
const adapterOf = {
  express: async () => new (await import('@nestjs/platform-express')).ExpressAdapter(),
  fastify: async () => new (await import('@nestjs/platform-fastify')).FastifyAdapter(),
};
const app = await NestFactory.create(BankModule, await adapterOf[api](), { logger, abortOnError: false });
await app.listen(0, '127.0.0.1').catch((error) => {
  tell({ fault: `does not start: ${error.stack}` });
  process.exit(1);
});

const commands = {
  sample() {
    global.gc();
    global.gc();
    const { heapUsed, external } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    return { heap: heapUsed, external, resources: process.getActiveResourcesInfo(), cpu: (user + system) / 1e6 };
  },
  async close() {
    await app.close();
    await cache?.close();
    return {};
  },
};
process.on('message', async (command) => {
  tell({ answer: await commands[command]() });
  if (command === 'close') process.disconnect();
});
// Longer than the run: a connection that the server closes while a request is on its way is no answer of anybody.
app.getHttpServer().keepAliveTimeout = 3_600_000;
tell({ port: app.getHttpServer().address().port });
