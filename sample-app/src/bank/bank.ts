import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { WsAdapter } from '@nestjs/platform-ws';
import { BankModule } from './bank.module.js';
import { serveDocumentation } from './documentation.js';
import { servePage } from './page.js';

interface BankOptions {
  /** Its own URL: where its page is, and the audience of its access tokens. */
  readonly url: string;
  /** URL of the authorization server. */
  readonly issuer: string;
  /** URL of the application on a server, which the page links to. */
  readonly bff: string;
}

/** Makes the bank: its API by HTTP, GraphQL and WebSocket, its page, and the description of the API. */
export async function createBank({ url, issuer, bff }: BankOptions): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(BankModule.forRoot({ issuer, audience: url }), {
    logger: ['warn', 'error', 'fatal'],
    abortOnError: false,
  });
  app.useWebSocketAdapter(new WsAdapter(app));
  servePage(app, { url, issuer, bff });
  serveDocumentation(app);
  await app.init();
  return app;
}
