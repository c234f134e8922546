import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import type { ExecutionContext } from '@nestjs/common';
import { Args, GraphQLModule, Mutation, Query, Resolver } from '@nestjs/graphql';
import { createClient } from 'graphql-ws';
import { RequireAcr, StepUpContext, type StepUpRegisterOptions, StepUpService } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import WebSocket from 'ws';
import { adapters, logOfEachTest, type RunningApplication, startApplication } from '../../support/application.js';

const log = logOfEachTest();
const ran = jest.fn();

@Resolver()
class BankResolver {
  constructor(private readonly stepUp: StepUpService) {}

  @Query('transfer')
  @RequireAcr('mfa')
  async transfer(@StepUpContext() at: ExecutionContext) {
    ran();
    return (await this.stepUp.authenticated(at)).event.subject;
  }

  @Query('open')
  open() {
    ran();
    return 'open';
  }

  @Mutation('renew')
  async renew(@StepUpContext() at: ExecutionContext, @Args('token') token: string) {
    return (await this.stepUp.renew(at, token)).event.acr;
  }
}

interface Socketed {
  req?: object;
  extra: { request: object };
  connectionParams?: object;
}

/** What applications write as `context`. */
const CONTEXTS: readonly (readonly [name: string, context: ApolloDriverConfig['context']])[] = [
  ['the one of Nest', undefined],
  ['the request that opened the socket', ({ req, extra }: Socketed) => ({ req: req ?? extra.request })],
  [
    'that request, and the parameters',
    ({ req, extra, connectionParams }: Socketed) => ({ req: req ?? extra.request, connectionParams }),
  ],
];

let server: TestAuthorizationServer;
let application: RunningApplication;
let dispose: (() => unknown)[] = [];
beforeAll(async () => {
  server = await createTestAuthorizationServer();
});
afterAll(() => server?.close());
beforeEach(() => ran.mockClear());
afterEach(async () => {
  for (const one of dispose) await one();
  dispose = [];
  await application?.close();
});

interface Setup {
  context?: ApolloDriverConfig['context'];
  handshake?: boolean;
  options?: Partial<StepUpRegisterOptions>;
}

async function start({ context, handshake = false, options }: Setup = {}): Promise<void> {
  application = await startApplication({
    createAdapter: adapters[0][1],
    controllers: [],
    imports: [
      GraphQLModule.forRootAsync<ApolloDriverConfig>({
        driver: ApolloDriver,
        inject: [StepUpService],
        useFactory: (stepUp: StepUpService) => ({
          typeDefs: 'type Query { transfer: String, open: String } type Mutation { renew(token: String): String }',
          graphiql: false,
          playground: false,
          subscriptions: {
            'graphql-ws': handshake ? { onConnect: (connection) => stepUp.handshake(connection) } : true,
          },
          ...(context !== undefined && { context }),
        }),
      }),
    ],
    providers: [BankResolver],
    options: { authorizationServers: [{ issuer: server.issuer, audience: server.audience }], ...options },
  });
}

