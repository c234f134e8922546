import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Injectable, type Type } from '@nestjs/common';
import { Context, GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { PassportStrategy } from '@nestjs/passport';
import { createClient } from 'graphql-ws';
import { passportJwtSecret } from 'jwks-rsa';
import { type AuthorizationServerOptions, RequireAcr, type StepUpModuleOptions } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import passport from 'passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import WebSocket from 'ws';
import { adapters, logOfEachTest, type RunningApplication, startApplication } from '../../support/application.js';
import { pass, secondsAgo, stopClock } from '../../support/clock.js';

@Resolver()
class BankResolver {
  @Query('transfer')
  @RequireAcr('mfa')
  transfer(@Context('req') { user }: { user: { sub: string } }) {
    return user.sub;
  }
}

interface Connected {
  extra: { request: object };
}

logOfEachTest();

describe('RS-108 GraphQL over WebSocket: one request for many operations', () => {
  let server: TestAuthorizationServer;
  let application: RunningApplication;
  let close: () => unknown;

  beforeEach(async () => {
    server = await createTestAuthorizationServer();
    stopClock();
  });
  afterEach(async () => {
    jest.useRealTimers();
    await close();
    await application.close();
    passport.unuse('jwt');
    await server.close();
  });

  async function start(options: StepUpModuleOptions, ...providers: Type[]): Promise<void> {
    application = await startApplication({
      createAdapter: adapters[0][1],
      controllers: [],
      imports: [
        GraphQLModule.forRoot<ApolloDriverConfig>({
          driver: ApolloDriver,
          typeDefs: 'type Query { transfer: String }',
          graphiql: false,
          playground: false,
          subscriptions: { 'graphql-ws': true },
          context: ({ req, extra }: { req?: object } & Connected) => ({ req: req ?? extra.request }),
        }),
      ],
      providers: [BankResolver, ...providers],
      options,
    });
  }
  const verifying = (options: Partial<AuthorizationServerOptions>) =>
    start({ authorizationServers: [{ issuer: server.issuer, audience: server.audience, ...options }] });

  /** Opens a socket with a token; what it gives asks for two fields, and tells the user of each, or why there is none. */
  function connect(token: string): () => Promise<unknown[]> {
    class WithToken extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols, { headers: { authorization: `Bearer ${token}` } });
      }
    }
    const url = `${application.url.replace('http', 'ws')}/graphql`;
    const client = createClient({ url, webSocketImpl: WithToken, lazy: false });
    close = () => client.dispose();
    return async () => {
      for await (const { data, errors } of client.iterate({ query: '{ first: transfer second: transfer }' })) {
        return errors?.map(({ extensions }) => extensions?.['error_description']) ?? Object.values(data ?? {});
      }
      return [];
    };
  }
  const twice = (value: string) => [value, value];
  const hourLater = () => secondsAgo(-3600);

  it('RS-80 a token that is revoked meanwhile is noticed', async () => {
    await verifying({ introspection: { ...server.introspection, cacheFor: 30 } });
    const token = server.opaqueToken({ acr: 'mfa' });
    const ask = connect(token);
    expect(await ask()).toEqual(twice('alice'));
    server.revoke(token);
    pass(29);
    expect(await ask()).toEqual(twice('alice'));
    pass(1);
    expect(await ask()).toEqual(twice('The access token is not active'));
  });

  it('a key that is withdrawn meanwhile is noticed', async () => {
    await verifying({ keys: { refreshAfter: 20, staleFor: 0 } });
    const ask = connect(await server.accessToken({ acr: 'mfa', claims: { exp: hourLater() } }));
    expect(await ask()).toEqual(twice('alice'));
    server.rotateKey();
    pass(700);
    expect(await ask()).toEqual(twice('The key of the access token is not known'));
  });

  it('an outage is forgotten when it is over', async () => {
    await verifying({ introspection: server.introspection });
    server.setUnavailable(true);
    const ask = connect(server.opaqueToken({ acr: 'mfa' }));
    expect(await ask()).toEqual(twice('The authorization server cannot be reached'));
    server.setUnavailable(false);
    expect(await ask()).toEqual(twice('alice'));
  });

  it("a strategy of the application's own is asked each time, so that no token outlives its exp", async () => {
    passport.unuse('jwt');
    const { jwksUri } = server;
    @Injectable()
    class JwtStrategy extends PassportStrategy(Strategy, 'jwt') {
      constructor() {
        super({
          jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
          algorithms: ['ES256'],
          secretOrKeyProvider: passportJwtSecret({ jwksUri }),
        });
      }

      validate(claims: object) {
        return claims;
      }
    }
    await start({ passport: 'existing' }, JwtStrategy);
    const ask = connect(await server.accessToken({ acr: 'mfa', claims: { exp: hourLater() } }));
    expect(await ask()).toEqual(twice('alice'));
    pass(3599);
    expect(await ask()).toEqual(twice('alice'));
    pass(1);
    expect(await ask()).toEqual(twice('The access token is not accepted'));
  });
});
