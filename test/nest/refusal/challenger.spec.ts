import { Controller, type ExecutionContext, Get, UseGuards } from '@nestjs/common';
import {
  AccessTokenGuard,
  type ChallengeReport,
  InsufficientUserAuthenticationException,
  RequireAcr,
  StepUpContext,
  StepUpService,
} from 'nestjs-step-up';
import type { TestAccessTokenOptions } from 'nestjs-step-up/testing';
import { Decisions } from '../../../lib/nest/advice/decisions.js';
import { StepUpLog } from '../../../lib/nest/advice/log.js';
import { PublishedMetadata } from '../../../lib/nest/advice/published-metadata.js';
import { Challenger } from '../../../lib/nest/refusal/challenger.js';
import { checkOptions } from '../../../lib/nest/step-up-settings.js';
import { logOfEachTest } from '../../support/application.js';
import { accessDenied, insufficientScope, invalidToken, withoutToken } from '../../support/challenged.js';
import { describeOverHttp, type Response } from '../../support/describe-over-http.js';
import { DONE, done, handler } from '../../support/handler.js';

const scope = 'transfer:write';

@Controller()
class InsideController {
  constructor(private readonly stepUp: StepUpService) {}

  @Get('assessed')
  @UseGuards(AccessTokenGuard)
  assessed(@StepUpContext() at: ExecutionContext) {
    return this.stepUp.assess(at, 'mfa', { maxAge: 300 });
  }

  @Get('required')
  @UseGuards(AccessTokenGuard)
  async required(@StepUpContext() at: ExecutionContext) {
    await this.stepUp.require(at, 'mfa');
    return done();
  }
}

describeOverHttp('reports of challenges, and report mode', ({ serve, accessToken, server, log }) => {
  let reports: ChallengeReport[];

  async function serveIn(mode: 'enforce' | 'report') {
    const transfer = handler(RequireAcr('mfa', { maxAge: 300, scope }));
    const send = await serve([transfer, InsideController], { mode });
    reports = [];
    send.app.get(StepUpService).onChallenged((report) => reports.push(report));
    return send;
  }
  const reported = () => log.filter((line) => line.startsWith('[report'));
  const served = { status: 200, headers: { 'content-type': ['application/json; charset=utf-8'] } };

  it('report mode lets through what lacks the authentication, and says that it would not have', async () => {
    const send = await serveIn('report');
    const response = await send({ token: await accessToken({ acr: 'pwd', authTime: 1, scope }) });
    expect(response).toEqual({ ...served, body: DONE });
    expect(reported()).toEqual([
      '[report_mode] StepUpModule: requirements are recorded, not enforced',
      '[reported] HandlerController.handle would have been challenged: acr_unmet, authentication_too_old',
    ]);
    expect(reports).toEqual([
      {
        route: 'HandlerController.handle',
        issuer: server.issuer,
        requirements: { acrValues: ['mfa'], maxAge: 300, scope },
        reasons: ['acr_unmet', 'authentication_too_old'],
        reported: true,
      },
    ]);
  });

  it('report mode lets through in a handler what it would have challenged there', async () => {
    const send = await serveIn('report');
    const response = await send({ path: '/required', token: await accessToken({ acr: 'pwd' }) });
    expect(response).toEqual({ ...served, body: DONE });
    expect(reports).toMatchObject([{ route: 'InsideController.required', reasons: ['acr_unmet'], reported: true }]);
  });

  it.each<[what: string, token: TestAccessTokenOptions, response: Response]>([
    ['a lacking scope', { acr: 'mfa' }, insufficientScope(scope)],
    ['a scope that lacks as well', { acr: 'pwd' }, insufficientScope(scope)],
    [
      'a token without a user',
      { authTime: null, subject: 'a', clientId: 'a', scope },
      accessDenied('No user has authenticated for this token, so none can step up'),
    ],
    [
      'somebody acting for the user',
      { acr: 'mfa', scope, claims: { act: { sub: 'b' } } },
      accessDenied('Tokens issued to somebody acting for the user are not accepted here'),
    ],
    ['an expired token', { acr: 'mfa', scope, expiresIn: -60 }, invalidToken('The access token has expired')],
  ])('report mode refuses %s as ever', async (_, token, response) => {
    const send = await serveIn('report');
    expect(await send({ token: await accessToken(token) })).toEqual(response);
  });

  it('report mode refuses a request without a token as ever', async () => {
    const send = await serveIn('report');
    expect(await send()).toEqual(withoutToken());
    expect(reports).toEqual([]);
  });

  it.each(['enforce', 'report'] as const)('assess() tells the truth in the mode %s', async (mode) => {
    const send = await serveIn(mode);
    const low = await send({ path: '/assessed', token: await accessToken({ acr: 'pwd', authTime: 1 }) });
    expect(low).toEqual({ ...served, body: { met: false, reasons: ['acr_unmet', 'authentication_too_old'] } });
    const high = await send({ path: '/assessed', token: await accessToken({ acr: 'mfa' }) });
    expect(high).toEqual({ ...served, body: { met: true } });
    expect(reports).toEqual([]);
  });

  it('nothing is reported of what is met', async () => {
    const send = await serveIn('report');
    expect(await send({ token: await accessToken({ acr: 'mfa', scope }) })).toMatchObject({ status: 200 });
    expect(reports).toEqual([]);
    expect(reported()).toEqual(['[report_mode] StepUpModule: requirements are recorded, not enforced']);
  });

  it('challenges are told of in the mode enforce, too, until the listener is removed', async () => {
    const send = await serveIn('enforce');
    const more: ChallengeReport[] = [];
    const off = send.app.get(StepUpService).onChallenged((report) => more.push(report));
    const token = await accessToken({ acr: 'pwd' });
    expect(await send({ token })).toMatchObject({ status: 401 });
    off();
    await send({ token });
    expect(more).toEqual([
      {
        route: 'HandlerController.handle',
        issuer: server.issuer,
        requirements: { acrValues: ['mfa'], maxAge: 300, scope },
        reasons: ['acr_unmet', 'scope_missing'],
        reported: false,
      },
    ]);
    expect(reports).toHaveLength(2);
    expect(reported()).toEqual([]);
  });
});

describe('a listener for challenges that throws', () => {
  const log = logOfEachTest();

  it.each(['enforce', 'report'] as const)('it changes nothing in the mode %s, and the others hear', async (mode) => {
    const stepUpLog = new StepUpLog();
    const challenger = new Challenger(
      checkOptions({ passport: 'existing', mode }),
      stepUpLog,
      new Decisions(stepUpLog),
      new PublishedMetadata(),
    );
    const heard = jest.fn();
    challenger.onChallenged(async () => {
      throw new Error('the database is down');
    });
    challenger.onChallenged(() => {
      throw new Error('metrics are down');
    });
    challenger.onChallenged(heard);

    const refusal = challenger.refuse({
      at: { route: 'Bank.transfer', transport: 'http' },
      event: { issuer: 'https://as.example' },
      claims: {},
      requirements: { acrValues: ['mfa'] },
      reasons: ['acr_missing'],
    });
    if (mode === 'report') expect(refusal).toBeUndefined();
    else expect(refusal).toBeInstanceOf(InsufficientUserAuthenticationException);
    expect(heard.mock.calls).toEqual([[expect.objectContaining({ reported: mode === 'report' })]]);
    expect(log).toContain('[listener_failed] onChallenged: metrics are down');
    await Promise.resolve();
    await Promise.resolve();
    expect(log).toContain('[listener_failed] onChallenged: the database is down');
  });
});
