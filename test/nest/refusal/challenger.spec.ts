import { Controller, Get, UseGuards } from '@nestjs/common';
import { AccessTokenGuard, type ChallengeReport, RequireAcr, StepUpContext, StepUpService } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { adapters, captureLog, type RunningApplication, startApplication } from '../../support/application.js';

@Controller()
class BankController {
  constructor(private readonly stepUp: StepUpService) {}

  @Get('transfer')
  @RequireAcr('mfa', { maxAge: 300, scope: 'transfer:write' })
  transfer() {
    return { done: true };
  }

  @Get('assessed')
  @UseGuards(AccessTokenGuard)
  assessed(@StepUpContext() at: unknown) {
    return this.stepUp.assess(at, 'mfa', { maxAge: 300 });
  }

  @Get('required')
  @UseGuards(AccessTokenGuard)
  async required(@StepUpContext() at: unknown) {
    await this.stepUp.require(at, 'mfa');
    return { done: true };
  }
}

const scope = 'transfer:write';

describe.each(adapters)('events and report mode, %s', (_, createAdapter) => {
  let server: TestAuthorizationServer;
  let application: RunningApplication;
  let log: ReturnType<typeof captureLog>;
  let challenged: ChallengeReport[];

  async function start(mode: 'enforce' | 'report') {
    application = await startApplication({
      createAdapter,
      controllers: [BankController],
      options: { authorizationServers: [{ issuer: server.issuer, audience: server.audience }], mode },
    });
    application.app.get(StepUpService).onChallenged((event) => challenged.push(event));
    return application;
  }
  const reports = () => log.lines.filter((line) => line.startsWith('[report'));

  beforeEach(async () => {
    challenged = [];
    log = captureLog();
    server = await createTestAuthorizationServer();
  });
  afterEach(async () => {
    log.restore();
    await application?.close();
    await server?.close();
  });

  it('lets through what lacks the authentication, and says that it would not have', async () => {
    const { send } = await start('report');
    const answer = await send('/transfer', { token: await server.accessToken({ acr: 'pwd', authTime: 1, scope }) });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ done: true });
    expect(answer.challenges).toEqual([]);
    expect(answer.headers).not.toHaveProperty('cache-control');
    expect(reports()).toEqual([
      '[report_mode] StepUpModule: requirements are recorded, not enforced',
      '[reported] BankController.transfer would have been challenged: acr_unmet, authentication_too_old',
    ]);
    expect(challenged).toEqual([
      {
        route: 'BankController.transfer',
        issuer: server.issuer,
        requirements: { acrValues: ['mfa'], maxAge: 300, scope },
        reasons: ['acr_unmet', 'authentication_too_old'],
        reported: true,
      },
    ]);
  });

  it('lets through in a handler what it would have challenged there', async () => {
    const { send } = await start('report');
    const answer = await send('/required', { token: await server.accessToken({ acr: 'pwd' }) });
    expect([answer.status, answer.challenges, answer.body]).toEqual([200, [], { done: true }]);
    expect(challenged).toMatchObject([{ route: 'BankController.required', reasons: ['acr_unmet'], reported: true }]);
  });

  const insufficientScope =
    'Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a scope", ' +
    'scope="transfer:write"';
  it.each([
    ['a lacking scope', { acr: 'mfa' }, 403, [insufficientScope], 'insufficient_scope'],
    ['a scope that lacks as well', { acr: 'pwd' }, 403, [insufficientScope], 'insufficient_scope'],
    ['a token without a user', { authTime: null, subject: 'a', clientId: 'a', scope }, 403, [], 'access_denied'],
    ['somebody acting for the user', { acr: 'mfa', scope, claims: { act: { sub: 'b' } } }, 403, [], 'access_denied'],
    [
      'an expired token',
      { acr: 'mfa', scope, expiresIn: -60 },
      401,
      ['Bearer realm="api", error="invalid_token", error_description="The access token has expired"'],
      'invalid_token',
    ],
  ])('refuses as ever: %s', async (_, claims, status, challenges, error) => {
    const { send } = await start('report');
    const answer = await send('/transfer', { token: await server.accessToken(claims) });
    expect([answer.status, answer.challenges, answer.body['error']]).toEqual([status, challenges, error]);
  });

  it('refuses as ever: no token', async () => {
    const { send } = await start('report');
    const answer = await send('/transfer');
    expect([answer.status, answer.challenges]).toEqual([401, ['Bearer realm="api"']]);
    expect(challenged).toEqual([]);
  });

  it.each(['enforce', 'report'] as const)('assess() tells the truth: %s', async (mode) => {
    const { send } = await start(mode);
    const low = await send('/assessed', { token: await server.accessToken({ acr: 'pwd', authTime: 1 }) });
    expect([low.status, low.body]).toEqual([200, { met: false, reasons: ['acr_unmet', 'authentication_too_old'] }]);
    const high = await send('/assessed', { token: await server.accessToken({ acr: 'mfa' }) });
    expect([high.status, high.body]).toEqual([200, { met: true }]);
    expect([low.challenges, high.challenges, challenged]).toEqual([[], [], []]);
  });

  it('says nothing of what is met', async () => {
    const { send } = await start('report');
    const answer = await send('/transfer', { token: await server.accessToken({ acr: 'mfa', scope }) });
    expect(answer.status).toBe(200);
    expect(challenged).toEqual([]);
    expect(reports()).toEqual(['[report_mode] StepUpModule: requirements are recorded, not enforced']);
  });

  it('tells of challenges when it enforces, until the listener is taken off', async () => {
    const { app, send } = await start('enforce');
    const more: ChallengeReport[] = [];
    const off = app.get(StepUpService).onChallenged((event) => more.push(event));
    const token = await server.accessToken({ acr: 'pwd' });
    const answer = await send('/transfer', { token });
    expect(answer.status).toBe(401);
    off();
    await send('/transfer', { token });
    expect(more).toEqual([
      {
        route: 'BankController.transfer',
        issuer: server.issuer,
        requirements: { acrValues: ['mfa'], maxAge: 300, scope },
        reasons: ['acr_unmet', 'scope_missing'],
        reported: false,
      },
    ]);
    expect(challenged).toHaveLength(2);
    expect(reports()).toEqual([]);
  });
});
