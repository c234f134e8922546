import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { createStepUpDocument } from 'nestjs-step-up/swagger';
import { AppModule, setUp } from './app.module.js';

/** Fails unless Swagger serves a document that says what each handler requires. */
async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  setUp(app);
  const config = new DocumentBuilder().setTitle('Bank').build();
  SwaggerModule.setup('docs', app, () => createStepUpDocument(app, config));
  try {
    await app.listen(0, '127.0.0.1');
    const url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}/docs-json`;
    const { paths } = (await (await fetch(url)).json()) as {
      paths: Record<string, Record<string, Record<string, object>>>;
    };
    const found = JSON.stringify({
      post: paths['/api/transfers']?.post?.['x-step-up'],
      get: paths['/api/transfers']?.get?.['x-step-up'],
      rates: paths['/api/transfers/rates']?.get?.['x-step-up'],
    });
    const expected = JSON.stringify({
      post: { access: 'required', words: ['mfa'], acr_values: ['urn:example:mfa'], max_age: 300 },
      get: { access: 'open' },
      rates: { access: 'public' },
    });
    if (found !== expected) throw new Error(`${found} instead of ${expected}`);
    if (!paths['/api/transfers']?.post?.responses || !('401' in paths['/api/transfers'].post.responses))
      throw new Error('the document shows no 401');
  } finally {
    await app.close();
  }
}

main().then(
  () => console.log('OpenAPI'),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
