import {
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  InternalServerErrorException,
  UseGuards,
} from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { Test } from '@nestjs/testing';
import { AccessTokenGuard, AcrGuard, RequireAcr, SkipStepUp, StepUpModule } from 'nestjs-step-up';
import { captureLog } from '../../support/application.js';
import { bootFailure, bootServer } from '../../support/boot.js';

const log = captureLog();
afterAll(() => log.restore());

describe('a boot that was stopped', () => {
  @Injectable()
  class Payments {
    @RequireAcr('mfa')
    pay() {}
  }

  class OpenController {
    show() {}
  }

  it('leaves guards that refuse everything, whoever catches the error', async () => {
    const testing = await Test.createTestingModule({
      imports: [StepUpModule.forRoot({ authorizationServers: [bootServer], metadataAudit: 'off' })],
      providers: [Payments],
    }).compile();
    const app = testing.createNestApplication();
    const context = {
      getType: () => 'http',
      getClass: () => OpenController,
      getHandler: () => OpenController.prototype.show,
    } as unknown as ExecutionContext;
    await expect(app.init()).rejects.toThrow('nothing would enforce it');
    for (const guard of [app.get(AcrGuard), app.get(AccessTokenGuard)]) {
      expect(() => guard.canActivate(context)).toThrow(new InternalServerErrorException());
    }
    await app.close().catch(() => undefined);
  });
});

describe('a Passport guard of another strategy', () => {
  it('stops the boot also where a token alone is needed', async () => {
    @Controller()
    class AccountsController {
      @Get()
      @SkipStepUp()
      @UseGuards(AuthGuard('basic'))
      show() {}
    }
    expect(String(await bootFailure({ controllers: [AccountsController] }))).toContain(
      'AccountsController.show has a Passport guard of another strategy than "jwt"',
    );
  });
});
