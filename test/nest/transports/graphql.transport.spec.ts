import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { type ExecutionContext, Get, UseGuards } from '@nestjs/common';
import { Context, GraphQLModule, Mutation, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { AccessTokenGuard, RequireAcr, StepUpContext, StepUpService } from 'nestjs-step-up';
import { createTestAuthorizationServer } from 'nestjs-step-up/testing';
import { AccessTokenVerifier } from '../../../lib/token/index.js';
import { adapters, applicationOfAllTests, logOfEachTest, startApplication } from '../../support/application.js';
import { handler } from '../../support/handler.js';

logOfEachTest();

const typeDefs = `
  type Account { name: String!, balance: Int }
  type Query {
    account: Account
    accounts: [String!]
    history: String
    passkey: String
    requireAt: String
    requireOfRequest: String
  }
  type Mutation { transfer: String }
`;

@Resolver('Account')
class AccountResolver {
  constructor(private readonly stepUp: StepUpService) {}

  @Query('account')
  account() {
    return { name: 'current' };
  }

  @ResolveField('balance')
  @RequireAcr('mfa')
  balance() {
    return 1;
  }

  @Query('accounts')
  @UseGuards(AccessTokenGuard)
  accounts() {
    return ['current'];
  }

  @Query('history')
  @RequireAcr('mfa', { maxAge: 300 })
  history() {
    return 'history';
  }

  @Query('passkey')
  @RequireAcr('phr')
  passkey() {
    return 'passkey';
  }

  @Query('requireAt')
  @RequireAcr('pwd')
  async requireAt(@StepUpContext() at: ExecutionContext) {
    await this.stepUp.require(at, 'mfa');
    return 'done';
  }

  @Query('requireOfRequest')
  @RequireAcr('pwd')
  async requireOfRequest(@Context('req') request: object) {
    await this.stepUp.require(request, 'mfa');
    return 'done';
  }

  @Mutation('transfer')
  @RequireAcr('mfa', { scope: 'transfer:write' })
  transfer() {
    return 'done';
  }
}

interface GraphqlError {
  message: string;
  path: string[];
  extensions: Record<string, unknown>;
}

describe('RS-108 a GraphQL field is refused in the extensions of its error', () => {
  const { server, application } = applicationOfAllTests({
    controllers: [handler(Get('transfer'), RequireAcr('mfa'))],
    imports: [
      GraphQLModule.forRoot<ApolloDriverConfig>({
        driver: ApolloDriver,
        typeDefs,
        graphiql: false,
        playground: false,
        includeStacktraceInErrorResponses: false,
        fieldResolverEnhancers: ['guards', 'filters'],
      }),
    ],
    providers: [AccountResolver],
  });
  const challenged = jest.fn();
  beforeAll(() => {
    application.app.get(StepUpService).onChallenged(challenged);
  });
  beforeEach(() => challenged.mockClear());

  async function ask(query: string, token?: string) {
    const { status, challenges, text } = await application.send('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
      ...(token !== undefined && { token }),
    });
    const { data, errors = [] }: { data: unknown; errors?: GraphqlError[] } = JSON.parse(text);
    return { status, challenges, data, errors: errors.map(({ path, extensions }) => ({ path, extensions })) };
  }

  const insufficient = {
    code: 'INSUFFICIENT_USER_AUTHENTICATION',
    error: 'insufficient_user_authentication',
    error_description: 'A different authentication is required',
    reasons: ['acr_unmet'],
  };
  const history = { ...insufficient, acr_values: 'mfa', max_age: 300 };
  const passkey = { ...insufficient, acr_values: 'phr' };

  it('the fields of one request are judged each by itself, and no header is set', async () => {
    expect(await ask('{ accounts history passkey }', await server.accessToken({ acr: 'phr' }))).toEqual({
      status: 200,
      challenges: [],
      data: { accounts: ['current'], history: null, passkey: 'passkey' },
      errors: [{ path: ['history'], extensions: history }],
    });
  });

  it('two fields are refused with a challenge each, and no header is set', async () => {
    expect(await ask('{ history passkey }', await server.accessToken({ acr: 'pwd' }))).toEqual({
      status: 200,
      challenges: [],
      data: { history: null, passkey: null },
      errors: [
        { path: ['history'], extensions: history },
        { path: ['passkey'], extensions: passkey },
      ],
    });
  });

  it('a field that is asked for twice is judged each time', async () => {
    const { data, errors } = await ask('{ first: passkey second: passkey }', await server.accessToken({ acr: 'pwd' }));
    expect(data).toEqual({ first: null, second: null });
    expect(errors.map(({ path }) => path)).toEqual([['first'], ['second']]);
    expect(challenged).toHaveBeenCalledTimes(2);
  });

  it('a forged token is verified once for all the fields of a request', async () => {
    const [header, payload] = (await server.accessToken({ acr: 'phr' })).split('.');
    const forged = `${header}.${payload}.${'A'.repeat(342)}`;
    const verify = jest.spyOn(AccessTokenVerifier.prototype, 'verify');
    const { data, errors } = await ask('{ first: passkey second: passkey third: accounts }', forged);
    const calls = verify.mock.calls.length;
    verify.mockRestore();
    expect({ data, calls }).toEqual({ data: { first: null, second: null, third: null }, calls: 1 });
    expect(errors.map(({ extensions }) => extensions['code'])).toEqual(Array(3).fill('INVALID_TOKEN'));
  });

  it('the field of an object is refused and its neighbors are left', async () => {
    expect(await ask('{ account { name balance } }', await server.accessToken({ acr: 'pwd' }))).toMatchObject({
      data: { account: { name: 'current', balance: null } },
      errors: [{ path: ['account', 'balance'], extensions: { ...insufficient, acr_values: 'mfa' } }],
    });
  });

  it.each(['requireAt', 'requireOfRequest'])('a field is refused from within its handler: %s', async (field) => {
    expect(await ask(`{ ${field} }`, await server.accessToken({ acr: 'pwd' }))).toEqual({
      status: 200,
      challenges: [],
      data: { [field]: null },
      errors: [{ path: [field], extensions: { ...insufficient, acr_values: 'mfa' } }],
    });
  });

  it('RS-92 the extensions say which scope lacks', async () => {
    expect(await ask('mutation { transfer }', await server.accessToken({ acr: 'mfa' }))).toEqual({
      status: 200,
      challenges: [],
      data: { transfer: null },
      errors: [
        {
          path: ['transfer'],
          extensions: {
            code: 'INSUFFICIENT_SCOPE',
            error: 'insufficient_scope',
            error_description: 'The access token lacks a scope',
            scope: 'transfer:write',
            reasons: ['scope_missing'],
          },
        },
      ],
    });
  });

  it('RS-24 a caller without a valid token sees no requirement', async () => {
    const invalid = {
      code: 'INVALID_TOKEN',
      error: 'invalid_token',
      error_description: 'The access token is not a signed JWT',
    };
    expect(await ask('{ accounts history }', 'garbage')).toEqual({
      status: 200,
      challenges: [],
      data: { accounts: null, history: null },
      errors: [
        { path: ['accounts'], extensions: invalid },
        { path: ['history'], extensions: invalid },
      ],
    });
    const strange = await ask('{ history }');
    expect(strange).toMatchObject({ data: { history: null }, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    expect(JSON.stringify(strange)).not.toMatch(/acr_values|max_age|mfa|300/);
    expect(strange.challenges).toEqual([]);
  });

  it('fields whose requirements are met are resolved', async () => {
    expect(await ask('{ accounts history account { balance } }', await server.accessToken({ acr: 'mfa' }))).toEqual({
      status: 200,
      challenges: [],
      data: { accounts: ['current'], history: 'history', account: { balance: 1 } },
      errors: [],
    });
    expect(challenged).not.toHaveBeenCalled();
  });

  it('the controllers of the application have their challenge as ever', async () => {
    const answer = await application.send('/transfer', { token: await server.accessToken({ acr: 'pwd' }) });
    expect(answer.status).toBe(401);
    expect(answer.challenges).toEqual([
      'Bearer realm="api", error="insufficient_user_authentication", ' +
        'error_description="A different authentication is required", acr_values="mfa"',
    ]);
  });
});

it('a field whose token is found in its own arguments is not answered for the token of another field', async () => {
  const server = await createTestAuthorizationServer();
  @Resolver()
  class WhoResolver {
    @Query('who')
    @UseGuards(AccessTokenGuard)
    who(@Context('req') { user }: { user?: { sub?: string } }) {
      return user?.sub;
    }
  }
  const application = await startApplication({
    createAdapter: adapters[0][1],
    controllers: [],
    imports: [
      GraphQLModule.forRoot<ApolloDriverConfig>({
        driver: ApolloDriver,
        typeDefs: 'type Query { who(token: String): String }',
        graphiql: false,
        playground: false,
      }),
    ],
    providers: [WhoResolver],
    options: {
      authorizationServers: [{ issuer: server.issuer, audience: server.audience }],
      accessToken: (context) => context.getArgByIndex<{ token?: string }>(1).token,
    },
  });
  const mallory = await server.accessToken({ subject: 'mallory' });
  const { body } = await application.send('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: `{ a: who(token: "${mallory}") b: who(token: "garbage") }` }),
  });
  await application.close();
  await server.close();
  expect(body['data']).toEqual({ a: 'mallory', b: null });
});
