import { Controller, type ExecutionContext, Get, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { AccessTokenGuard, RequireAcr, StepUpContext, StepUpService } from 'nestjs-step-up';
import { adapters, applicationOfAllTests, logOfEachTest } from '../../support/application.js';

logOfEachTest();
const ran = jest.fn();
beforeEach(() => ran.mockClear());

@Controller()
class BankController {
  constructor(private readonly stepUp: StepUpService) {}

  @Get('acr')
  @RequireAcr('mfa')
  acr() {
    ran();
  }

  @Get('token')
  @UseGuards(AccessTokenGuard)
  token() {
    ran();
  }

  @Get('passport')
  @UseGuards(AuthGuard('jwt'))
  passport() {
    ran();
  }

  @Get('require')
  async require(@StepUpContext() at: ExecutionContext) {
    await this.stepUp.require(at, 'mfa');
    ran();
  }

  @Get('assess')
  async assess(@StepUpContext() at: ExecutionContext) {
    await this.stepUp.assess(at, 'mfa');
    ran();
  }

  @Get('authenticated')
  async authenticated(@StepUpContext() at: ExecutionContext) {
    await this.stepUp.authenticated(at);
    ran();
  }

  @Get('stored')
  async stored(@StepUpContext() at: ExecutionContext) {
    await this.stepUp.storedEvent(at);
    ran();
  }
}

describe.each(adapters)('whoever asks who the user is stops at a refusal, over %s', (_, createAdapter) => {
  const { application, server } = applicationOfAllTests({ createAdapter, controllers: [BankController] });
  const all = ['acr', 'token', 'passport', 'require', 'assess', 'authenticated', 'stored'];

  it.each(all)('%s', async (path) => {
    const expired = await server.accessToken({ acr: 'mfa', expiresIn: -60 });
    // Twice: the second time the token is known.
    for (const token of [undefined, 'garbage', 'garbage', expired, expired]) {
      const { status, headers } = await application.send(`/${path}`, token === undefined ? {} : { token });
      expect(status).toBe(401);
      const error = token === undefined ? 'realm="api"' : 'error="invalid_token"';
      expect(String(headers['www-authenticate'])).toContain(error);
    }
    expect(ran).not.toHaveBeenCalled();
    expect(await application.send(`/${path}`, { token: await server.accessToken({ acr: 'mfa' }) })).toMatchObject({
      status: 200,
    });
    expect(ran).toHaveBeenCalledTimes(1);
  });

  it.each(['acr', 'require'])('%s, if the sign-in is not enough', async (path) => {
    const token = await server.accessToken({ acr: 'pwd' });
    for (let time = 0; time < 2; time++)
      expect(await application.send(`/${path}`, { token })).toMatchObject({ status: 401 });
    expect(ran).not.toHaveBeenCalled();
  });
});
