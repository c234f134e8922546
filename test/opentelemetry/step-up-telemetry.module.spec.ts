import { Controller, type ExecutionContext, Get, type Type, UseGuards } from '@nestjs/common';
import { createDenyListAttributesProcessor, type Histogram, type ViewOptions } from '@opentelemetry/sdk-metrics';
import { AccessTokenGuard, RequireAcr, StepUpContext, StepUpService } from 'nestjs-step-up';
import { StepUpTelemetryModule } from 'nestjs-step-up/opentelemetry';
import { createTestAuthorizationServer } from 'nestjs-step-up/testing';
import type { FurtherOptions } from '../support/application.js';
import { secondsAgo, stopClock } from '../support/clock.js';
import { describeOverHttp, type Send } from '../support/describe-over-http.js';
import { done, handler, impostorGuard } from '../support/handler.js';
import { startTelemetry, type Telemetry } from './telemetry.js';

const ROUTE = { 'nestjs_step_up.route': 'HandlerController.handle' };
const HTTP = { 'nestjs_step_up.transport': 'http' };

@Controller()
class InsideController {
  constructor(private readonly stepUp: StepUpService) {}

  @Get()
  @RequireAcr('pwd')
  async transfer(@StepUpContext() at: ExecutionContext) {
    // of two refusals in one request, the first is what the client should hear of
    await this.stepUp.require(at, 'mfa').catch(() => undefined);
    await this.stepUp.require(at, { scope: 'pay' });
    return done();
  }
}

