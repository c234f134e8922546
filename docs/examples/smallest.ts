// The smallest application: a transfer needs a second factor, and a sign-in of the last five minutes.
import { Controller, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { RequireAcr, StepUpModule } from 'nestjs-step-up';

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
          issuer: process.env['STEP_UP_ISSUER'] ?? 'http://127.0.0.1:9000',
          audience: process.env['STEP_UP_AUDIENCE'] ?? 'https://api.example',
          acr: { phr: 'urn:example:phr', mfa: 'urn:example:mfa', pwd: 'urn:example:pwd' },
          order: ['phr', 'mfa', 'pwd'], // strongest first: "phr" is enough where "mfa" is required
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
