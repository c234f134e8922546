// A Nest application with a gateway and with GraphQL over WebSocket. Prints its origin when it listens. It runs in Node,
// whatever runtime its clients run in.
import 'reflect-metadata';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Controller, Get, Inject, Module, Query as QueryParameter } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GraphQLModule, Mutation, Query, Resolver } from '@nestjs/graphql';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { RequireAcr, StepUpContext, StepUpModule, StepUpService } from 'nestjs-step-up';
import { createTestAuthorizationServer } from 'nestjs-step-up/testing';

const server = await createTestAuthorizationServer();

/** Gives tokens of a user who has signed in. It takes `acr_values` for a hint: there is no sign-in called "never". */
@Controller()
class TokenController {
  @Get('token')
  token(@QueryParameter('acr') acr: string) {
    return server.accessToken({ acr: acr === 'never' ? 'pwd' : acr });
  }
}

/** What is behind each transport: an operation that asks once, one that asks twice, and one that is never content. */
@WebSocketGateway()
class BankGateway {
  constructor(@Inject(StepUpService) private readonly stepUp: StepUpService) {}

  @SubscribeMessage('one')
  @RequireAcr('mfa')
  one() {
    return 'done';
  }

  @SubscribeMessage('two')
  @RequireAcr('mfa')
  async two(@StepUpContext() at: unknown) {
    await this.stepUp.require(at, 'phr');
    return 'done';
  }

  @SubscribeMessage('never')
  @RequireAcr('never')
  never() {
    return 'done';
  }
}

@Resolver()
class BankResolver {
  constructor(@Inject(StepUpService) private readonly stepUp: StepUpService) {}

  @Mutation('one')
  @RequireAcr('mfa')
  one() {
    return 'done';
  }

  @Mutation('two')
  @RequireAcr('mfa')
  async two(@StepUpContext() at: unknown) {
    await this.stepUp.require(at, 'phr');
    return 'done';
  }

  @Mutation('never')
  @RequireAcr('never')
  never() {
    return 'done';
  }

  @Query('ready')
  ready() {
    return 'done';
  }
}

/** What GraphQL gives: the request of a mutation over HTTP, or the connection of graphql-ws. */
interface Connection {
  req?: object;
  extra: { request: object };
  connectionParams?: object;
}

@Module({
  imports: [
    StepUpModule.forRoot({
      authorizationServers: [
        {
          issuer: server.issuer,
          audience: server.audience,
          acr: { phr: 'phr', mfa: 'mfa', never: 'never' },
          order: ['phr', 'mfa'],
        },
      ],
    }),
    GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      typeDefs: 'type Query { ready: String } type Mutation { one: String two: String never: String }',
      graphiql: false,
      playground: false,
      subscriptions: { 'graphql-ws': true },
      context: ({ req, extra, connectionParams }: Connection) => ({ req: req ?? extra.request, connectionParams }),
    }),
  ],
  controllers: [TokenController],
  providers: [BankGateway, BankResolver],
})
class BankModule {}

const application = await NestFactory.create(BankModule, { logger: ['error'] });
await application.listen(0, '127.0.0.1');
console.log(await application.getUrl());
