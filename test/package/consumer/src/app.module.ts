import 'reflect-metadata';
import { Controller, Get, type INestApplication, Module, Post } from '@nestjs/common';
import { Public, RequireAcr, StepUpModule } from 'nestjs-step-up';

@Controller('transfers')
class TransfersController {
  @Post()
  @RequireAcr('mfa', { maxAge: 300 })
  create(): string {
    return 'done';
  }

  @Get()
  list(): string[] {
    return [];
  }

  @Get('rates')
  @Public()
  rates(): number[] {
    return [];
  }
}

@Module({
  imports: [
    StepUpModule.forRoot({
      authorizationServers: [{ issuer: 'https://as.example', audience: 'api', acr: { mfa: 'urn:example:mfa' } }],
      metadataAudit: 'off',
    }),
  ],
  controllers: [TransfersController],
})
export class AppModule {}

export function setUp(app: INestApplication): void {
  app.setGlobalPrefix('api');
}
