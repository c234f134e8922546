import { type DynamicModule, Module } from '@nestjs/common';
import { StepUpModule } from 'nestjs-step-up';
import { StepUpTelemetryModule } from 'nestjs-step-up/opentelemetry';
import { AccountsController } from './accounts.controller.js';
import { Ledger } from './ledger.js';
import { TransfersController } from './transfers.controller.js';

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
              audience,
              acr: { phr: 'phr', mfa: 'urn:example:mfa', pwd: 'urn:example:pwd' },
              order: ['phr', 'mfa', 'pwd'],
            },
          ],
          realm: 'bank',
        }),
        // counts decisions, if a meter provider is registered before the application starts
        StepUpTelemetryModule,
      ],
      controllers: [AccountsController, TransfersController],
      providers: [Ledger],
    };
  }
}
