import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  ForbiddenException,
  Get,
  Req,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import {
  AccessTokenGuard,
  AcrGuard,
  DECISION_CHANNEL,
  type Decision,
  Public,
  RequireAcr,
  SkipStepUp,
  StepUpContext,
  StepUpService,
} from 'nestjs-step-up';
import { createTestAuthorizationServer } from 'nestjs-step-up/testing';
import { secondsAgo, stopClock } from '../../support/clock.js';
import { describeOverHttp, type Send } from '../../support/describe-over-http.js';
import { done, handler } from '../../support/handler.js';

const NOON = Date.UTC(2026, 0, 1, 12);

const http = { transport: 'http' };
const NAME = 'HandlerController.handle';

@Controller()
class InsideController {
  constructor(private readonly stepUp: StepUpService) {}

  @Get()
  @RequireAcr('pwd')
  async transfer(@StepUpContext() at: ExecutionContext) {
    await this.stepUp.assess(at, 'phr');
    await this.stepUp.require(at, 'phr');
    return done();
  }
}

@Controller()
class InsideOfRequestController {
  constructor(private readonly stepUp: StepUpService) {}

  @Get()
  @RequireAcr('pwd')
  async transfer(@Req() request: object) {
    await this.stepUp.require(request, 'phr');
    return done();
  }
}

/** Puts a richer user in the place of the judged one, who is then judged again. */
const enriches: CanActivate = {
  canActivate(context) {
    const request = context.switchToHttp().getRequest<{ user: object }>();
    request.user = { ...request.user, roles: ['clerk'] };
    return true;
  },
};

