import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Controller, type ExecutionContext, Get, type Type } from '@nestjs/common';
import {
  type Assessment,
  type AuthenticationEvent,
  type AuthorizationServerOptions,
  type Decision,
  Public,
  RequireAcr,
  StepUpConfigurationError,
  StepUpContext,
  type StepUpModuleOptions,
  StepUpService,
  type StoredEvent,
} from 'nestjs-step-up';
import { type FurtherOptions, logOfEachTest } from '../../support/application.js';
import { bootedService } from '../../support/boot.js';
import { withoutToken } from '../../support/challenged.js';
import { pass, secondsAgo, stopClock } from '../../support/clock.js';
import { describeOverHttp } from '../../support/describe-over-http.js';

type Required = Parameters<StepUpService['assess']> extends [unknown, ...infer Arguments] ? Arguments : never;

const mfa = 'urn:mfa';
const acr = { phr: 'urn:phr', mfa };

/** Orders work: what it answers is what stays of the request. */
@Controller()
class OrderController {
  constructor(private readonly stepUp: StepUpService) {}

  @Get()
  @RequireAcr({ maxAge: 86_400 })
  order(@StepUpContext() at: ExecutionContext) {
    return this.stepUp.storedEvent(at);
  }

  @Get('public')
  @Public()
  orderWithout(@StepUpContext() at: ExecutionContext) {
    return this.stepUp.storedEvent(at);
  }
}

