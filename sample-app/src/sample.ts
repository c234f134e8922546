import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createAuthorizationServer } from './authorization-server/authorization-server.js';
import { BankModule } from './bank/bank.module.js';
import { servePage } from './bank/page.js';
import { listen } from './listening-server.js';

export interface SampleOptions {
  /** Default is any free port. One that is taken is replaced by a free one. */
  ports?: { bank: number; authorizationServer: number };
}

export interface Sample {
  /** URL of the bank: its page, its API, and the audience of the access tokens. */
  readonly bank: string;
  /** URL of the authorization server. */
  readonly issuer: string;
  /** Makes it as if everybody with this account had signed in that much earlier. */
  ageSessions(accountId: string, seconds: number): void;
  close(): Promise<void>;
}

/** Starts the bank and its authorization server on the loopback interface. */
export async function startSample({ ports }: SampleOptions = {}): Promise<Sample> {
  // each has to know the other's address, so both listen before either can answer
  const bank = await listen(ports?.bank ?? 0);
  const authorization = await listen(ports?.authorizationServer ?? 0);
  const close = async () => {
    await Promise.all([bank.close(), authorization.close()]);
  };

  try {
    const authorizationServer = await createAuthorizationServer({ issuer: authorization.url, bank: bank.url });
    authorization.server.on('request', authorizationServer.handle);

    const app = await NestFactory.create<NestExpressApplication>(
      BankModule.forRoot({ issuer: authorization.url, audience: bank.url }),
      { logger: ['warn', 'error', 'fatal'], abortOnError: false },
    );
    servePage(app, { bank: bank.url, issuer: authorization.url });
    await app.init();
    bank.server.on('request', app.getHttpAdapter().getInstance());

    return {
      bank: bank.url,
      issuer: authorization.url,
      ageSessions: authorizationServer.ageSessions,
      close: async () => {
        await close();
        await app.close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
