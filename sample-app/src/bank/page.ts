import { dirname, join } from 'node:path';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { underOwnName } from '../shared/own-name.js';
import { publicDirectory } from '../shared/public-directory.js';
import { BANK_SCOPE, PAGE_CLIENT } from '../shared/registration.js';

/** `nestjs-step-up/client` as browsers import it: `require.resolve` would give the CommonJS one. */
const ES_MODULES = join(dirname(require.resolve('nestjs-step-up/package.json')), 'dist', 'esm');

interface PageOptions {
  readonly url: string;
  readonly issuer: string;
  /** Where visitors go who want no token in their browser, or have no JavaScript. */
  readonly bff: string;
}

/** Serves the bank's page as it lies in the folder, and the client libraries as their packages ship them: nothing is built. */
export function servePage(app: NestExpressApplication, { url, issuer, bff }: PageOptions): void {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    // not every browser counts the sockets of an origin as its own
    `connect-src 'self' ${url.replace('http', 'ws')} ${issuer}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

  app.use((_: Request, response: Response, next: NextFunction) => {
    response.set({
      'content-security-policy': policy,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    next();
  });
  // the address of the page alone: clients of the API may call it by another name
  app.use(/^\/$/, underOwnName(url));
  app.use('/on-a-server', (_: Request, response: Response) => response.redirect(bff));
  app.use('/configuration.json', (_: Request, response: Response) => {
    response.json({ issuer, clientId: PAGE_CLIENT, scope: `openid ${BANK_SCOPE}` });
  });
  app.useStaticAssets(dirname(require.resolve('oauth4webapi')), { prefix: '/vendor/oauth4webapi/' });
  app.useStaticAssets(ES_MODULES, { prefix: '/vendor/nestjs-step-up/' });
  app.useStaticAssets(publicDirectory('shared'));
  app.useStaticAssets(publicDirectory('bank'));
}