describeOverHttp('a decision', ({ serve, accessToken, server }) => {
  /** Serves a handler and returns what is decided from then on. */
  async function deciding(...of: Parameters<typeof serve>): Promise<{ send: Send; decisions: Decision[] }> {
    const send = await serve(...of);
    const decisions: Decision[] = [];
    send.app.get(StepUpService).onDecision((decision) => decisions.push(decision));
    return { send, decisions };
  }
  const issuer = () => server.issuer;

  describe('is made once for each judged invocation', () => {
    it.each<[what: string, decorators: MethodDecorator[], acr: string, decided: () => object[]]>([
      ['that is admitted', [RequireAcr('mfa')], 'mfa', () => [{ outcome: 'admitted' }]],
      [
        'behind all the guards',
        [RequireAcr('mfa'), UseGuards(AcrGuard, AccessTokenGuard)],
        'mfa',
        () => [{ outcome: 'admitted' }],
      ],
      ['that needs a token alone', [UseGuards(AccessTokenGuard)], 'pwd', () => [{ outcome: 'admitted' }]],
      ['that skips', [SkipStepUp()], 'pwd', () => [{ outcome: 'admitted' }]],
      [
        'that is challenged',
        [UseGuards(AccessTokenGuard), RequireAcr('mfa', { maxAge: 300 })],
        'pwd',
        () => [{ outcome: 'challenged', requirements: { acrValues: ['mfa'], maxAge: 300 }, reasons: ['acr_unmet'] }],
      ],
    ])('%s', async (_, decorators, acr, decided) => {
      const { send, decisions } = await deciding({
        controllers: [handler(...decorators)],
        providers: [{ provide: APP_GUARD, useClass: AcrGuard }],
      });
      stopClock(NOON);
      await send({ token: await accessToken({ acr, authTime: secondsAgo(100) }) });
      jest.useRealTimers();
      expect(decisions).toEqual(decided().map((one) => ({ ...http, route: NAME, issuer: issuer(), age: 100, ...one })));
    });

    it('that is challenged behind an AccessTokenGuard that has let it pass', async () => {
      const { send, decisions } = await deciding({
        controllers: [handler(RequireAcr('mfa'))],
        providers: [{ provide: APP_GUARD, useClass: AccessTokenGuard }],
      });
      await send({ token: await accessToken({ acr: 'pwd' }) });
      expect(decisions).toMatchObject([{ outcome: 'challenged' }]);
    });

    it.each<[what: string, decorators: MethodDecorator[]]>([
      ['that is public', [Public()]],
      ['of which nothing is asked', []],
      ["behind a plain AuthGuard('jwt'), which is not ours", [UseGuards(AuthGuard('jwt'))]],
    ])('and none for one %s', async (_, decorators) => {
      const { send, decisions } = await deciding(handler(...decorators));
      expect((await send({ token: await accessToken() })).status).toBe(200);
      expect(decisions).toEqual([]);
    });

    it('and a second one in its handler counts only if it refuses', async () => {
      const { send, decisions } = await deciding(InsideController);
      await send({ token: await accessToken({ acr: 'pwd', authTime: null }) });
      const facts = { ...http, route: 'InsideController.transfer', issuer: issuer() };
      const requirements = { acrValues: ['phr'] };
      expect(decisions).toEqual([
        { ...facts, outcome: 'admitted' },
        { ...facts, outcome: 'challenged', requirements, reasons: ['acr_unmet'] },
      ]);
    });

    it.each([InsideController, InsideOfRequestController])(
      'and a second one in its handler counts if report mode waives what it asks for: %p',
      async (type) => {
        const { send, decisions } = await deciding(type, { mode: 'report' });
        const { status } = await send({ token: await accessToken({ acr: 'pwd', authTime: null }) });
        const facts = { ...http, route: `${type.name}.transfer`, issuer: issuer() };
        expect(status).toBe(200);
        expect(decisions).toEqual([
          { ...facts, outcome: 'admitted' },
          { ...facts, outcome: 'reported', requirements: { acrValues: ['phr'] }, reasons: ['acr_unmet'] },
        ]);
      },
    );

    it.each([
      ['enforce', 'mfa', 'admitted'],
      ['report', 'pwd', 'reported'],
    ] as const)(
      'and none for the user whom a guard has enriched between two of ours, in mode %s',
      async (mode, acr, outcome) => {
        const { send, decisions } = await deciding(handler(UseGuards(enriches, AcrGuard), RequireAcr('mfa')), { mode });
        expect((await send({ token: await accessToken({ acr }) })).status).toBe(200);
        expect(decisions).toMatchObject([{ outcome }]);
      },
    );

    it('and in report mode says that a challenge was waived', async () => {
      const { send, decisions } = await deciding(handler(RequireAcr('mfa')), { mode: 'report' });
      await send({ token: await accessToken({ acr: 'pwd', authTime: null }) });
      const facts = {
        ...http,
        route: NAME,
        issuer: issuer(),
        requirements: { acrValues: ['mfa'] },
        reasons: ['acr_unmet'],
      };
      expect(decisions).toEqual([{ ...facts, outcome: 'reported' }]);
    });

    it('and in report mode is the refusal of what is not waived', async () => {
      const { send, decisions } = await deciding(handler(RequireAcr('mfa', { scope: 'pay' })), { mode: 'report' });
      await send({ token: await accessToken({ acr: 'pwd', scope: 'read' }) });
      expect(decisions).toMatchObject([{ outcome: 'refused', code: 'scope_missing', issuer: issuer() }]);
    });
  });

  describe('that refuses has a stable code, and says what was found and what was wanted', () => {
    const transfer = () => handler(RequireAcr('mfa'));
    it.each<[what: string, token: () => Promise<string | undefined> | undefined, decided: () => object]>([
      ['no token', () => undefined, () => ({ code: 'token_missing' })],
      ['garbage', async () => 'garbage', () => ({ code: 'jwt_malformed' })],
      ['an expired token', () => accessToken({ expiresIn: -60 }), () => ({ code: 'token_expired', issuer: issuer() })],
      [
        'another audience',
        () => accessToken({ claims: { aud: 'account' } }),
        () => ({ code: 'audience_mismatch', issuer: issuer(), found: 'account', expected: [server.audience] }),
      ],
      [
        'another type',
        () => accessToken({ header: { typ: 'JWT' } }),
        () => ({ code: 'typ_mismatch', issuer: issuer(), found: 'JWT', expected: ['at+jwt'] }),
      ],
      [
        'another issuer',
        () => accessToken({ claims: { iss: `${issuer()}/` } }),
        () => ({ code: 'issuer_unknown', found: `${issuer()}/`, expected: [issuer()] }),
      ],
      [
        'no client',
        () => accessToken({ claims: { client_id: undefined } }),
        () => ({ code: 'client_id_missing', issuer: issuer(), claim: 'client_id' }),
      ],
      [
        'a client for itself',
        () => accessToken({ subject: 'robot', authTime: null, claims: { client_id: 'robot' } }),
        () => ({ code: 'client_credentials_token', issuer: issuer() }),
      ],
      [
        'a delegate',
        () => accessToken({ acr: 'mfa', claims: { act: { sub: 'support' } } }),
        () => ({ code: 'delegate_refused', issuer: issuer() }),
      ],
    ])('%s', async (_, token, decided) => {
      const { send, decisions } = await deciding(transfer());
      await send({ token: await token() });
      expect(decisions).toEqual([{ ...http, route: NAME, outcome: 'refused', ...decided() }]);
    });

    it.each<[what: string, failing: Error, code: string]>([
      ['a function of the application that fails', new RangeError('secret'), 'callback_failed'],
      ['a function of the application that refuses', new ForbiddenException('secret'), 'callback_refused'],
    ])('%s', async (_, failing, code) => {
      const { send, decisions } = await deciding(transfer(), {
        user: () => {
          throw failing;
        },
      });
      await send({ token: await accessToken({ acr: 'mfa' }) });
      expect(decisions).toEqual([{ ...http, route: NAME, outcome: 'refused', code }]);
    });

    it('a mistake in the configuration', async () => {
      const { send, decisions } = await deciding(handler(RequireAcr(() => null as never)));
      await send({ token: await accessToken({ acr: 'mfa' }) });
      expect(decisions).toMatchObject([{ route: NAME, outcome: 'refused', code: 'misconfigured' }]);
    });
  });

  it.each<[what: string, thrown: unknown, code: string]>([
    ['one error', new ForbiddenException('secret'), 'callback_refused'],
    ['a primitive', 'secret', 'callback_failed'],
  ])('is made each time if a function of the application throws %s again and again', async (_, thrown, code) => {
    const { send, decisions } = await deciding(handler(RequireAcr('mfa')), {
      user: () => {
        throw thrown;
      },
    });
    const token = await accessToken({ acr: 'mfa' });
    for (let request = 0; request < 3; request += 1) await send({ token });
    expect(decisions).toEqual(Array(3).fill({ ...http, route: NAME, outcome: 'refused', code }));
  });

  it('is made once if AccessTokenGuard stands before a handler twice', async () => {
    const { send, decisions } = await deciding({
      controllers: [handler(UseGuards(AccessTokenGuard))],
      providers: [{ provide: APP_GUARD, useClass: AccessTokenGuard }],
    });
    await send({ token: await accessToken() });
    expect(decisions).toMatchObject([{ outcome: 'admitted' }]);
  });

  it('is not made for a guard of Passport, which may let everybody pass', async () => {
    class OptionalGuard extends AuthGuard('jwt') {
      override handleRequest<User>(_error: unknown, user: User): User {
        return user;
      }
    }
    const { send, decisions } = await deciding(handler(UseGuards(OptionalGuard)));
    expect((await send({ token: await accessToken({ expiresIn: -60 }) })).status).toBe(200);
    expect(decisions).toEqual([]);
  });

  it('cannot be changed by a listener, nor can the challenge', async () => {
    const { send } = await deciding(handler(RequireAcr('mfa')));
    const stepUp = send.app.get(StepUpService);
    stepUp.onChallenged(({ reasons }) => (reasons as string[]).splice(0));
    stepUp.onDecision((decision) => ((decision as unknown as { reasons: string[] }).reasons.length = 0));
    expect((await send({ token: await accessToken({ acr: 'pwd' }) })).body).toMatchObject({ reasons: ['acr_unmet'] });
  });

  it('says why a token cannot be judged', async () => {
    const other = await createTestAuthorizationServer();
    const token = await other.accessToken({ acr: 'mfa' });
    await other.close();
    const { issuer: gone, audience } = other;
    const { send, decisions } = await deciding(handler(RequireAcr('mfa')), {
      authorizationServers: [{ issuer: gone, audience }],
    });
    await send({ token });
    expect(decisions).toEqual([
      { ...http, route: NAME, outcome: 'unavailable', code: 'metadata_unreadable', issuer: gone },
    ]);
  });

  it('is made of a token without a request as well', async () => {
    const { send, decisions } = await deciding(handler());
    const stepUp = send.app.get(StepUpService);
    await stepUp.authenticate(await accessToken({ authTime: null }));
    await expect(stepUp.authenticate('garbage')).rejects.toThrow('The access token is not a signed JWT');
    expect(decisions).toEqual([
      { outcome: 'admitted', issuer: issuer() },
      { outcome: 'refused', code: 'jwt_malformed' },
    ]);
  });

  it('names the subject only to a listener that asks for it, and never on the channel', async () => {
    const { send, decisions } = await deciding(handler(RequireAcr('mfa')));
    const named: Decision[] = [];
    const published: unknown[] = [];
    const listen = (message: unknown) => void published.push(message);
    send.app.get(StepUpService).onDecision((decision) => named.push(decision), { subject: true });
    subscribe(DECISION_CHANNEL, listen);
    await send({ token: await accessToken({ subject: 'alice', acr: 'mfa' }) });
    unsubscribe(DECISION_CHANNEL, listen);
    expect(named).toMatchObject([{ outcome: 'admitted', subject: 'alice' }]);
    expect(decisions.concat(published as Decision[]).map((one) => 'subject' in one)).toEqual([false, false]);
    expect(Object.isFrozen(decisions[0])).toBe(true);
  });

  it('is told to nobody who has left, and a listener that throws keeps it from nobody', async () => {
    const { send, decisions } = await deciding(handler(RequireAcr('mfa')));
    const stepUp = send.app.get(StepUpService);
    const left = jest.fn();
    stepUp.onDecision(left)();
    stepUp.onDecision(() => {
      throw new Error('metrics are down');
    });
    expect((await send({ token: await accessToken({ acr: 'mfa' }) })).status).toBe(200);
    expect(left).not.toHaveBeenCalled();
    expect(decisions).toHaveLength(1);
  });
});
