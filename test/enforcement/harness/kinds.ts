// @ts-nocheck: see types.ts
// Every kind of handler: its native decorators, what the application needs for it, and how it is called.
import { ApolloDriver, ApolloFederationDriver } from '@nestjs/apollo';
import { Controller, Get, Scope, Sse } from '@nestjs/common';
import { ContextIdFactory } from '@nestjs/core';
import {
  GraphQLModule,
  Mutation,
  Query,
  ResolveField,
  ResolveReference,
  Resolver,
  Subscription,
} from '@nestjs/graphql';
import { EventPattern, MessagePattern, Transport } from '@nestjs/microservices';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { of } from 'rxjs';
import { graphql, http, message, rpc, socketIo, subscribe } from './calls';

const BOTH = ['express', 'fastify'];

const schema = `
  type Account { id: ID, secret: String }
  type Query { secret: String, account: Account, other: String, accounts: [Account] }
  type Mutation { secret: String }
  type Subscription { secret: String }
`;

/** An Apollo module with the schema that all rows share; it stands after the others, so that all they do is done before. */
export function apollo(further = {}) {
  return GraphQLModule.forRoot({
    driver: ApolloDriver,
    typeDefs: schema,
    graphiql: false,
    playground: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    fieldResolverEnhancers: ['guards', 'filters'],
    resolvers: { Query: { account: () => ({ id: '1' }) } },
    ...further,
  });
}

export function federation(further = {}) {
  return apollo({
    driver: ApolloFederationDriver,
    typeDefs: 'type Query { other: String } type Account @key(fields: "id") { id: ID, secret: String }',
    resolvers: {},
    ...further,
  });
}

const ENTITIES =
  '{ _entities(representations: [{ __typename: "Account", id: "1" }]) { ... on Account { id secret } } }';
const overWs = (app) => app.useWebSocketAdapter(new WsAdapter(app));

const microservices = new WeakMap();

/** Where the microservice of a hybrid application listens. */
export const rpcPortOf = (app) => (microservices.has(app) ? portOf(microservices.get(app)) : undefined);

/** A microservice in the application, started before it as Nest's documentation shows. */
export function hybrid(inheritAppConfig, { start = true } = {}) {
  return async (app) => {
    const microservice = app.connectMicroservice(
      { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } },
      { inheritAppConfig },
    );
    microservices.set(app, microservice);
    if (start) await app.startAllMicroservices();
  };
}

/** `unwrap` is not there on every version. */
export function portOf(microservice) {
  const server = microservice.unwrap?.() ?? (microservice.server ?? microservice.serverInstance).server;
  return server.address()?.port;
}

const controllers = {
  at: 'controllers',
  adapters: BOTH,
  method: () => [Get()],
  cls: () => [Controller()],
  call: (at) => http(at),
};
const resolvers = {
  at: 'providers',
  adapters: BOTH,
  cls: () => [Resolver('Account')],
  extra: () => ({ after: [apollo()] }),
  isGraphql: true,
};
const gateways = {
  at: 'providers',
  adapters: ['express'],
  cls: () => [WebSocketGateway()],
  method: () => [SubscribeMessage('secret')],
  body: (secret) => ({ event: 'secret', data: secret() }),
  isSocket: true,
};
const patterns = {
  at: 'controllers',
  cls: () => [Controller()],
  method: () => [MessagePattern('secret')],
  call: (at) => rpc(at),
  isRpc: true,
};

