// GraphQL: a mutation is refused in the extensions of its error, and the other fields are answered.
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Args, GraphQLModule, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import { AccessTokenGuard, RequireAcr, StepUpModule } from 'nestjs-step-up';

@Resolver()
class BankResolver {
  @Query(() => [String])
  @UseGuards(AccessTokenGuard) // a valid token
  accounts() {
    return ['current'];
  }

  @Mutation(() => Int)
  @RequireAcr('mfa', { maxAge: 300 })
  transfer(@Args('amount', { type: () => Int }) amount: number) {
    return amount;
  }
}

@Module({
  imports: [
    StepUpModule.forRoot({
      authorizationServers: [
        {
          issuer: process.env['STEP_UP_ISSUER'] ?? 'http://127.0.0.1:9000',
          audience: process.env['STEP_UP_AUDIENCE'] ?? 'https://api.example',
          acr: { phr: 'urn:example:phr', mfa: 'urn:example:mfa', pwd: 'urn:example:pwd' },
          order: ['phr', 'mfa', 'pwd'],
        },
      ],
    }),
    GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      autoSchemaFile: true,
      fieldResolverEnhancers: ['guards', 'filters'], // for @RequireAcr on a @ResolveField
    }),
  ],
  providers: [BankResolver],
})
export class AppModule {}

async function start() {
  const app = await NestFactory.create(AppModule);
  await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
  return app;
}

export const application = start();
