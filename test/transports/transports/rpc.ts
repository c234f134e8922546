// @ts-nocheck: see ../harness/tokens.ts
import { credentials, loadPackageDefinition, Metadata } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { Controller } from '@nestjs/common';
import {
  ClientProxyFactory,
  EventPattern,
  GrpcMethod,
  MessagePattern,
  NatsRecordBuilder,
  RmqRecordBuilder,
  Transport,
} from '@nestjs/microservices';
import { of } from 'rxjs';
import { freePort } from '../harness/application';
import { decorate } from '../harness/decorate';
import { within } from '../harness/time';

const HOST = '127.0.0.1';

/** Versions share the brokers, so that each has names of its own. */
const nameOf = (what, { version }) => `${what}.${version}`;

/** A controller with one message and one event, guarded by the decorators. */
function bankController({ guards, ran }, environment) {
  @Controller()
  class BankController {
    transfer() {
      return ran();
    }
    transferred() {
      ran();
    }
  }
  decorate(BankController, 'transfer', [MessagePattern(nameOf('transfer', environment)), ...guards]);
  decorate(BankController, 'transferred', [EventPattern(nameOf('transferred', environment)), ...guards]);
  return BankController;
}

/** Sends one message, or one event, by Nest's own client. What a client of Nest throws is the refusal itself. */
async function send(options, payload, { pattern, isEvent }) {
  const client = ClientProxyFactory.create(options);
  try {
    await client.connect();
    const sent = isEvent ? client.emit(pattern, payload) : client.send(pattern, payload);
    return await new Promise((resolve) =>
      sent.subscribe({
        next: (value) => resolve({ form: 'response', held: value }),
        error: (held) => resolve({ form: 'RPC error', held }),
        complete: () => resolve({ form: 'nothing', held: undefined }),
      }),
    );
  } finally {
    await client.close();
  }
}

const withToken = (token) => ({ amount: 1, ...(token !== undefined && { token }) });
const bearer = (token) => `Bearer ${token}`;

/** What differs between the transports of Nest that carry messages and events. */
export const microservices = {
  TCP: {
    server: () => ({ transport: Transport.TCP, options: { host: HOST, port: 0 } }),
    client: ({ rpcPort }) => ({ transport: Transport.TCP, options: { host: HOST, port: rpcPort } }),
    payload: withToken,
  },
  Redis: {
    needs: 'redis',
    server: ({ brokers }) => ({ transport: Transport.REDIS, options: { host: HOST, port: brokers.redis } }),
    payload: withToken,
  },
  NATS: {
    needs: 'nats',
    server: ({ brokers }) => ({ transport: Transport.NATS, options: { servers: [`nats://${HOST}:${brokers.nats}`] } }),
    payload: (token) => {
      const record = new NatsRecordBuilder({ amount: 1 });
      return (token === undefined ? record : record.setHeaders(natsHeaders(bearer(token)))).build();
    },
  },
  RabbitMQ: {
    needs: 'rabbitmq',
    server: (environment) => ({
      transport: Transport.RMQ,
      options: {
        urls: [`amqp://${HOST}:${environment.brokers.rabbitmq}`],
        queue: nameOf('bank', environment),
        queueOptions: { durable: false },
      },
    }),
    payload: (token) => {
      const headers = token === undefined ? {} : { authorization: bearer(token) };
      return new RmqRecordBuilder({ amount: 1 }).setOptions({ headers }).build();
    },
  },
};

/** The client of NATS has another name in version 12 of Nest. */
function natsHeaders(authorization) {
  const { headers } = load('@nats-io/transport-node') ?? load('nats');
  const built = headers();
  built.set('authorization', authorization);
  return built;
}

function load(name) {
  try {
    return require(name);
  } catch {
    return undefined;
  }
}

export function rpcApplication(name, parts, environment, mode = 'alone') {
  return {
    adapter: 'express',
    mode,
    microservice: microservices[name].server(environment),
    controllers: [bankController(parts, environment)],
  };
}

/** Sends a message, or an event, over one of {@link microservices}: `running` has the port of TCP. */
export function sendOver(name, running, environment, payload, isEvent = false) {
  const { client, server } = microservices[name];
  const pattern = nameOf(isEvent ? 'transferred' : 'transfer', environment);
  return send((client ?? (() => server(environment)))(running), payload, { pattern, isEvent });
}

const messages = Object.entries(microservices).map(([name, { needs, payload }]) => ({
  name: `${name}: a message`,
  needs,
  create: (parts, environment, mode) => ({
    ...rpcApplication(name, parts, environment, mode),
    call: (running, token) => sendOver(name, running, environment, payload(token)),
  }),
}));

/** The sender of an event gets no answer, so that the decision tells what became of it. */
const events = Object.entries(microservices).map(([name, { needs, payload }]) => ({
  name: `${name}: an event`,
  needs,
  isEvent: true,
  create: (parts, environment, mode) => ({
    ...rpcApplication(name, parts, environment, mode),
    async call(running, token, { settled }) {
      await sendOver(name, running, environment, payload(token), true);
      return within(4000, settled);
    },
  }),
}));

/** Two methods of the service of gRPC, guarded by the decorators. */
async function grpcApplication({ guards, ran }, environment, mode = 'alone') {
  @Controller()
  class BankController {
    transfer() {
      ran();
      return { amount: 1 };
    }
    watch() {
      ran();
      return of({ amount: 1 }, { amount: 2 });
    }
  }
  decorate(BankController, 'transfer', [GrpcMethod('Bank', 'Transfer'), ...guards]);
  decorate(BankController, 'watch', [GrpcMethod('Bank', 'Watch'), ...guards]);
  const url = `${HOST}:${await freePort()}`;
  const options = { package: 'bank', protoPath: environment.proto, url };
  return { controllers: [BankController], mode, microservice: { transport: Transport.GRPC, options } };
}

async function callGrpc(address, proto, method, metadata) {
  const { bank } = loadPackageDefinition(loadSync(proto));
  const client = new bank.Bank(address, credentials.createInsecure());
  const failed = (error) => ({ form: `gRPC ${error.code}`, held: error });
  try {
    return await new Promise((resolve) => {
      if (method === 'Transfer') {
        client.Transfer({ amount: 1 }, metadata, (error, held) =>
          resolve(error ? failed(error) : { form: 'response', held }),
        );
        return;
      }
      const received = [];
      client
        .Watch({ amount: 1 }, metadata)
        .on('data', (receipt) => received.push(receipt))
        .on('error', (error) => resolve(failed(error)))
        .on('end', () => resolve({ form: 'stream', held: received }));
    });
  } finally {
    client.close();
  }
}

const grpc = ['Transfer', 'Watch'].map((method) => ({
  name: `gRPC: ${method === 'Transfer' ? 'a unary call' : 'a server stream'}`,
  async create(parts, environment, mode) {
    const application = await grpcApplication(parts, environment, mode);
    const { url } = application.microservice.options;
    const call = (_running, token) => {
      const metadata = new Metadata();
      if (token !== undefined) metadata.set('authorization', bearer(token));
      return callGrpc(url, environment.proto, method, metadata);
    };
    return { ...application, call };
  },
}));

export const rpcTransports = [...messages, ...events, ...grpc];
