// Tokens of two authorization servers, which have strings of their own for the same word.
import { Controller, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { RequireAcr, StepUpModule } from 'nestjs-step-up';

const audience = process.env['STEP_UP_AUDIENCE'] ?? 'https://api.example';

@Controller('transfers')
class TransfersController {
  @Post()
  @RequireAcr('mfa', { maxAge: 300 })
  transfer() {
    return { done: true };
  }
}

@Module({
  imports: [
    StepUpModule.forRoot({
      authorizationServers: [
        {
          // customers
          issuer: process.env['STEP_UP_ISSUER'] ?? 'http://127.0.0.1:9000',
          audience,
          acr: { mfa: ['urn:example:mfa', 'urn:example:phr'], pwd: 'urn:example:pwd' }, // the preferred first
        },
        {
          // staff: npx nestjs-step-up serve --port 9001 --acr gold --acr silver
          issuer: process.env['STEP_UP_SECOND_ISSUER'] ?? 'http://127.0.0.1:9001',
          audience,
          acr: { mfa: 'gold', pwd: 'silver' },
        },
      ],
    }),
  ],
  controllers: [TransfersController],
})
export class AppModule {}

async function start() {
  const app = await NestFactory.create(AppModule);
  await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
  return app;
}

export const application = start();
