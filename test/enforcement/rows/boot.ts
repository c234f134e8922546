// @ts-nocheck: see ../harness/types.ts
// A boot that the audit stops leaves nothing open: not even what nobody has decorated.
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { Get, Injectable } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Public, RequireAcr, SkipStepUp } from 'nestjs-step-up';
import { http, message, rpc } from '../harness/calls';
import { apollo, classOf, hybrid, kinds, rpcPortOf } from '../harness/kinds';

/** A microservice of a hybrid application: Nest hands no module the application, and runs no guard without inheritAppConfig. */
const UNREACHABLE = 'nothing leads from a module to the microservices that an application has connected';

const RULE = 'A boot that the audit stops leaves nothing open';
const rows = {};
const add = (name, row) => {
  rows[name] = { adapters: ['express', 'fastify'], needs: 'the boot to stop', good: 'free', ...row };
};

/** What stops the boot: a decorator where nothing would enforce it. */
function stopper() {
  @Injectable()
  class Bank {
    @RequireAcr('phr')
    transfer() {}
  }
  return Bank;
}

/** Boots, keeps the error to itself and goes on, as with a retry or a log. */
const caught = (goOn) => async (app) => {
  let stopped: unknown;
  try {
    await app.listen(0, '127.0.0.1');
  } catch (error) {
    stopped = error;
  }
  return { stopped, callsAnyway: true, ...(await goOn(app)) };
};
const at = (server) => {
  const port = server.address()?.port;
  return { port, url: `http://127.0.0.1:${port}` };
};
const listening = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(at(server))));
const nowhere = { port: 1, url: 'http://127.0.0.1:1' };
const orNowhere = async (attempt) => {
  try {
    return await attempt();
  } catch {
    return nowhere;
  }
};

const afterwards = {
  'listen() again': (app) =>
    orNowhere(async () => {
      await app.listen(0, '127.0.0.1');
      return at(app.getHttpServer());
    }),
  'init() again, then listen()': (app) =>
    orNowhere(async () => {
      await app.init().catch(() => undefined);
      await app.listen(0, '127.0.0.1');
      return at(app.getHttpServer());
    }),
  'the HTTP server listens by itself': (app) =>
    orNowhere(async () => {
      await app.getHttpAdapter().getInstance().ready?.(); // Fastify ends the process for a request before that
      return listening(app.getHttpServer());
    }),
  'the adapter listens by itself': (app) =>
    orNowhere(
      () =>
        new Promise((resolve) => app.getHttpAdapter().listen(0, '127.0.0.1', () => resolve(at(app.getHttpServer())))),
    ),
  'another server takes the requests (serverless)': (app) =>
    orNowhere(async () => {
      const instance = app.getHttpAdapter().getInstance();
      await instance.ready?.();
      const handler =
        typeof instance === 'function' ? instance : (request, response) => instance.routing(request, response);
      const server = createServer(handler);
      const place = await listening(server);
      server.unref();
      return place;
    }),
};
const marked = {
  'a marked handler': { below: [RequireAcr('phr')] },
  'an undecorated handler': {},
  'a @Public() handler': { below: [Public()] },
  'a @SkipStepUp() handler': { below: [SkipStepUp()] },
};
for (const [how, goOn] of Object.entries(afterwards)) {
  for (const [what, on] of Object.entries(marked)) {
    add(`${what}, ${how}`, {
      application: (secret) => ({
        controllers: [classOf(kinds.controller, secret, on)],
        providers: [stopper()],
        boot: caught(goOn),
        call: (running) => http(running),
      }),
    });
  }
}

// The audit of metadata stops a boot whose routes are there already
for (const [what, on] of Object.entries(marked)) {
  add(`${what}, boot stopped by the audit of metadata, the HTTP server listens by itself`, {
    application: (secret, { server }) => ({
      controllers: [
        classOf(kinds.controller, secret, on),
        classOf(kinds.controller, () => '', { name: 'Other', above: [Get('other')], below: [RequireAcr('mfa')] }),
      ],
      options: {
        authorizationServers: [{ ...server, issuer: 'http://127.0.0.1:9', jwksUri: undefined }, server],
        metadataAudit: 'await',
        audit: 'throw',
      },
      boot: caught(afterwards['the HTTP server listens by itself']),
      call: (running) => http(running),
    }),
  });
}