describeOverHttp('work that is done after its request', ({ serve, accessToken, server, log }) => {
  beforeEach(() => stopClock());
  afterEach(() => jest.useRealTimers());

  const own = (further: Partial<AuthorizationServerOptions> = {}): AuthorizationServerOptions => {
    const { issuer, audience } = server;
    return { issuer, audience, acr, order: ['phr', 'mfa'], ...further } as AuthorizationServerOptions;
  };
  const start = async (options: FurtherOptions = {}, served: Type = OrderController) => {
    const send = await serve(served, { authorizationServers: [own()], ...options } as FurtherOptions);
    return { send, stepUp: send.app.get(StepUpService) };
  };
  /** Orders with a token. What comes back has been through JSON, as through a queue. */
  const ordered = async (
    { send }: Awaited<ReturnType<typeof start>>,
    token: Parameters<typeof accessToken>[0],
  ): Promise<StoredEvent> => {
    const { status, body } = await send({ token: await accessToken(token) });
    expect(status).toBe(200);
    return body as StoredEvent;
  };

  it('storedEvent returns the event as plain data, without the token', async () => {
    const application = await start();
    const authTime = secondsAgo(100);
    expect(await ordered(application, { acr: mfa, authTime, scope: 'pay', clientId: 'bank', subject: 'bob' })).toEqual({
      issuer: server.issuer,
      subject: 'bob',
      clientId: 'bank',
      scope: 'pay',
      acr: mfa,
      authTime,
      storedAt: secondsAgo(0),
    });
  });

  it('storedEvent needs a token, also in a @Public() handler', async () => {
    const { send } = await start();
    expect(await send({ path: '/public' })).toEqual(withoutToken());
  });

  it.each<[what: string, at: 'order' | 'now', later: number, required: unknown[], assessment: Assessment]>([
    ['what was ordered in time, a day later', 'order', 86_400, ['mfa', { maxAge: 300 }], { met: true }],
    [
      'what was ordered too late, at once',
      'order',
      0,
      [{ maxAge: 60 }],
      { met: false, reasons: ['authentication_too_old'] },
    ],
    ['what is done in time', 'now', 150, ['mfa', { maxAge: 300 }], { met: true }],
    [
      'what was ordered in time, and done too late',
      'now',
      301,
      ['mfa', { maxAge: 300 }],
      { met: false, reasons: ['authentication_too_old'] },
    ],
    ['a stronger word by order', 'order', 0, ['phr'], { met: false, reasons: ['acr_unmet'] }],
    ['a scope that the token had', 'order', 0, [{ scope: 'pay' }], { met: true }],
    ['a scope that it had not', 'order', 0, [{ scope: 'admin' }], { met: false, reasons: ['scope_missing'] }],
    ['an object', 'now', 0, [{ acrValues: ['mfa'], scope: 'pay' }], { met: true }],
  ])('assess and require judge %s, measured at %s', async (_, at, later, required, assessment) => {
    const application = await start();
    const event = await ordered(application, { acr: mfa, authTime: secondsAgo(100), scope: 'pay' });
    pass(later);
    const { stepUp } = application;
    expect(await stepUp.assess({ event, at }, ...(required as Required))).toEqual(assessment);
    const outcome = stepUp.require({ event, at }, ...(required as Required));
    if (assessment.met) await expect(outcome).resolves.toBeUndefined();
    else if (assessment.reasons.includes('scope_missing')) await expect(outcome).rejects.toMatchObject({ status: 403 });
    else await expect(outcome).rejects.toMatchObject({ status: 401, extensions: { reasons: assessment.reasons } });
  });

  it('words and their order are those of the issuer of the event', async () => {
    const { issuer } = server;
    const other = { issuer: 'https://other.example', audience: 'api', acr: { phr: 'x-phr', mfa: 'x-mfa' } };
    const application = await start({ authorizationServers: [own(), other] });
    const event = await ordered(application, { acr: 'urn:phr' });
    const { stepUp } = application;
    expect(await stepUp.assess({ event, at: 'order' }, 'mfa')).toEqual({ met: true });
    const elsewhere = { ...event, issuer: other.issuer };
    expect(await stepUp.assess({ event: elsewhere, at: 'order' }, 'mfa')).toEqual({
      met: false,
      reasons: ['acr_unmet'],
    });
    const strong = { ...elsewhere, acr: 'x-phr' };
    expect(await stepUp.assess({ event: strong, at: 'order' }, 'phr')).toEqual({ met: true });
    // it declares no order
    expect(await stepUp.assess({ event: strong, at: 'order' }, 'mfa')).toEqual({ met: false, reasons: ['acr_unmet'] });
    expect(issuer).not.toBe(other.issuer);
  });

  it('somebody who acts for the user stores nothing, unless the server accepts that', async () => {
    const token = { acr: mfa, claims: { act: { sub: 'support' } } };
    // the handler is open, so that nothing else refuses
    const refusing = await start();
    const heard: Decision[] = [];
    refusing.stepUp.onDecision((decision) => heard.push(decision));
    const response = await refusing.send({ path: '/public', token: await accessToken(token) });
    expect(response).toMatchObject({ status: 403 });
    expect(heard).toMatchObject([{ outcome: 'refused', code: 'delegate_refused' }]);
    const accepting = await start({ authorizationServers: [own({ delegation: 'accept' })] });
    const event = await ordered(accepting, token);
    expect(await accepting.stepUp.assess({ event, at: 'now' }, 'mfa')).toEqual({ met: true });
  });

  it('somebody who acts for the user stores what a server that is resolved at run time accepts', async () => {
    const other = { issuer: 'https://other.example', audience: 'api', acr };
    const resolveAuthorizationServer = () => own({ delegation: 'accept' });
    const application = await start({ authorizationServers: [other], resolveAuthorizationServer } as FurtherOptions);
    const event = await ordered(application, { acr: mfa, claims: { act: { sub: 'support' } } });
    expect(event).toMatchObject({ subject: 'alice', acr: mfa });
  });

  it('work that meets what is required is no second decision', async () => {
    const application = await start();
    const event = await ordered(application, { acr: mfa });
    const heard: Decision[] = [];
    application.stepUp.onDecision((decision) => heard.push(decision));
    await application.stepUp.require({ event, at: 'order' }, 'mfa');
    expect(heard).toEqual([]);
  });

  it('the authorization server is asked for what the token lacks before its event is stored', async () => {
    const introspection = { ...server.introspection, when: 'auth-time-missing' as const };
    const { send } = await start({ authorizationServers: [own({ introspection })] });
    const token = await accessToken({ acr: mfa, authTime: null });
    const asked = server.introspectionRequests;
    // open, so that nothing else asks
    expect((await send({ path: '/public', token })).body).toMatchObject({ acr: mfa });
    expect(server.introspectionRequests).toBe(asked + 1);
    const revoked = await accessToken({ acr: mfa, authTime: null });
    server.revoke(revoked);
    expect(await send({ path: '/public', token: revoked })).toMatchObject({ status: 401 });
  });

  it('report mode lets work pass that it would refuse, and tells', async () => {
    const application = await start({ mode: 'report' });
    const heard: Decision[] = [];
    const event = await ordered(application, { acr: 'urn:pwd' });
    application.stepUp.onDecision((decision) => heard.push(decision));
    await application.stepUp.require({ event, at: 'order' }, 'mfa');
    expect(heard).toMatchObject([{ outcome: 'reported', issuer: server.issuer, reasons: ['acr_unmet'] }]);
    expect(await application.stepUp.assess({ event, at: 'order' }, 'mfa')).toEqual({
      met: false,
      reasons: ['acr_unmet'],
    });
    await expect(application.stepUp.require({ event, at: 'order' }, { scope: 'pay' })).rejects.toMatchObject({
      status: 403,
    });
  });

  it('listeners are told of work that is refused', async () => {
    const application = await start();
    const event = await ordered(application, { acr: 'urn:pwd' });
    const heard: Decision[] = [];
    application.stepUp.onDecision((decision) => heard.push(decision));
    await application.stepUp.require({ event, at: 'order' }, 'mfa').catch(() => undefined);
    const unknown = { ...event, issuer: 'https://nobody.example' };
    await application.stepUp.require({ event: unknown, at: 'order' }, 'mfa').catch(() => undefined);
    expect(heard).toMatchObject([
      { outcome: 'challenged', issuer: server.issuer, reasons: ['acr_unmet'] },
      { outcome: 'refused', code: 'misconfigured' },
    ]);
    expect(log.join('\n')).not.toContain('nobody.example');
  });

  it('a request that has a member "event" stays a request', async () => {
    const { stepUp, send } = await start();
    const event = await ordered({ stepUp, send }, { acr: 'urn:phr' });
    const headers = { authorization: `Bearer ${await accessToken({ acr: 'urn:pwd' })}` };
    const request = Object.assign(new IncomingMessage(new Socket()), { headers, event, at: 'order' });
    expect(await stepUp.assess(request, 'phr')).toEqual({ met: false, reasons: ['acr_unmet'] });
    await expect(stepUp.assess({ headers: {}, event, at: 'order' }, 'phr')).rejects.toThrow(StepUpConfigurationError);
  });

  it.each<[what: string, event: Partial<AuthenticationEvent>, stored: object]>([
    ['an auth_time of text', { acr: mfa, authTime: '1700000000' as never }, { acr: mfa }],
    ['an auth_time in milliseconds', { acr: mfa, authTime: 1.7e12 }, { acr: mfa }],
    ['an acr that is a number', { acr: 3 as never }, {}],
    ['a function in it', { amr: [(() => 1) as never] }, {}],
  ])('what satisfies no requirement is not stored: %s', async (_, event, stored) => {
    const { send } = await start({
      passport: 'existing',
      authorizationServers: [own()],
      authenticationEvent: () => ({ subject: 'alice', ...event }),
    });
    const { body } = await send({ path: '/public' });
    expect(body).toEqual({ issuer: server.issuer, subject: 'alice', ...stored, storedAt: secondsAgo(0) });
  });

  it('a context without a known time stays one when the event has been through JSON', async () => {
    const application = await start({
      passport: 'existing',
      authorizationServers: [own()],
      authenticationEvent: () => ({
        subject: 'alice',
        acr: mfa,
        acrTimes: { [mfa]: undefined },
        authTime: secondsAgo(0),
      }),
    });
    const { body } = await application.send({ path: '/public' });
    const event = body as StoredEvent;
    expect(event.acrTimes).toEqual({ [mfa]: null });
    const missing = { met: false, reasons: ['auth_time_missing'] };
    expect(await application.stepUp.assess({ event, at: 'order' }, 'mfa', { maxAge: 300 })).toEqual(missing);
    expect(await application.stepUp.assess({ event, at: 'order' }, 'mfa')).toEqual({ met: true });
  });

  it('an event that does not name who signed in is not stored, and the log says why', async () => {
    const send = await serve(
      {
        controllers: [OrderController],
        configure: (app) =>
          app.use((request: { user?: object }, _: unknown, next: () => void) => {
            request.user = { name: 'alice' };
            next();
          }),
      },
      { passport: 'existing', authorizationServers: [own()], authenticationEvent: () => ({ acr: mfa }) },
    );
    expect(await send({ path: '/public' })).toMatchObject({ status: 500 });
    expect(log.join('\n')).toContain('In the event of this request, "subject" is missing');
  });
});