/** Opens a socket; what it gives runs operations over it. */
function connect(connectionParams: object | undefined, headers: Record<string, string> = {}) {
  class WithHeaders extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { headers });
    }
  }
  let opened = 0;
  const closed: { code: number; reason: string }[] = [];
  const client = createClient({
    url: `${application.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WithHeaders,
    lazy: false,
    retryAttempts: 0,
    onNonLazyError: () => undefined,
    ...(connectionParams !== undefined && { connectionParams: connectionParams as Record<string, unknown> }),
    on: {
      opened: () => {
        opened += 1;
      },
      closed: (event) => closed.push(event as { code: number; reason: string }),
    },
  });
  dispose.push(() => client.dispose());
  const run = async (query: string, variables?: Record<string, unknown>) => {
    for await (const { data, errors } of client.iterate(variables === undefined ? { query } : { query, variables })) {
      return errors?.[0]?.extensions ?? data;
    }
    return undefined;
  };
  return { run, sockets: () => opened, closed };
}

const transfer = '{ transfer }';
const served = { transfer: 'alice' };
const unmet = { code: 'INSUFFICIENT_USER_AUTHENTICATION', reasons: ['acr_unmet'] };

describe('the token in connectionParams of graphql-ws', () => {
  it.each<[context: string, given: ApolloDriverConfig['context'], isFound: boolean]>([
    [...CONTEXTS[0]!, true],
    [...CONTEXTS[2]!, true],
    // An application that hides the parameters has to pass them on, or to call handshake().
    [...CONTEXTS[1]!, false],
  ])('is found with the context: %s', async (_, context, isFound) => {
    await start({ context });
    const token = await server.accessToken({ acr: 'mfa' });
    const { run } = connect({ Authorization: `Bearer ${token}` });
    expect(await run(transfer)).toMatchObject(isFound ? served : { code: 'UNAUTHENTICATED' });
  });

  it('does not count next to a different one in the header, and not if it is switched off', async () => {
    await start({ context: CONTEXTS[2]![1] });
    const [mfa, pwd] = [await server.accessToken({ acr: 'mfa' }), await server.accessToken({ acr: 'pwd' })];
    const { run } = connect({ authorization: `Bearer ${mfa}` }, { authorization: `Bearer ${pwd}` });
    expect(await run(transfer)).toMatchObject({ code: 'INVALID_REQUEST' });
    await application.close();
    await start({ options: { tokenLocations: { connectionParams: false } } });
    expect(await connect({ authorization: `Bearer ${mfa}` }).run(transfer)).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('gives way to a newer one that "accessToken" returns for a later operation', async () => {
    const [mfa, pwd] = [await server.accessToken({ acr: 'mfa' }), await server.accessToken({ acr: 'pwd' })];
    let present = pwd;
    await start({ options: { accessToken: () => present } });
    const { run, sockets } = connect({ authorization: `Bearer ${pwd}` });
    expect(await run(transfer)).toMatchObject(unmet);
    present = mfa;
    expect(await run(transfer)).toEqual(served);
    expect(sockets()).toBe(1);
  });
});

describe.each(CONTEXTS)('a handshake of graphql-ws, with the context: %s', (_, context) => {
  it.each<[what: string, parameters: () => Promise<object | undefined>, code: number, reason: string]>([
    ['no token', async () => undefined, 4401, 'unauthenticated'],
    ['garbage', async () => ({ authorization: 'Bearer garbage' }), 4401, 'invalid_token'],
    [
      'an expired token',
      async () => ({ authorization: `Bearer ${await server.accessToken({ expiresIn: -60 })}` }),
      4401,
      'invalid_token',
    ],
  ])('with %s closes the socket', async (__, parameters, code, reason) => {
    await start({ context, handshake: true });
    const { run, closed } = connect(await parameters());
    await expect(run('{ open }')).rejects.toMatchObject({ code, reason });
    expect(closed).toMatchObject([{ code, reason }]);
    expect(ran).not.toHaveBeenCalled();
  });

  it('knows the token for every operation, and is renewed by the same user alone', async () => {
    await start({ context, handshake: true });
    const { run, sockets } = connect({ authorization: `Bearer ${await server.accessToken({ acr: 'pwd' })}` });
    const renew = (token: string) => run('mutation($token: String) { renew(token: $token) }', { token });
    expect(await run('{ open }')).toEqual({ open: 'open' });
    expect(await run(transfer)).toMatchObject(unmet);
    expect(await renew(await server.accessToken({ acr: 'mfa', subject: 'bob' }))).toMatchObject({
      error_description: 'The access token is for another user than the one of this connection',
    });
    expect(await run(transfer)).toMatchObject(unmet);
    expect(await renew(await server.accessToken({ acr: 'mfa' }))).toEqual({ renew: 'mfa' });
    expect(await run(transfer)).toEqual(served);
    expect(sockets()).toBe(1);
  });
});

it('RFC 6750 §3.1 a renewal over HTTP is refused, and its sender cannot write it into the log', async () => {
  await start({ handshake: true });
  const token = await server.accessToken({ acr: 'mfa' });
  const { body } = await application.send('/graphql', {
    method: 'POST',
    token,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: 'mutation { renew(token: "x") }' }),
  });
  const message = 'A token is renewed on the connection that the earlier one came with';
  expect(body).toMatchObject({
    errors: [
      { message, extensions: { code: 'INVALID_REQUEST', error: 'invalid_request', error_description: message } },
    ],
  });
  expect(log.join('\n')).not.toContain('renew()');
});
