import { dirname, join } from 'node:path';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { publicDirectory } from '../shared/public-directory.js';
import { BANK_SCOPE, PAGE_CLIENT } from '../shared/registration.js';

/** `nestjs-step-up/client` as browsers import it: `require.resolve` would give the CommonJS one. */
const ES_MODULES = join(dirname(require.resolve('nestjs-step-up/package.json')), 'dist', 'esm');

/** Serves the bank's page as it lies in the folder, and the client libraries as their packages ship them: nothing is built. */
export function servePage(app: NestExpressApplication, { bank, issuer }: { bank: string; issuer: string }): void {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self' ${issuer}`,
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
  app.use('/configuration.json', (_: Request, response: Response) => {
    response.json({ bank, issuer, clientId: PAGE_CLIENT, scope: `openid ${BANK_SCOPE}` });
  });
  app.useStaticAssets(dirname(require.resolve('oauth4webapi')), { prefix: '/vendor/oauth4webapi/' });
  app.useStaticAssets(ES_MODULES, { prefix: '/vendor/nestjs-step-up/' });
  app.useStaticAssets(publicDirectory('shared'));
  app.useStaticAssets(publicDirectory('bank'));
}
