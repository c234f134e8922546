import { type CanActivate, Controller, type ExecutionContext, Get, UseGuards } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { AccessTokenGuard, AcrGuard, RequireAcr, StepUpContext, StepUpService } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { adapters, captureLog, type RunningApplication, startApplication } from '../../support/application.js';

/** A guard of the application with challenges of its own. */
class OtherGuard implements CanActivate {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly challenges: string | string[],
  ) {}

  canActivate(context: ExecutionContext) {
    // both adapters hand lists on to Node, whatever the type says
    const value = this.challenges as string;
    this.adapterHost.httpAdapter.setHeader(context.switchToHttp().getResponse(), 'WWW-Authenticate', value);
    return true;
  }
}

@Controller()
class BankController {
  constructor(private readonly stepUp: StepUpService) {}

  @Get('transfer')
  @RequireAcr('mfa', { scope: 'transfer:write' })
  transfer() {}

  @Get('accounts')
  @UseGuards(AccessTokenGuard)
  accounts() {}

  @Get('crowd')
  @UseGuards(AcrGuard, AccessTokenGuard, AuthGuard('jwt'), AcrGuard)
  @RequireAcr('mfa')
  crowd() {}

  @Get('twice')
  @UseGuards(AccessTokenGuard)
  async twice(@StepUpContext() at: ExecutionContext) {
    await this.stepUp.require(at, 'phr').catch(() => undefined);
    await this.stepUp.require(at, 'mfa', { maxAge: 300 });
  }
}

const stepUp =
  'Bearer realm="api", error="insufficient_user_authentication", ' +
  'error_description="A different authentication is required", acr_values="mfa"';

describe.each(adapters)('RS-30 the challenge beside those of other guards, %s', (_, createAdapter) => {
  let server: TestAuthorizationServer;
  let log: ReturnType<typeof captureLog>;
  const applications: RunningApplication[] = [];

  async function start(challenges?: string | string[]) {
    const application = await startApplication({
      createAdapter,
      controllers: [BankController],
      options: { authorizationServers: [{ issuer: server.issuer, audience: server.audience }] },
      configure: (app) => {
        if (challenges !== undefined) app.useGlobalGuards(new OtherGuard(app.get(HttpAdapterHost), challenges));
      },
    });
    applications.push(application);
    return application;
  }

  beforeAll(async () => {
    log = captureLog();
    server = await createTestAuthorizationServer();
  });
  afterEach(async () => {
    for (const application of applications.splice(0)) await application.close();
  });
  afterAll(async () => {
    log.restore();
    await server?.close();
  });

  const dpop = 'DPoP algs="ES256 PS256"';
  const basic = 'Basic realm="legacy, \\"old\\""';
  it.each([
    ['one line', dpop, [dpop]],
    ['several lines', [dpop, basic], [dpop, basic]],
    ['several challenges in one line', `${dpop}, ${basic}`, [`${dpop}, ${basic}`]],
  ])('RS-28 keeps %s and adds a line', async (_, challenges, kept) => {
    const { send } = await start(challenges);
    const token = await server.accessToken({ acr: 'pwd', scope: 'transfer:write' });
    expect((await send('/transfer', { token })).challenges).toEqual([...kept, stepUp]);
    expect((await send('/transfer')).challenges).toEqual([...kept, 'Bearer realm="api"']);
    expect((await send('/accounts')).challenges).toEqual([...kept, 'Bearer realm="api"']);
  });

  it('RS-29 keeps them beside a 403 as well', async () => {
    const { send } = await start(dpop);
    const answer = await send('/transfer', { token: await server.accessToken({ acr: 'mfa' }) });
    expect(answer.status).toBe(403);
    expect(answer.challenges).toEqual([
      dpop,
      'Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a scope", ' +
        'scope="transfer:write"',
    ]);
  });

  it('leaves them alone where it has nothing to say', async () => {
    const { send } = await start([dpop, basic]);
    const answer = await send('/accounts', { token: await server.accessToken() });
    expect(answer.status).toBe(200);
    expect(answer.challenges).toEqual([dpop, basic]);
    expect(answer.headers).not.toHaveProperty('cache-control');
  });

  it.each([
    ['no token', () => undefined, 'Bearer realm="api"'],
    [
      'a token that is none',
      () => 'garbage',
      'Bearer realm="api", error="invalid_token", error_description="The access token is not a signed JWT"',
    ],
    ['an authentication that is not enough', () => server.accessToken({ acr: 'pwd' }), stepUp],
  ])('RS-93 says once what four guards would say: %s', async (_, token, challenge) => {
    const { send } = await start();
    const given = await token();
    const answer = await send('/crowd', given === undefined ? {} : { token: given });
    expect(answer.status).toBe(401);
    expect(answer.challenges).toEqual([challenge]);
  });

  it('RS-93 replaces its own challenge by a later one of the same request', async () => {
    const { send } = await start(dpop);
    const answer = await send('/twice', { token: await server.accessToken({ acr: 'pwd' }) });
    expect(answer.status).toBe(401);
    expect(answer.challenges).toEqual([dpop, `${stepUp}, max_age="300"`]);
    expect(answer.body).toMatchObject({ acr_values: 'mfa', max_age: 300 });
  });
});