describeOverHttp('StepUpTelemetryModule', ({ serve, accessToken, server }) => {
  let telemetry: Telemetry;
  beforeEach(() => {
    telemetry = startTelemetry();
  });
  afterEach(async () => {
    jest.useRealTimers();
    await telemetry.shutdown();
  });

  const issuer = () => ({ 'nestjs_step_up.issuer': server.issuer });

  const serveMeasured = (controller: Type, options?: FurtherOptions): Promise<Send> =>
    serve(
      {
        controllers: [controller],
        imports: [StepUpTelemetryModule],
        configure: (app) => telemetry.traceRequests(app),
      },
      options,
    );

  describe('counts', () => {
    it('each decision once, by its outcome', async () => {
      const send = await serveMeasured(handler(RequireAcr('mfa', { maxAge: 300 })));
      await send({ token: await accessToken({ acr: 'mfa' }) });
      await send({ token: await accessToken({ acr: 'mfa' }) });
      await send({ token: await accessToken({ acr: 'pwd', authTime: secondsAgo(600) }) });
      expect(await telemetry.points('nestjs_step_up.decisions')).toEqual([
        { attributes: { 'nestjs_step_up.outcome': 'admitted', ...issuer(), ...ROUTE, ...HTTP }, value: 2 },
        { attributes: { 'nestjs_step_up.outcome': 'challenged', ...issuer(), ...ROUTE, ...HTTP }, value: 1 },
      ]);
    });

    it('a refusal by its code', async () => {
      const send = await serveMeasured(handler(RequireAcr('mfa')));
      await send();
      const code = { 'nestjs_step_up.outcome': 'refused', 'nestjs_step_up.code': 'token_missing' };
      expect(await telemetry.points('nestjs_step_up.decisions')).toEqual([
        { attributes: { ...code, ...ROUTE, ...HTTP }, value: 1 },
      ]);
    });

    it('an authorization server that cannot be asked by its code', async () => {
      const gone = await createTestAuthorizationServer();
      const token = await gone.accessToken();
      await gone.close();
      const authorizationServers = [{ issuer: gone.issuer, audience: gone.audience }];
      const send = await serveMeasured(handler(RequireAcr('mfa')), { authorizationServers });
      await send({ token });
      const code = { 'nestjs_step_up.outcome': 'unavailable', 'nestjs_step_up.code': 'metadata_unreadable' };
      expect(await telemetry.points('nestjs_step_up.decisions')).toEqual([
        { attributes: { ...code, 'nestjs_step_up.issuer': gone.issuer, ...ROUTE, ...HTTP }, value: 1 },
      ]);
    });

    it.each([
      ['enforce', 'challenged'],
      ['report', 'reported'],
    ] as const)('each reason of a challenge, apart from the decisions, in the mode %s', async (mode, outcome) => {
      const send = await serveMeasured(handler(RequireAcr('mfa', { maxAge: 300 })), { mode });
      await send({ token: await accessToken({ acr: 'pwd', authTime: secondsAgo(600) }) });
      const common = { 'nestjs_step_up.outcome': outcome, ...issuer(), ...ROUTE, ...HTTP };
      expect(await telemetry.points('nestjs_step_up.unmet_reasons')).toEqual([
        { attributes: { ...common, 'nestjs_step_up.reason': 'acr_unmet' }, value: 1 },
        { attributes: { ...common, 'nestjs_step_up.reason': 'authentication_too_old' }, value: 1 },
      ]);
      expect(await telemetry.points('nestjs_step_up.decisions')).toEqual([{ attributes: common, value: 1 }]);
    });

    it('a token without a request, which has neither route nor transport', async () => {
      const send = await serveMeasured(handler());
      await send.app.get(StepUpService).authenticate(await accessToken());
      expect(await telemetry.points('nestjs_step_up.decisions')).toEqual([
        { attributes: { 'nestjs_step_up.outcome': 'admitted', ...issuer() }, value: 1 },
      ]);
    });
  });

  describe('measures', () => {
    const histogram = async (name: string) =>
      (await telemetry.points(name)).map(({ attributes, value }) => ({ attributes, ...(value as Histogram) }));

    it('the age of the sign-in, in buckets that end where a maxAge does', async () => {
      const send = await serveMeasured(handler(RequireAcr('mfa', { maxAge: 300 })));
      await send({ token: await accessToken({ acr: 'mfa', authTime: secondsAgo(200) }) });
      await send({ token: await accessToken({ acr: 'mfa', authTime: null }) });
      const [age, ...others] = await histogram('nestjs_step_up.authentication.age');
      expect(others).toEqual([]);
      expect(age).toMatchObject({ attributes: { 'nestjs_step_up.outcome': 'admitted', ...issuer() }, count: 1 });
      const { boundaries, counts } = age!.buckets;
      expect(boundaries[counts.indexOf(1)]).toBe(300);
      expect(boundaries).toEqual(expect.arrayContaining([0, 30, 60, 300, 900, 3600, 86_400]));
    });

    it.each<[what: string, ahead: number, count: number]>([
      ['a little ahead of this clock is zero', 3, 1],
      ['further ahead than clocks may differ is none', 3600, 0],
    ])('an age of a sign-in %s', async (_, ahead, count) => {
      const send = await serveMeasured(handler(RequireAcr('mfa')));
      stopClock();
      await send({ token: await accessToken({ acr: 'mfa', authTime: secondsAgo(-ahead) }) });
      const ages = await histogram('nestjs_step_up.authentication.age');
      expect(ages.map((age) => ({ count: age.count, sum: age.sum }))).toEqual(count === 0 ? [] : [{ count, sum: 0 }]);
    });

    it('the verification of each request, and tells tokens that were known from new ones', async () => {
      const send = await serveMeasured(handler(UseGuards(AccessTokenGuard), RequireAcr('mfa')));
      const token = await accessToken({ acr: 'mfa' });
      await send({ token });
      await send({ token });
      await send({ token: 'garbage' });
      const outcome = 'nestjs_step_up.verification.outcome';
      const known = 'nestjs_step_up.verification.known';
      const durations = await histogram('nestjs_step_up.verification.duration');
      expect(durations.map(({ attributes, count }) => ({ attributes, count }))).toEqual([
        { attributes: { [outcome]: 'verified', [known]: false, ...issuer() }, count: 1 },
        { attributes: { [outcome]: 'verified', [known]: true, ...issuer() }, count: 1 },
        { attributes: { [outcome]: 'refused', [known]: false }, count: 1 },
      ]);
      for (const { sum } of durations) expect(sum! > 0 && sum! < 10).toBe(true);
    });
  });

  it('counts the searches for remembered tokens, and measures what they take', async () => {
    const send = await serveMeasured(handler(RequireAcr('mfa')));
    const token = await accessToken({ acr: 'mfa' });
    for (let count = 0; count < 3; count += 1) await send({ token });
    await send({ token: 'garbage' });
    expect(await telemetry.points('nestjs_step_up.token_cache.lookups')).toEqual([
      { attributes: { 'nestjs_step_up.token_cache.result': 'hit' }, value: 2 },
      { attributes: { 'nestjs_step_up.token_cache.result': 'miss' }, value: 2 },
    ]);
    expect(await telemetry.points('nestjs_step_up.token_cache.evictions')).toEqual([{ attributes: {}, value: 0 }]);
    const { bytes, tokens } = send.app.get(StepUpService).tokenCache()!;
    expect(tokens).toBe(1);
    expect(await telemetry.points('nestjs_step_up.token_cache.size')).toEqual([{ attributes: {}, value: bytes }]);
  });

  it("with 'existing' says nothing of remembered tokens", async () => {
    const send = await serveMeasured(handler(RequireAcr('mfa'), UseGuards(impostorGuard({ sub: 'alice' }))), {
      passport: 'existing',
    });
    await send();
    expect(send.app.get(StepUpService).tokenCache()).toBeUndefined();
    expect(await telemetry.points('nestjs_step_up.token_cache.lookups')).toEqual([]);
  });

  it('has units by the conventions of OpenTelemetry', async () => {
    const send = await serveMeasured(handler(RequireAcr('mfa')));
    await send({ token: await accessToken({ acr: 'pwd' }) });
    expect(await telemetry.instruments()).toEqual({
      'nestjs_step_up.decisions': '{decision}',
      'nestjs_step_up.unmet_reasons': '{reason}',
      'nestjs_step_up.authentication.age': 's',
      'nestjs_step_up.verification.duration': 's',
      'nestjs_step_up.token_cache.lookups': '{lookup}',
      'nestjs_step_up.token_cache.evictions': '{token}',
      'nestjs_step_up.token_cache.size': 'By',
    });
  });

  describe('describes on the active span', () => {
    it('what was decided, and not whose token it was', async () => {
      const send = await serveMeasured(handler(RequireAcr('mfa', { maxAge: 300 })));
      const token = await accessToken({ subject: 'alice', acr: 'pwd', authTime: secondsAgo(600) });
      await send({ token });
      const [span, ...others] = await telemetry.spans();
      expect(others).toEqual([]);
      expect(span).toEqual({
        'nestjs_step_up.outcome': 'challenged',
        'nestjs_step_up.reasons': ['acr_unmet', 'authentication_too_old'],
        'nestjs_step_up.acr_values': ['mfa'],
        'nestjs_step_up.max_age': 300,
        'nestjs_step_up.authentication.age': expect.any(Number),
        ...issuer(),
        ...ROUTE,
        ...HTTP,
      });
      expect(JSON.stringify(span)).not.toContain('alice');
    });

    it('the code of a refusal, and nothing that a token says', async () => {
      const send = await serveMeasured(handler(RequireAcr('mfa')));
      await send({ token: await accessToken({ claims: { aud: 'anybody-can-write-this' } }) });
      expect(await telemetry.spans()).toEqual([
        {
          'nestjs_step_up.outcome': 'refused',
          'nestjs_step_up.code': 'audience_mismatch',
          ...issuer(),
          ...ROUTE,
          ...HTTP,
        },
      ]);
    });

    it('the first refusal, if a request has several decisions', async () => {
      const send = await serveMeasured(InsideController);
      await send({ token: await accessToken({ acr: 'pwd', authTime: null }) });
      const decided = await telemetry.points('nestjs_step_up.decisions');
      const outcomes = decided.map(({ attributes }) => attributes['nestjs_step_up.outcome']);
      expect(outcomes).toEqual(['admitted', 'challenged', 'refused']);
      expect(await telemetry.spans()).toEqual([
        {
          'nestjs_step_up.outcome': 'challenged',
          'nestjs_step_up.reasons': ['acr_unmet'],
          'nestjs_step_up.acr_values': ['mfa'],
          'nestjs_step_up.route': 'InsideController.transfer',
          ...issuer(),
          ...HTTP,
        },
      ]);
    });
  });

  it('measures without a span, and without an SDK it changes nothing', async () => {
    const untraced = await serve({ controllers: [handler(RequireAcr('mfa'))], imports: [StepUpTelemetryModule] });
    await untraced({ token: await accessToken({ acr: 'mfa' }) });
    expect(await telemetry.points('nestjs_step_up.decisions')).toHaveLength(1);
    expect(await telemetry.spans()).toEqual([]);
    await telemetry.shutdown();
    const unmeasured = await serve({ controllers: [handler(RequireAcr('mfa'))], imports: [StepUpTelemetryModule] });
    expect((await unmeasured({ token: await accessToken({ acr: 'mfa' }) })).status).toBe(200);
  });

  it('counts a hundred issuers of a strategy of the application by themselves, and all further ones together', async () => {
    const user = { sub: 'alice', acr: 'mfa', iss: '' };
    const send = await serveMeasured(handler(RequireAcr('mfa'), UseGuards(impostorGuard(user))), {
      passport: 'existing',
    });
    for (let index = 0; index < 105; index += 1) {
      user.iss = `https://${index}.example`;
      await send();
    }
    const points = await telemetry.points('nestjs_step_up.decisions');
    expect(points).toHaveLength(101);
    expect(points.at(-1)).toMatchObject({ attributes: { 'nestjs_step_up.issuer': '_OTHER' }, value: 5 });
  });

  it('stops with the application', async () => {
    const send = await serveMeasured(handler(RequireAcr('mfa')));
    const stepUp = send.app.get(StepUpService);
    const token = await accessToken();
    await stepUp.authenticate(token);
    await send.app.close();
    await stepUp.authenticate(token);
    expect(await telemetry.points('nestjs_step_up.decisions')).toMatchObject([{ value: 1 }]);
    expect(await telemetry.points('nestjs_step_up.verification.duration')).toMatchObject([{ value: { count: 1 } }]);
  });

  it('leaves it to views of the SDK to do without an attribute', async () => {
    await telemetry.shutdown();
    const withoutRoute: ViewOptions = {
      instrumentName: 'nestjs_step_up.*',
      attributesProcessors: [createDenyListAttributesProcessor(['nestjs_step_up.route'])],
    };
    telemetry = startTelemetry({ views: [withoutRoute] });
    const send = await serveMeasured(handler(RequireAcr('mfa')));
    await send({ token: await accessToken({ acr: 'mfa' }) });
    expect(await telemetry.points('nestjs_step_up.decisions')).toEqual([
      { attributes: { 'nestjs_step_up.outcome': 'admitted', ...issuer(), ...HTTP }, value: 1 },
    ]);
  });

  it('is read by Prometheus', async () => {
    const send = await serveMeasured(handler(RequireAcr('mfa', { maxAge: 300 })));
    await send({ token: await accessToken({ acr: 'mfa', authTime: secondsAgo(200) }) });
    await send({ token: await accessToken({ acr: 'pwd', authTime: secondsAgo(600) }) });
    await send({ token: 'garbage' });
    const text = await telemetry.prometheusText();
    const issued = `nestjs_step_up_issuer="${server.issuer}"`;
    const place = 'nestjs_step_up_route="HandlerController.handle",nestjs_step_up_transport="http"';
    const scope = 'otel_scope_name="nestjs-step-up"';
    const challenged = `nestjs_step_up_outcome="challenged",${issued}`;
    const garbage = 'nestjs_step_up_outcome="refused"';
    expect(text.split('\n')).toEqual(
      expect.arrayContaining([
        '# TYPE nestjs_step_up_decisions_total counter',
        `nestjs_step_up_decisions_total{nestjs_step_up_outcome="admitted",${issued},${place},${scope}} 1`,
        `nestjs_step_up_decisions_total{${challenged},${place},${scope}} 1`,
        `nestjs_step_up_decisions_total{${garbage},${place},nestjs_step_up_code="jwt_malformed",${scope}} 1`,
        `nestjs_step_up_unmet_reasons_total{${challenged},${place},nestjs_step_up_reason="acr_unmet",${scope}} 1`,
        '# TYPE nestjs_step_up_authentication_age histogram',
        `nestjs_step_up_authentication_age_bucket{nestjs_step_up_outcome="admitted",${issued},${scope},le="120"} 0`,
        `nestjs_step_up_authentication_age_bucket{nestjs_step_up_outcome="admitted",${issued},${scope},le="300"} 1`,
        '# TYPE nestjs_step_up_verification_duration histogram',
      ]),
    );
  });
});
