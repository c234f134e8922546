// Global guards: every handler needs a token and a sign-in of the last half hour, unless it says otherwise.
import { Controller, Get, Module, Post } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { AccessTokenGuard, Public, RequireAcr, SkipStepUp, StepUpModule } from 'nestjs-step-up';

@Controller()
class BankController {
  @Get('health')
  @Public() // not even a token
  health() {
    return { up: true };
  }

  @Get('rates')
  @SkipStepUp() // a valid token, however old the sign-in
  rates() {
    return { EUR: 1 };
  }

  @Get('accounts') // what the module requires
  accounts() {
    return ['current'];
  }

  @Post('transfers')
  @RequireAcr('mfa', { maxAge: 300 }) // more than that
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
          order: ['phr', 'mfa', 'pwd'],
        },
      ],
      requirements: { maxAge: 1800 }, // of every handler; this binds AcrGuard globally
    }),
  ],
  controllers: [BankController],
  providers: [{ provide: APP_GUARD, useClass: AccessTokenGuard }],
})
export class AppModule {}

async function start() {
  const app = await NestFactory.create(AppModule);
  await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
  return app;
}

export const application = start();
