import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { inspect } from 'node:util';
import {
  type ArgumentsHost,
  applyDecorators,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  Req,
  Scope,
  type Type,
} from '@nestjs/common';
import { HttpAdapterHost, REQUEST } from '@nestjs/core';
import {
  type Assessment,
  type ChallengeReport,
  Public,
  RequireAcr,
  SkipStepUp,
  StepUpContext,
  StepUpService,
} from 'nestjs-step-up';
import { type FurtherOptions, logOfEachTest } from '../support/application.js';
import { bootedService } from '../support/boot.js';
import { challenged, insufficientScope, invalidToken, withoutToken } from '../support/challenged.js';
import { secondsAgo } from '../support/clock.js';
import { describeOverHttp, type ServedModule } from '../support/describe-over-http.js';
import { DONE, done, handler } from '../support/handler.js';

type Required = Parameters<StepUpService['require']> extends [unknown, ...infer Arguments] ? Arguments : never;
type Decide = (stepUp: StepUpService, at: ExecutionContext, request: object) => unknown;

/** A controller whose handler asks the service, under a class that requires an acr, or under none. */
function asking(decide: Decide, onClass: ClassDecorator | undefined, ...decorators: MethodDecorator[]): Type {
  @Controller()
  class AskingController {
    constructor(private readonly stepUp: StepUpService) {}

    @applyDecorators(...decorators)
    @Get()
    async handle(@StepUpContext() at: ExecutionContext, @Req() request: object) {
      return (await decide(this.stepUp, at, request)) ?? done();
    }
  }
  onClass?.(AskingController);
  return AskingController;
}

const requireMfa = RequireAcr('mfa', { maxAge: 600 });
const ofContext =
  (...asked: unknown[]): Decide =>
  (stepUp, at) =>
    stepUp.require(at, ...(asked as Required));
const ofRequest =
  (...asked: unknown[]): Decide =>
  (stepUp, _, request) =>
    stepUp.require(request, ...(asked as Required));

/** The same from a provider that lives as long as a request. */
function injected(...asked: unknown[]): ServedModule {
  @Injectable({ scope: Scope.REQUEST })
  class TransferService {
    constructor(
      @Inject(REQUEST) private readonly request: object,
      private readonly stepUp: StepUpService,
    ) {}

    transfer() {
      return this.stepUp.require(this.request, ...(asked as Required));
    }
  }

  @Controller()
  @requireMfa
  class InjectedController {
    constructor(private readonly transfers: TransferService) {}

    @Get()
    async handle() {
      await this.transfers.transfer();
      return done();
    }
  }
  return { controllers: [InjectedController], providers: [TransferService] };
}

type Place = (...asked: unknown[]) => Type | ServedModule;
const places = {
  'the context': (...asked) => asking(ofContext(...asked), requireMfa),
  'the request': (...asked) => asking(ofRequest(...asked), requireMfa),
  'the injected request': injected,
  'the context of a dynamic handler': (...asked) =>
    asking(
      ofContext(...asked),
      requireMfa,
      RequireAcr(() => ({ scope: 'bank' })),
    ),
  'the context of a @SkipStepUp() handler': (...asked) => asking(ofContext(...asked), requireMfa, SkipStepUp()),
  'the context of a @Public() handler': (...asked) => asking(ofContext(...asked), requireMfa, Public()),
  'the context of an undecorated handler': (...asked) => asking(ofContext(...asked), undefined),
} satisfies Record<string, Place>;
type PlaceName = keyof typeof places;

