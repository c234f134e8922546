import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { NextFunction, Request, Response } from 'express';
import { createStepUpDocument } from 'nestjs-step-up/swagger';

/** Swagger UI has a style sheet inside its page, and pictures inside its style sheets. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Serves the description of the bank's API by OpenAPI at `/docs`. What it requires comes from the controllers. */
export function serveDocumentation(app: NestExpressApplication): void {
  const config = new DocumentBuilder()
    .setTitle('Bank')
    .setDescription('A small bank that asks for a stronger sign-in when it matters.')
    .build();
  app.use('/docs', (_: Request, response: Response, next: NextFunction) => {
    response.set('content-security-policy', POLICY);
    next();
  });
  SwaggerModule.setup('docs', app, () => createStepUpDocument(app, config));
}
