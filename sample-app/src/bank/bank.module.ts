import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { type DynamicModule, Module } from '@nestjs/common';
import { GraphQLModule } from '@nestjs/graphql';
import { StepUpModule } from 'nestjs-step-up';
import { StepUpTelemetryModule } from 'nestjs-step-up/opentelemetry';
import { BANK_SCOPE } from '../shared/registration.js';
import { AccountsController } from './accounts.controller.js';
import { BankResolver, typeDefs } from './bank.resolver.js';
import { Ledger } from './ledger.js';
import { McpController } from './mcp.controller.js';
import { TransfersController } from './transfers.controller.js';
import { TransfersGateway } from './transfers.gateway.js';
import { Transfers } from './transfers.js';

/** The bank's API. Its own words for authentication are translated here, once, into those of the authorization server. */
@Module({})
export class BankModule {
  static forRoot({ issuer, audience }: { issuer: string; audience: string }): DynamicModule {
    return {
      module: BankModule,
      imports: [
        StepUpModule.forRoot({
          authorizationServers: [
            // who has used a passkey has done more than a second factor asks for
            {
              issuer,
              acr: { phr: 'phr', mfa: 'urn:example:mfa', pwd: 'urn:example:pwd' },
              order: ['phr', 'mfa', 'pwd'],
            },
          ],
          realm: 'bank',
          // clients find the authorization server by it, and it is the audience of the tokens
          protectedResourceMetadata: {
            resource: audience,
            scopesSupported: ['openid', BANK_SCOPE],
            resourceName: 'Bank',
          },
        }),
        GraphQLModule.forRoot<ApolloDriverConfig>({
          driver: ApolloDriver,
          typeDefs,
          playground: false,
          includeStacktraceInErrorResponses: false,
        }),
        // counts decisions, if a meter provider is registered before the application starts
        StepUpTelemetryModule,
      ],
      controllers: [AccountsController, TransfersController, McpController],
      providers: [Ledger, Transfers, BankResolver, TransfersGateway],
    };
  }
}
