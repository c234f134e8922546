import { type DynamicModule, Module } from '@nestjs/common';
import { AccountsController } from './accounts.controller.js';
import { BankApi } from './bank-api.js';
import { BFF_OPTIONS, type BffOptions } from './bff.options.js';
import { Inspector } from './inspector/inspector.js';
import { Journal } from './inspector/journal.js';
import { SessionStore } from './session-store.js';
import { SignInController } from './sign-in.controller.js';
import { SignInCookie } from './sign-in-cookie.js';
import { AuthorizationClient, CLIENT_OPTIONS, Confirmations, StepUps, UserStore } from './step-up/index.js';
import { TransfersController } from './transfers.controller.js';

/** A backend for a frontend: an application on a server, which is the client of RFC 9470. */
@Module({})
export class BffModule {
  static forRoot(options: BffOptions): DynamicModule {
    return {
      module: BffModule,
      controllers: [AccountsController, SignInController, TransfersController],
      providers: [
        { provide: BFF_OPTIONS, useValue: options },
        {
          provide: CLIENT_OPTIONS,
          inject: [Journal],
          useFactory: ({ fetch }: Journal) => ({ ...options, resource: options.bank, fetch }),
        },
        AuthorizationClient,
        BankApi,
        Confirmations,
        Inspector,
        Journal,
        SessionStore,
        SignInCookie,
        StepUps,
        UserStore,
      ],
    };
  }
}
