// @ts-nocheck: see ../harness/tokens.ts
import { ApolloDriver } from '@nestjs/apollo';
import { GraphQLModule, Mutation, Query, ResolveField, Resolver, Subscription } from '@nestjs/graphql';
import { MercuriusDriver } from '@nestjs/mercurius';
import { ClientError, GraphQLClient } from 'graphql-request';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { decorate } from '../harness/decorate';

const typeDefs = `
  type Account { id: ID, secret: String }
  type Query { open: String, account: Account }
  type Mutation { transfer: String }
  type Subscription { transfers: String }
`;

const apollo = {
  driver: ApolloDriver,
  typeDefs,
  graphiql: false,
  playground: false,
  includeStacktraceInErrorResponses: false,
  stopOnTerminationSignals: false,
  allowBatchedHttpRequests: true,
  fieldResolverEnhancers: ['guards', 'filters'],
  subscriptions: { 'graphql-ws': true },
};
const mercurius = {
  driver: MercuriusDriver,
  typeDefs,
  graphiql: false,
  allowBatchedQueries: true,
  fieldResolverEnhancers: ['guards', 'filters'],
  context: (req) => ({ req }),
  subscription: {
    fullWsTransport: true,
    context: (_socket, req) => ({ req }),
    onConnect: ({ payload }) => ({ connectionParams: payload }),
  },
};

export const servers = {
  'Apollo on Express': { adapter: 'express', graphql: apollo },
  'Apollo on Fastify': { adapter: 'fastify', graphql: apollo },
  Mercurius: { adapter: 'fastify', graphql: mercurius },
};

/** An application whose resolver is guarded by the decorators; `open` is not. */
export function application({ adapter, graphql }, { guards, ran, guardedFields = true }) {
  @Resolver('Account')
  class BankResolver {
    @Query('open')
    open() {
      return 'open';
    }
    @Query('account')
    account() {
      return { id: '1' };
    }
    secret() {
      return ran();
    }
    transfer() {
      return ran();
    }
    async *transfers() {
      yield { transfers: ran() };
    }
  }
  decorate(BankResolver, 'transfer', [Mutation('transfer'), ...guards]);
  decorate(BankResolver, 'transfers', [Subscription('transfers'), ...guards]);
  if (guardedFields) decorate(BankResolver, 'secret', [ResolveField('secret'), ...guards]);
  return { adapter, imports: [GraphQLModule.forRoot({ ...graphql })], providers: [BankResolver] };
}

/** One document by `graphql-request`, which throws an error that has the response. */
export async function request({ url }, token, document) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    const data = await new GraphQLClient(`${url}/graphql`, { headers }).request(document);
    return { form: 'data', held: data };
  } catch (error) {
    const isGraphql = error instanceof ClientError && error.response.errors !== undefined;
    return { form: `HTTP ${error.response?.status}${isGraphql ? ', `extensions`' : ''}`, held: error };
  }
}

/** A client of `graphql-ws`. It gives the token when the connection is initialised. */
export function socket({ port }, token) {
  const connectionParams = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const url = `ws://127.0.0.1:${port}/graphql`;
  return createClient({ url, webSocketImpl: WebSocket, connectionParams, retryAttempts: 0, lazy: false });
}

/** The first that an operation on a socket gives. */
export async function first(client, query) {
  try {
    for await (const result of client.iterate({ query })) {
      return { form: result.errors === undefined ? 'data' : '`extensions`', held: result };
    }
    return { form: 'completed', held: undefined };
  } catch (error) {
    if (Array.isArray(error)) return { form: '`error` message', held: error };
    return { form: error?.code === undefined ? 'error' : `close ${error.code}`, held: error };
  }
}

async function subscribe(running, token) {
  const client = socket(running, token);
  try {
    return await first(client, 'subscription { transfers }');
  } finally {
    await client.dispose();
  }
}

const calls = {
  'a mutation': (running, token) => request(running, token, 'mutation { transfer }'),
  'a field': (running, token) => request(running, token, '{ account { secret } }'),
  'a subscription over graphql-ws': subscribe,
};

export const graphqlTransports = Object.entries(servers).flatMap(([server, of]) =>
  Object.entries(calls).map(([what, call]) => ({
    name: `GraphQL, ${server}: ${what}`,
    create: (parts) => ({ ...application(of, parts), call }),
  })),
);
