import { Controller, type ExecutionContext, Get, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { AccessTokenGuard, RequireAcr, StepUpContext, StepUpService, type Verification } from 'nestjs-step-up';
import { createTestAuthorizationServer } from 'nestjs-step-up/testing';
import { AccessTokenVerifier } from '../../../lib/token/index.js';
import { stopClock } from '../../support/clock.js';
import { describeOverHttp, type Send } from '../../support/describe-over-http.js';
import { done, handler, impostorGuard } from '../../support/handler.js';

@Controller()
class InsideController {
  constructor(private readonly stepUp: StepUpService) {}

  @Get()
  @UseGuards(AccessTokenGuard)
  @RequireAcr('pwd')
  async transfer(@StepUpContext() at: ExecutionContext) {
    await this.stepUp.require(at, 'phr');
    return done();
  }
}

describeOverHttp('a verification', ({ serve, accessToken, server }) => {
  const duration = expect.any(Number);

  /** Serves a handler and returns what is verified from then on. */
  async function verifying(...of: Parameters<typeof serve>): Promise<{ send: Send; verifications: Verification[] }> {
    const send = await serve(...of);
    const verifications: Verification[] = [];
    send.app.get(StepUpService).onVerification((verification) => verifications.push(verification));
    return { send, verifications };
  }
  const asking = (when: 'opaque' | 'always') => {
    const { issuer, audience, introspection } = server;
    return { authorizationServers: [{ issuer, audience, introspection: { ...introspection, when } }] };
  };

  it('says how long it took, and whether the token was known from an earlier request', async () => {
    const { send, verifications } = await verifying(handler(RequireAcr('mfa')));
    const token = await accessToken({ acr: 'mfa' });
    await send({ token });
    let ticks = 0;
    const now = jest.spyOn(performance, 'now').mockImplementation(() => (ticks += 1000));
    await send({ token });
    now.mockRestore();
    const { issuer } = server;
    expect(verifications).toEqual([
      { outcome: 'verified', issuer, duration, isKnown: false },
      // of a second, as each look at the clock moves it by that
      { outcome: 'verified', issuer, duration: 1, isKnown: true },
    ]);
    expect(verifications[0]?.duration).toBeGreaterThan(0);
    expect(Object.isFrozen(verifications[0])).toBe(true);
  });

  it.each<[what: string, token: () => Promise<string> | string, told: () => object]>([
    ['garbage', () => 'garbage', () => ({})],
    ['a token that is too long', () => 'a'.repeat(16_385), () => ({})],
    ['a token of another issuer', () => accessToken({ claims: { iss: 'https://elsewhere.example' } }), () => ({})],
    ['an expired token', () => accessToken({ expiresIn: -60 }), () => ({ issuer: server.issuer })],
  ])('of %s is told as refused, and names no issuer that is not configured', async (_, token, told) => {
    const { send, verifications } = await verifying(handler(RequireAcr('mfa')));
    await expect(send.app.get(StepUpService).authenticate(await token())).rejects.toThrow();
    expect(verifications).toEqual([{ outcome: 'refused', duration, isKnown: false, ...told() }]);
  });

  it('of a token whose keys cannot be had is told as unavailable', async () => {
    const other = await createTestAuthorizationServer();
    const token = await other.accessToken();
    await other.close();
    const { issuer, audience } = other;
    const { send, verifications } = await verifying(handler(RequireAcr('mfa')), {
      authorizationServers: [{ issuer, audience }],
    });
    await send({ token });
    expect(verifications).toEqual([{ outcome: 'unavailable', issuer, duration, isKnown: false }]);
  });

  it.each(['opaque', 'always'] as const)(
    "of a token that the server is asked about, with '%s', is known once the response is remembered",
    async (when) => {
      const { send, verifications } = await verifying(handler(RequireAcr('mfa')), asking(when));
      const token = when === 'opaque' ? server.opaqueToken({ acr: 'mfa' }) : await accessToken({ acr: 'mfa' });
      await send({ token });
      await send({ token });
      expect(verifications).toMatchObject([
        { outcome: 'verified', isKnown: false },
        { outcome: 'verified', isKnown: true },
      ]);
    },
  );

  it('of a known token that has expired is told as refused, and forgotten', async () => {
    const { send, verifications } = await verifying(handler(RequireAcr('mfa')), { clockTolerance: 0 });
    const token = await accessToken({ acr: 'mfa', expiresIn: 60 });
    await send({ token });
    stopClock(Date.now() + 61_000);
    await send({ token });
    jest.useRealTimers();
    expect(verifications).toMatchObject([
      { outcome: 'verified', isKnown: false },
      { outcome: 'refused', isKnown: false },
    ]);
  });

  it('is one for a request, whatever asks and however many decisions come of it', async () => {
    const { send, verifications } = await verifying(InsideController);
    const decided = jest.fn();
    send.app.get(StepUpService).onDecision(decided);
    await send({ token: await accessToken({ acr: 'pwd' }) });
    expect(decided).toHaveBeenCalledTimes(2);
    expect(verifications).toHaveLength(1);
  });

  it("is told behind a plain AuthGuard('jwt') and for a token without a request as well", async () => {
    const { send, verifications } = await verifying(handler(UseGuards(AuthGuard('jwt'))));
    await send({ token: await accessToken() });
    await send.app.get(StepUpService).authenticate(await accessToken());
    expect(verifications).toHaveLength(2);
  });

  it("is none without a token, and none with 'existing'", async () => {
    const { send, verifications } = await verifying(handler(RequireAcr('mfa')));
    await send();
    expect(verifications).toEqual([]);
    const user = UseGuards(impostorGuard({ sub: 'alice', acr: 'mfa' }));
    const existing = await verifying(handler(RequireAcr('mfa'), user), { passport: 'existing' });
    expect((await existing.send()).status).toBe(200);
    expect(existing.verifications).toEqual([]);
  });

  it('is not measured while nobody listens, and a listener that throws is no refusal', async () => {
    const measured = jest.spyOn(AccessTokenVerifier.prototype, 'knows');
    const { send, verifications } = await verifying(handler(RequireAcr('mfa')));
    const stepUp = send.app.get(StepUpService);
    stepUp.onVerification(() => {
      throw new Error('metrics are down');
    });
    const token = await accessToken({ acr: 'mfa' });
    expect((await send({ token })).status).toBe(200);
    expect(verifications).toHaveLength(1);
    expect(measured).toHaveBeenCalledTimes(1);
    measured.mockClear();

    const unheard = await serve(handler(RequireAcr('mfa')));
    unheard.app.get(StepUpService).onVerification(() => undefined)();
    expect((await unheard({ token })).status).toBe(200);
    expect(measured).not.toHaveBeenCalled();
    measured.mockRestore();
  });
});