describeOverHttp('StepUpService', ({ serve, accessToken, server, log }) => {
  const acr = { mfa: 'urn:mfa', phr: ['urn:phr', 'urn:key'] };
  const serveWords = (served: Type | ServedModule, options?: FurtherOptions) =>
    serve(served, { authorizationServers: [{ issuer: server.issuer, audience: server.audience, acr }], ...options });

  it.each<[place: PlaceName, maxAge: number | undefined]>([
    ['the context', 600],
    ['the request', 600],
    ['the injected request', 600],
    ['the context of a dynamic handler', 600],
    ['the context of a @SkipStepUp() handler', undefined],
    ['the context of a @Public() handler', undefined],
    ['the context of an undecorated handler', undefined],
  ])('RS-06 require challenges for what is asked merged with what the route requires: %s', async (place, maxAge) => {
    const send = await serveWords(places[place]('phr'));
    const response = await send({ token: await accessToken({ acr: 'urn:mfa', scope: 'bank' }) });
    const required = { acrValues: ['urn:phr', 'urn:key'], ...(maxAge !== undefined && { maxAge }) };
    expect(response).toEqual(challenged({ ...required, reasons: ['acr_unmet'] }));
    expect(done).not.toHaveBeenCalled();
  });

  it.each<[place: PlaceName]>([
    ['the context'],
    ['the request'],
    ['the injected request'],
    ['the context of a @SkipStepUp() handler'],
    ['the context of an undecorated handler'],
  ])('require lets through what is enough: %s', async (place) => {
    const send = await serveWords(places[place]({ maxAge: 60 }));
    expect(await send({ token: await accessToken({ acr: 'urn:mfa' }) })).toMatchObject({ status: 200, body: DONE });
    expect(done).toHaveBeenCalledTimes(1);
  });

  it('require judges what the route required before, too', async () => {
    const token = await accessToken({ acr: 'urn:mfa', authTime: secondsAgo(300) });
    const forScope = await serveWords(places['the context']({ scope: 'transfer' }));
    expect(await forScope({ token })).toEqual(insufficientScope('transfer'));
    const forAge = await serveWords(places['the context']({ maxAge: 60, scope: 'transfer' }));
    expect(await forAge({ token })).toEqual(
      challenged({
        acrValues: ['urn:mfa'],
        maxAge: 60,
        scope: 'transfer',
        reasons: ['authentication_too_old', 'scope_missing'],
      }),
    );
    expect(done).not.toHaveBeenCalled();
  });

  it.each<[place: PlaceName]>([['the context of an undecorated handler'], ['the context of a @Public() handler']])(
    'RS-25 require needs a token: %s',
    async (place) => {
      const send = await serveWords(places[place]('phr'));
      expect(await send()).toEqual(withoutToken());
      expect(await send({ token: 'no.such.token' })).toEqual(
        invalidToken('The access token has no readable signature'),
      );
      expect(done).not.toHaveBeenCalled();
    },
  );

  it.each<[what: string, asked: unknown[], status: number]>([
    ['a word', ['mfa'], 200],
    ['a list', [['phr', 'mfa']], 200],
    ['a word with more', ['mfa', { maxAge: 60 }], 200],
    ['an object', [{ acrValues: ['mfa'] }], 200],
    ['a function', [() => ({ acrValues: ['mfa'] })], 200],
    ['a function for later', [async () => ({ acrValues: ['phr'] })], 401],
    [
      'a function of the context',
      [(at: ExecutionContext) => ({ acrValues: [at.getHandler().name === 'handle' ? 'mfa' : 'phr'] })],
      200,
    ],
    ['a function that adds nothing', [() => undefined], 200],
    ['nothing', [], 500],
    ['undefined', [undefined], 500],
    ['null', [null], 500],
    ['an empty list', [[]], 500],
    ['an unknown word', ['mfaa'], 500],
    ['an unknown key', [{ maxage: 60 }], 500],
    ['a maxAge of null', ['mfa', { maxAge: null }], 500],
    ['a function that gives null', [() => null], 500],
    ['a function that gives nothing in particular', [() => ({})], 500],
    ['a function that gives an unknown key', [() => ({ maxage: 60 })], 500],
    ['a function that gives an empty list', [() => ({ acrValues: [] })], 500],
    ['a function that gives an unknown word', [async () => ({ acrValues: ['mfaa'] })], 500],
    ['a function that rejects', [() => Promise.reject(new Error('no database'))], 500],
    ['a function beside more', [() => ({ acrValues: ['mfa'] }), { maxAge: 60 }], 500],
  ])('require takes %s as @RequireAcr does: %j is %s', async (_what, asked, status) => {
    const send = await serveWords(places['the context'](...asked));
    expect(await send({ token: await accessToken({ acr: 'urn:mfa' }) })).toMatchObject({ status });
    expect(done).toHaveBeenCalledTimes(status === 200 ? 1 : 0);
    expect(log.filter((line) => /^\[(misconfigured|callback_failed)\]/.test(line))).toHaveLength(
      status === 500 ? 1 : 0,
    );
  });

  it('require of something that is no request is answered 500', async () => {
    const ofNonsense: Decide = (stepUp, at) =>
      stepUp.require({ ...at.switchToHttp().getRequest().headers, user: 'alice' }, 'phr');
    const send = await serveWords(asking(ofNonsense, requireMfa));
    expect(await send({ token: await accessToken({ acr: 'urn:mfa' }) })).toMatchObject({ status: 500 });
    expect(done).not.toHaveBeenCalled();
  });

  it.each<[asked: unknown[], assessment: Assessment]>([
    [['mfa'], { met: true }],
    [[['phr', 'mfa']], { met: true }],
    [['phr'], { met: false, reasons: ['acr_unmet'] }],
    [
      ['phr', { maxAge: 60, scope: 'transfer' }],
      { met: false, reasons: ['acr_unmet', 'authentication_too_old', 'scope_missing'] },
    ],
    [[() => undefined], { met: true }],
  ])('assess tells, and refuses nothing: %j', async (asked, assessment) => {
    const assess: Decide = (stepUp, at) => stepUp.assess(at, ...(asked as Required));
    const send = await serveWords(asking(assess, requireMfa, RequireAcr({ maxAge: 6000 })));
    const response = await send({ token: await accessToken({ acr: 'urn:mfa', authTime: secondsAgo(300) }) });
    expect(response).toMatchObject({ status: 200 });
    expect(response.body).toEqual(assessment);
  });

  it.each<[handler: string, decorators: MethodDecorator[]]>([
    ['that requires nothing', []],
    ['whose own function requires nothing', [RequireAcr(() => undefined)]],
  ])('a function that requires nothing is met by every token, in a handler %s', async (_, decorators) => {
    const asked = () => undefined;
    const ask: Decide = async (stepUp, at) => {
      await stepUp.require(at, asked);
      return stepUp.assess(at, asked);
    };
    const send = await serveWords(asking(ask, undefined, ...decorators));
    expect((await send({ token: await accessToken({ acr: 'urn:pwd' }) })).body).toEqual({ met: true });
    expect(await send()).toEqual(withoutToken());
  });

  it.each<[what: string, ask: Decide]>([
    ['assess', (stepUp, at) => stepUp.assess(at, 'mfa')],
    ['require', (stepUp, at) => stepUp.require(at, 'mfa')],
    ['authenticated', (stepUp, at) => stepUp.authenticated(at)],
    ['storedEvent', (stepUp, at) => stepUp.storedEvent(at)],
  ])('%s locks no user on the request of an open handler', async (_, ask) => {
    const replace: Decide = async (stepUp, at, request) => {
      await ask(stepUp, at, request);
      return { user: Object.assign(request, { user: 'replaced' }).user };
    };
    const send = await serveWords(asking(replace, undefined));
    expect(await send({ token: await accessToken({ acr: 'urn:mfa' }) })).toMatchObject({
      status: 200,
      body: { user: 'replaced' },
    });
  });

  it('a second judgement is a decision only if it refuses', async () => {
    const send = await serveWords(places['the context of an undecorated handler']('mfa'));
    const heard: string[] = [];
    send.app.get(StepUpService).onDecision(({ outcome }) => heard.push(outcome));
    await send({ token: await accessToken({ acr: 'urn:mfa' }) });
    expect(heard).toEqual([]);
    await send({ token: await accessToken({ acr: 'urn:pwd' }) });
    expect(heard).toEqual(['challenged']);
  });

  it('assess tells, as require does, that nothing is met by somebody who acts for the user', async () => {
    const service = (await serveWords(handler())).app.get(StepUpService);
    const token = await accessToken({ acr: 'urn:mfa', claims: { act: { sub: 'support' } } });
    const headers = { authorization: `Bearer ${token}` };
    const request = Object.assign(new IncomingMessage(new Socket()), { headers });
    expect(await service.assess(request, 'mfa')).toEqual({ met: false, reasons: [] });
    await expect(service.require(request, 'mfa')).rejects.toMatchObject({ status: 403 });
  });

  it('with the option "accessToken", a request alone does not say which token is judged', async () => {
    const service = (await serveWords(handler(), { accessToken: () => undefined })).app.get(StepUpService);
    const headers = { authorization: `Bearer ${await accessToken({ acr: 'urn:mfa' })}` };
    const request = Object.assign(new IncomingMessage(new Socket()), { headers });
    await expect(service.require(request, 'mfa')).rejects.toThrow(
      'With the option "accessToken", StepUpService needs an ExecutionContext here',
    );
  });

  it('listeners are told of each challenge, until they are removed', async () => {
    const send = await serveWords(places['the context']('phr'));
    const heard: ChallengeReport[] = [];
    const silence = send.app.get(StepUpService).onChallenged((report) => heard.push(report));
    await send({ token: await accessToken({ acr: 'urn:pwd' }) });
    await send({ token: await accessToken({ acr: 'urn:mfa' }) });
    await send();
    await send({ token: 'no.such.token' });
    silence();
    await send({ token: await accessToken({ acr: 'urn:pwd' }) });
    const report = { route: 'AskingController.handle', issuer: server.issuer, reasons: ['acr_unmet'], reported: false };
    expect(heard).toEqual([
      { ...report, requirements: { acrValues: ['urn:mfa'], maxAge: 600 } },
      { ...report, requirements: { acrValues: ['urn:phr', 'urn:key'], maxAge: 600 } },
    ]);
  });

  it('authenticate returns the user and the event of a token that comes without a request', async () => {
    const service = (await serveWords(handler())).app.get(StepUpService);
    const { user, event } = await service.authenticate(await accessToken({ acr: 'urn:mfa', subject: 'bob' }));
    expect(user).toMatchObject({ sub: 'bob' });
    expect(event).toMatchObject({ acr: 'urn:mfa', issuer: server.issuer, subject: 'bob' });
    await expect(service.authenticate('no.such.token')).rejects.toMatchObject({ status: 401 });
  });

  it.each<[what: string, decorators: MethodDecorator[]]>([
    ['undecorated', []],
    ['with a requirement', [RequireAcr('urn:mfa')]],
  ])('who sends a token is told without the credentials of this API, in a handler %s', async (_, decorators) => {
    const { issuer, audience } = server;
    const told: unknown[] = [];
    const tell: Decide = async (stepUp, at) => told.push(await stepUp.authenticated(at));
    const send = await serveWords(asking(tell, undefined, ...decorators), {
      authorizationServers: [
        {
          issuer,
          audience,
          introspection: {
            endpoint: `${issuer}/introspect`,
            clientId: 'api',
            clientSecret: 'credentials-of-this-api',
            when: 'event-missing',
          },
        },
      ],
    });
    const token = await accessToken({ acr: 'urn:mfa', claims: { tenant: 'a' } });
    expect(await send({ token })).toMatchObject({ status: 200 });
    told.push(await send.app.get(StepUpService).authenticate(token));
    expect(told).toHaveLength(2);
    for (const one of told) {
      const claims = expect.objectContaining({ sub: 'alice', tenant: 'a' });
      expect(one).toEqual({ user: claims, event: expect.objectContaining({ acr: 'urn:mfa', issuer }), claims });
      expect(inspect(one, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toContain('credentials');
      expect(JSON.stringify(one)).not.toContain('credentials');
    }
  });

  it('a catch-all filter of the application keeps the challenge of require(request)', async () => {
    @Catch()
    class CatchAllFilter implements ExceptionFilter {
      constructor(private readonly host: HttpAdapterHost) {}

      catch(error: { getStatus?: () => number }, host: ArgumentsHost) {
        this.host.httpAdapter.reply(host.switchToHttp().getResponse(), { caught: true }, error.getStatus?.() ?? 500);
      }
    }
    const send = await serve({
      controllers: [asking(ofRequest('phr'), undefined)],
      configure: (app) => app.useGlobalFilters(new CatchAllFilter(app.get(HttpAdapterHost))),
    });
    const response = await send({ token: await accessToken({ acr: 'mfa' }) });
    expect(response).toEqual({
      ...challenged({ acrValues: ['phr'], reasons: ['acr_unmet'] }),
      body: { caught: true },
    });
  });
});

describe('StepUpService at boot', () => {
  logOfEachTest();

  it('routes() is frozen, in words, and stays after the boot', async () => {
    @Controller()
    @requireMfa
    class TransferController {
      @Get('inherits')
      inherits() {}

      @Get('skipped')
      @SkipStepUp()
      skipped() {}

      @Get('public')
      @Public()
      public() {}

      @Get('dynamic')
      @RequireAcr(() => ({ scope: 'bank' }))
      dynamic() {}

      @Get('old')
      @RequireAcr({ maxAge: 6000 })
      old() {}
    }
    const routes = (await bootedService({ controllers: [TransferController] })).routes();
    expect(Object.isFrozen(routes)).toBe(true);
    const required = { access: 'required', dynamic: false, enforcedBy: 'handler' };
    const requirements = { acrValues: ['mfa'], maxAge: 600 };
    expect(routes).toEqual([
      { ...required, name: 'TransferController.inherits', triggers: ['GET /inherits'], requirements },
      { ...required, name: 'TransferController.skipped', triggers: ['GET /skipped'], access: 'skipped' },
      { name: 'TransferController.public', triggers: ['GET /public'], access: 'public', dynamic: false },
      { ...required, name: 'TransferController.dynamic', triggers: ['GET /dynamic'], dynamic: true, requirements },
      {
        ...required,
        name: 'TransferController.old',
        triggers: ['GET /old'],
        requirements: { acrValues: ['mfa'], maxAge: 6000 },
      },
    ]);
  });

  it('authenticate() needs tokens that we verify', async () => {
    const service = await bootedService({ options: { passport: 'existing' } });
    await expect(service.authenticate('token')).rejects.toThrow(
      new TypeError('authenticate() needs "passport": \'register\'; tokens are verified by a strategy of yours'),
    );
  });
});
