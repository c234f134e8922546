import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { underOwnName } from '../shared/own-name.js';
import { publicDirectory } from '../shared/public-directory.js';
import { BffModule } from './bff.module.js';
import type { BffOptions } from './bff.options.js';
import { Inspector } from './inspector/inspector.js';
import { Journal } from './inspector/journal.js';
import { ProblemFilter } from './problem.filter.js';
import { sessions } from './session.js';
import { SessionStore } from './session-store.js';

/** Makes the server, which listens where `url` says; needs neither the bank nor the authorization server to start. */
export async function createBff(options: BffOptions): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(BffModule.forRoot(options), {
    logger: ['warn', 'error', 'fatal'],
    abortOnError: false,
  });
  const headers = {
    // browsers apply form-action to where a form's answer redirects as well
    'content-security-policy': `default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' ${new URL(options.issuer).origin}; base-uri 'none'; frame-ancestors 'none'`,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  };
  app.use((_: Request, response: Response, next: NextFunction) => {
    response.set(headers);
    next();
  });
  app.use(underOwnName(options.url));
  app.useStaticAssets(publicDirectory('shared'));
  app.use('/in-the-browser', (_: Request, response: Response) => response.redirect(options.bank));
  app.use((_: Request, __: Response, next: NextFunction) => app.get(Journal).run(next));
  app.use(sessions(options.url, app.get(SessionStore)));
  app.useGlobalFilters(new ProblemFilter(app.get(Inspector)));
  await app.init();
  return app;
}