describe('a stored event that is not as it was stored is refused', () => {
  logOfEachTest();

  const issuer = 'https://as.example';
  const boot = (options: Partial<StepUpModuleOptions> = {}) =>
    bootedService({
      options: { authorizationServers: [{ issuer, audience: 'api', acr }], ...options } as StepUpModuleOptions,
    });
  const event = { issuer, subject: 'alice', acr: mfa, storedAt: 1_700_000_000 };
  const json = (text: string): object => JSON.parse(text);

  it.each<[what: string, at: object, message: string]>([
    ['no time of measurement', { event }, '"at" must be \'order\''],
    ['an unknown one', { event, at: 1_700_000_000 }, '"at" must be \'order\''],
    ['more members', { event, at: 'order', amount: 5 }, 'without "amount"'],
    ['no object', { event: 'alice', at: 'order' }, 'everything is missing'],
    ['null', { event: null, at: 'order' }, 'everything is missing'],
    ['a list', { event: [event], at: 'order' }, 'everything is missing'],
    ['an instance', { event: new Map(Object.entries(event)), at: 'order' }, 'everything is missing'],
    ['no subject', { event: { ...event, subject: undefined }, at: 'order' }, '"subject" is missing'],
    ['an empty subject', { event: { ...event, subject: '' }, at: 'order' }, '"subject" must be'],
    ['no issuer', { event: { ...event, issuer: undefined }, at: 'order' }, '"issuer" is missing'],
    ['an unknown issuer', { event: { ...event, issuer: `${issuer}/` }, at: 'order' }, 'none of "authorizationServers"'],
    ['no time of the order', { event: { ...event, storedAt: undefined }, at: 'order' }, '"storedAt" is missing'],
    ['that time as text', { event: { ...event, storedAt: '1700000000' }, at: 'order' }, '"storedAt" must be'],
    ['that time in milliseconds', { event: { ...event, storedAt: 1.7e12 }, at: 'order' }, '"storedAt" must be'],
    ['that time in the future', { event: { ...event, storedAt: 9e10 }, at: 'order' }, '"storedAt" is in the future'],
    ['not a number for it', { event: { ...event, storedAt: Number.NaN }, at: 'order' }, '"storedAt" must be'],
    ['auth_time as text', { event: { ...event, authTime: '0' }, at: 'order' }, '"authTime" must be'],
    ['auth_time as null', { event: { ...event, authTime: null }, at: 'order' }, '"authTime" must be'],
    ['the spelling of the wire', { event: { ...event, auth_time: 1 }, at: 'order' }, '"auth_time" is no member'],
    ['acr as a list', { event: { ...event, acr: [mfa] }, at: 'order' }, '"acr" must be'],
    ['acrs as a text', { event: { ...event, acrs: mfa }, at: 'order' }, '"acrs" must be'],
    ['times as a list', { event: { ...event, acrTimes: [1] }, at: 'order' }, '"acrTimes" must be'],
    ['times as text', { event: { ...event, acrTimes: { [mfa]: '1' } }, at: 'order' }, '"acrTimes" must be'],
    ['a scope as a list', { event: { ...event, scope: ['pay'] }, at: 'order' }, '"scope" must be'],
    ['a member of the prototype', json(`{"event":{"__proto__":{"subject":"a"}},"at":"now"}`), 'is no member'],
    ['the claims of a token', { event: { iss: issuer, sub: 'alice', acr: mfa }, at: 'order' }, 'is no member'],
  ])('%s', async (_, at, message) => {
    const stepUp = await boot();
    for (const judge of [() => stepUp.assess(at, 'mfa'), () => stepUp.require(at, 'mfa')]) {
      const error = await judge().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(StepUpConfigurationError);
      expect((error as Error).message).toContain(message);
      expect((error as Error).message).not.toContain('alice');
    }
  });

  it.each<[what: string, members: () => object]>([
    ['text objects', () => ({ subject: new String('alice') })],
    ['what becomes a number', () => ({ storedAt: { [Symbol.toPrimitive]: () => 1_700_000_000 } })],
    ['a date', () => ({ authTime: new Date() })],
    ['a big number', () => ({ authTime: 1_700_000_000n })],
    ['a number without end', () => ({ authTime: Number.POSITIVE_INFINITY })],
    ['a set', () => ({ acrs: new Set([mfa]) })],
    ['a map of times', () => ({ acrTimes: new Map([[mfa, 1]]) })],
    ['times of which one is not a number', () => ({ acrTimes: { [mfa]: Number.NaN } })],
    ['a prototype among the times', () => ({ acrTimes: json('{"__proto__":{"mfa":1}}') })],
  ])('members that are no plain data: %s', async (_, members) => {
    const stepUp = await boot();
    const at = { event: { ...event, ...members() }, at: 'order' };
    await expect(stepUp.assess(at, 'mfa')).rejects.toThrow(StepUpConfigurationError);
  });

  it('what changes after the check is not judged', async () => {
    const stepUp = await boot();
    const acrs = ['urn:other'];
    const acrTimes: Record<string, number> = { [mfa]: 1_600_000_000 };
    const changing = { ...event, acr: 'urn:other', acrs, acrTimes };
    const assessment = stepUp.assess({ event: changing, at: 'order' }, 'mfa');
    acrs.push(mfa);
    expect(await assessment).toEqual({ met: false, reasons: ['acr_unmet'] });
  });

  it('a getter is read once', async () => {
    const stepUp = await boot();
    let reads = 0;
    const getter = {
      ...event,
      get acr() {
        reads += 1;
        return reads === 1 ? 'urn:other' : mfa;
      },
    };
    expect(await stepUp.assess({ event: getter, at: 'order' }, 'mfa')).toEqual({ met: false, reasons: ['acr_unmet'] });
    expect(reads).toBe(1);
  });

  it('an order before its sign-in shows that the event is forged or the clock was wrong: no maxAge is met', async () => {
    const stepUp = await boot();
    const forged = { ...event, authTime: event.storedAt, storedAt: event.storedAt - 60 };
    const assessment = await stepUp.assess({ event: forged, at: 'order' }, { maxAge: 300 });
    expect(assessment).toEqual({ met: false, reasons: ['auth_time_in_future'] });
  });

  it.each<[what: string, at: unknown]>([
    ['the event itself', event],
    ['a job', { data: { event, at: 'order' } }],
    ['a text', JSON.stringify({ event, at: 'order' })],
    ['undefined', undefined],
  ])('%s in its place is no request either', async (_, at) => {
    const stepUp = await boot();
    await expect(stepUp.assess(at, 'mfa')).rejects.toThrow(StepUpConfigurationError);
    await expect(stepUp.require(at, 'mfa')).rejects.toThrow(StepUpConfigurationError);
  });

  it.each<[what: string, required: unknown[]]>([
    ['an unknown word', ['mfaa']],
    ['a function, which has no context', [() => ({ acrValues: ['mfa'] })]],
    ['nothing', []],
    ['a misspelt member', [{ maxage: 1 }]],
  ])('requirements that are wrong: %s', async (_, required) => {
    const stepUp = await boot();
    const at = { event, at: 'order' };
    await expect(stepUp.assess(at, ...(required as Required))).rejects.toThrow(StepUpConfigurationError);
    await expect(stepUp.require(at, ...(required as Required))).rejects.toThrow(StepUpConfigurationError);
  });

  it('without authorization servers, an event without issuer is judged by its strings', async () => {
    const stepUp = await boot({
      passport: 'existing',
      authorizationServers: undefined,
      authenticationEvent: () => ({}),
    });
    const { issuer: _, ...without } = event;
    expect(await stepUp.assess({ event: without, at: 'order' }, mfa as never)).toEqual({ met: true });
  });

  it.each<[besides: string, configured: Partial<StepUpModuleOptions>]>([
    ['besides a configured one', {}],
    ['without a configured one', { authorizationServers: undefined } as never],
  ])(
    'an issuer that is known at run time is resolved %s, an unknown one is refused, and so is all in an outage',
    async (_, configured) => {
      const known = { issuer: 'https://tenant.example', audience: 'api', acr };
      const stepUp = await boot({
        ...configured,
        resolveAuthorizationServer: (asked: string) => {
          if (asked === 'https://down.example') throw new Error('no database');
          return asked === known.issuer ? known : undefined;
        },
      } as Partial<StepUpModuleOptions>);
      const of = (other: string) => ({ event: { ...event, issuer: other }, at: 'order' });
      expect(await stepUp.assess(of(known.issuer), 'mfa')).toEqual({ met: true });
      await expect(stepUp.assess(of('https://else.example'), 'mfa')).rejects.toThrow(StepUpConfigurationError);
      await expect(stepUp.assess(of('https://down.example'), 'mfa')).rejects.toMatchObject({ status: 503 });
    },
  );
});