// What listens before hooks run
for (const [what, on] of Object.entries({ marked: [RequireAcr('phr')], undecorated: [] })) {
  add(`gateway on its own port, ${what} message`, {
    adapters: ['express'],
    application: async (secret) => {
      const port = await freePort();
      @WebSocketGateway(port)
      class Gateway {
        secret() {
          return { event: 'secret', data: secret() };
        }
      }
      require('../harness/kinds').decorate(Gateway, 'secret', [SubscribeMessage('secret'), ...on]);
      return {
        providers: [Gateway, stopper()],
        configure: (app) => app.useWebSocketAdapter(new WsAdapter(app)),
        boot: caught(() => ({ port })),
        call: (running) => message(running),
      };
    },
  });
  add(`gateway on its own port, handleConnection, ${what} message`, {
    adapters: ['express'],
    application: async (secret) => {
      const port = await freePort();
      class Gateway {
        secret() {
          return { event: 'secret', data: '' };
        }
        handleConnection() {
          secret();
        }
      }
      require('../harness/kinds').decorate(Gateway, 'secret', [SubscribeMessage('secret'), ...on]);
      WebSocketGateway(port)(Gateway);
      return {
        providers: [Gateway, stopper()],
        configure: (app) => app.useWebSocketAdapter(new WsAdapter(app)),
        boot: caught(() => ({ port })),
        call: (running) => message(running),
      };
    },
  });
  add(`gateway on the shared server, which listens by itself, ${what} message`, {
    adapters: ['express'],
    application: (secret) => ({
      providers: [classOf(kinds['ws gateway'], secret, { below: on }), stopper()],
      configure: (app) => app.useWebSocketAdapter(new WsAdapter(app)),
      boot: caught(afterwards['the HTTP server listens by itself']),
      call: (running) => message(running),
    }),
  });
  for (const inherit of [true, false]) {
    add(`hybrid, microservice started before, ${what} message, inheritAppConfig ${inherit}`, {
      adapters: ['express'],
      limit: what === 'undecorated' && !inherit ? UNREACHABLE : undefined,
      application: (secret) => ({
        controllers: [classOf(kinds['hybrid message pattern'], secret, { below: on })],
        providers: [stopper()],
        configure: hybrid(inherit),
        boot: caught((app) => ({ rpcPort: rpcPortOf(app) ?? 1 })),
        call: (running) => rpc(running),
      }),
    });
    add(`hybrid, microservice started after the boot was stopped, ${what} event, inheritAppConfig ${inherit}`, {
      adapters: ['express'],
      limit: what === 'undecorated' && !inherit ? UNREACHABLE : undefined,
      application: (secret) => ({
        controllers: [
          classOf({ ...kinds['hybrid message pattern'], method: () => [EventPattern('secret')] }, secret, {
            below: on,
          }),
        ],
        providers: [stopper()],
        configure: hybrid(inherit, { start: false }),
        boot: caught(async (app) => {
          await app.startAllMicroservices().catch(() => undefined);
          return { rpcPort: safely(() => rpcPortOf(app)) ?? 1 };
        }),
        call: (running) => rpc(running, 'secret', { event: true }),
      }),
    });
  }
  add(`pure microservice, listen() again, ${what} message`, {
    adapters: ['tcp'],
    application: (secret) => ({
      controllers: [classOf(kinds['message pattern'], secret, { below: on })],
      providers: [stopper()],
      async boot(app) {
        let stopped: unknown;
        for (let attempt = 0; attempt < 2; attempt += 1) {
          try {
            await app.listen();
          } catch (error) {
            stopped = error;
          }
        }
        return { stopped, callsAnyway: true, port: safely(() => require('../harness/kinds').portOf(app)) ?? 1 };
      },
      call: (running) => rpc(running),
    }),
  });
  add(`GraphQL, the HTTP server listens by itself, ${what} query`, {
    adapters: ['express', 'fastify'],
    application: (secret) => ({
      providers: [classOf(kinds.query, secret, { below: on }), stopper()],
      imports: [apollo()],
      boot: caught(afterwards['the HTTP server listens by itself']),
      call: kinds.query.call,
    }),
  });
}

add('what listens already is closed: the port of a gateway', {
  adapters: ['express'],
  application: async (secret) => {
    const port = await freePort();
    @WebSocketGateway(port)
    class Gateway {
      @SubscribeMessage('secret')
      secret() {}
    }
    return {
      providers: [Gateway, stopper()],
      configure: (app) => app.useWebSocketAdapter(new WsAdapter(app)),
      boot: caught(() => ({ port })),
      call: () => tellsWhetherOpen(port, secret),
    };
  },
});

add('what listens already is closed: the port of a hybrid microservice', {
  adapters: ['express'],
  limit: UNREACHABLE,
  application: (secret) => ({
    controllers: [classOf(kinds['hybrid message pattern'], () => '')],
    providers: [stopper()],
    configure: hybrid(false),
    boot: caught((app) => ({ rpcPort: safely(() => rpcPortOf(app)) })),
    call: ({ rpcPort }) => (rpcPort === undefined ? 'closed' : tellsWhetherOpen(rpcPort, secret)),
  }),
});

add('a stopped application does not stop another one in the process', {
  needs: 'step-up',
  good: 'served',
  application: async (secret, environment) => {
    const { NestFactory } = require('@nestjs/core');
    const { Module } = require('@nestjs/common');
    const { StepUpModule } = require('nestjs-step-up');
    const { optionsOf } = require('../harness/cell');
    class Stopped {}
    Module({ imports: [StepUpModule.forRoot(optionsOf(environment))], providers: [stopper()] })(Stopped);
    const app = await NestFactory.create(Stopped, { logger: false, abortOnError: false });
    await app.init().catch(() => undefined);
    return {
      controllers: [classOf(kinds.controller, secret, { below: [RequireAcr('phr')] })],
      call: (running) => http(running),
    };
  },
});

function tellsWhetherOpen(port, secret) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(secret());
    });
    socket.on('error', () => resolve('closed'));
  });
}

function safely(attempt) {
  try {
    return attempt();
  } catch {
    return undefined;
  }
}

async function freePort() {
  const server = createServer();
  const { port } = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function bootRows() {
  return Object.entries(rows).map(([name, row]) => ({ rule: RULE, name, ...row }));
}
