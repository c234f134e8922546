import 'reflect-metadata';
import { Controller, Get, Inject, Module, type NestModule, Post, Req, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthGuard, PassportModule } from '@nestjs/passport';
import { ExpressAdapter } from '@nestjs/platform-express';
import {
  AccessTokenGuard,
  Public,
  RequireAcr,
  SkipStepUp,
  StepUpContext,
  StepUpModule,
  StepUpService,
} from 'nestjs-step-up';

/** An application that a test bundles and runs. It prints what the boot logs, and one line with its URL and routes. */
const { ISSUER = '', PORT = '0' } = process.env;

@Controller('bank')
class BankController {
  constructor(@Inject(StepUpService) private readonly stepUp: StepUpService) {}

  @Post('transfers')
  @RequireAcr('mfa', { maxAge: 300 })
  transfer() {
    return 'done';
  }

  @Get('passport')
  @UseGuards(AuthGuard())
  @RequireAcr('mfa')
  behindPassport(@Req() { user }: { user: { sub: string } }) {
    return user.sub;
  }

  @Get('accounts')
  @UseGuards(AccessTokenGuard)
  accounts() {
    return 'accounts';
  }

  @Get('inside')
  @UseGuards(AccessTokenGuard)
  async inside(@StepUpContext() context: never) {
    await this.stepUp.require(context, ['mfa']);
    return 'inside';
  }

  @Get('rates')
  @Public()
  rates() {
    return 'rates';
  }
}

@Controller('vault')
@RequireAcr('mfa')
class VaultController {
  @Get()
  open() {
    return 'open';
  }

  @Get('door')
  @SkipStepUp()
  door() {
    return 'door';
  }
}

@Module({
  imports: [
    PassportModule.register({ defaultStrategy: 'jwt' }),
    StepUpModule.forRoot({
      authorizationServers: [{ issuer: ISSUER, audience: 'https://api.example', acr: { mfa: 'gold' } }],
      metadataAudit: 'off',
    }),
  ],
  controllers: [BankController, VaultController],
})
class AppModule implements NestModule {
  configure(): void {}
}

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, new ExpressAdapter(), { abortOnError: false });
  await app.listen(Number(PORT), '127.0.0.1');
  const routes = app
    .get(StepUpService)
    .routes()
    .map(({ access, enforcedBy, triggers }) => ({ access, enforcedBy, triggers }));
  process.stdout.write(`READY ${JSON.stringify({ url: await app.getUrl(), routes })}\n`);
}

main().catch((error: Error) => {
  process.stdout.write(`FAILED ${JSON.stringify(error.message)}\n`);
  process.exit(1);
});