/** `brief`: in the tables of kinds only with the ways that {@link isBrief} names, as another kind has them all. */
export const kinds = {
  controller: controllers,
  'request-scoped controller': { ...controllers, cls: () => [Controller({ scope: Scope.REQUEST })] },
  'durable controller': {
    brief: true,
    ...controllers,
    adapters: ['express'],
    cls: () => [Controller({ scope: Scope.REQUEST, durable: true })],
  },
  sse: { ...controllers, method: () => [Sse()], body: (secret) => of({ data: secret() }) },
  query: { ...resolvers, method: () => [Query('secret')], call: (at) => graphql(at, '{ secret }') },
  mutation: {
    brief: true,
    ...resolvers,
    adapters: ['fastify'],
    method: () => [Mutation('secret')],
    call: (at) => graphql(at, 'mutation { secret }'),
  },
  field: {
    ...resolvers,
    adapters: ['express'],
    method: () => [ResolveField('secret')],
    call: (at) => graphql(at, '{ account { secret } }'),
  },
  reference: {
    ...resolvers,
    adapters: ['express'],
    method: () => [ResolveReference()],
    body: (secret) => ({ __typename: 'Account', id: '1', secret: secret() }),
    extra: () => ({ after: [federation()] }),
    call: (at) => graphql(at, ENTITIES),
  },
  subscription: {
    ...resolvers,
    adapters: ['express'],
    method: () => [Subscription('secret')],
    body: (secret) => once({ secret: secret() }),
    extra: () => ({
      after: [
        apollo({
          subscriptions: { 'graphql-ws': true },
          context: ({ req, extra }) => ({ req: req ?? extra.request }),
        }),
      ],
    }),
    call: (at) => subscribe(at, 'subscription { secret }'),
  },
  'ws gateway': { ...gateways, extra: () => ({ configure: overWs }), call: (at) => message(at) },
  'socket.io gateway': {
    brief: true,
    ...gateways,
    extra: () => ({ configure: (app) => app.useWebSocketAdapter(new IoAdapter(app)) }),
    call: (at) => socketIo(at),
  },
  'message pattern': { ...patterns, adapters: ['tcp'] },
  'event pattern': {
    brief: true,
    ...patterns,
    adapters: ['tcp'],
    method: () => [EventPattern('secret')],
    call: (at) => rpc(at, 'secret', { event: true }),
  },
  'hybrid message pattern': { ...patterns, adapters: ['express'], extra: () => ({ configure: hybrid(false) }) },
  'hybrid message pattern, inheritAppConfig': {
    brief: true,
    ...patterns,
    adapters: ['express'],
    extra: () => ({ configure: hybrid(true) }),
  },
};

async function* once(value) {
  yield value;
}

// for durable controllers: all requests are of one tenant
const tenant = ContextIdFactory.create();
ContextIdFactory.apply({ attach: (contextId) => (info) => (info.isTreeDurable ? tenant : contextId) });

const BRIEF =
  /^class$|^inherited|^useClass under a token|^useFactory under a token|^useValue under a token|by hand, (constructor|after)|alone, on.*root|^on the|^by the module$|AT-12 @|APP_GUARD useClass|taken away above it$|^@SkipStepUp on the m|^existing strategy, on the method/;

export function isBrief(how) {
  return BRIEF.test(how);
}

/** Both adapters in turns, so that each row is run over one of them. */
export function inTurns(adapters, index) {
  return adapters.length < 2 ? adapters : [adapters[index % adapters.length]];
}

/** Applies decorators to a method as TypeScript does: the last one first. */
export function decorate(type, name, decorators) {
  let descriptor = Object.getOwnPropertyDescriptor(type.prototype, name);
  for (const decorator of [...decorators].reverse())
    descriptor = decorator(type.prototype, name, descriptor) ?? descriptor;
  Object.defineProperty(type.prototype, name, descriptor);
}

export function decorateClass(type, decorators) {
  for (const decorator of [...decorators].reverse()) decorator(type);
  return type;
}

/** A class of this kind whose method `secret` tells it. What stands first in a list of decorators stands on top. */
export function classOf(
  kind,
  secret,
  { above = [], below = [], cls = [], Base = Object, name = 'Subject', body = kind.body } = {},
) {
  const type = {
    [name]: class extends Base {
      secret() {
        return body === undefined ? secret() : body(secret, this);
      }
    },
  }[name];
  decorate(type, 'secret', [...above, ...kind.method(), ...below]);
  return decorateClass(type, [...cls, ...kind.cls()]);
}

/** Merges parts of an application; `after` are imports that stand last. */
export function application(kind, ...parts) {
  const all = [kind.extra?.() ?? {}, ...parts];
  const lists = ['controllers', 'providers', 'imports'].map((key) => [key, all.flatMap((part) => part[key] ?? [])]);
  const merged = Object.assign({ call: kind.call }, ...all, Object.fromEntries(lists));
  merged.imports = [...merged.imports, ...all.flatMap(({ after }) => after ?? [])];
  merged.options = Object.assign({}, ...all.map(({ options }) => options));
  const steps = (key) => async (app) => {
    for (const part of all) await part[key]?.(app);
  };
  return { ...merged, configure: steps('configure'), booted: steps('booted'), after: undefined };
}

/** The class where its kind belongs. */
export const mounted = (kind, ...types) => ({ [kind.at]: types });
