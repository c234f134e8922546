import { setImmediate } from 'node:timers';
import { Get, Logger, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { AccessTokenGuard, RequireAcr } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { challenged, invalidToken, withoutToken } from '../../support/challenged.js';
import { pass, stopClock } from '../../support/clock.js';
import { describeOverHttp, type Response, type Send } from '../../support/describe-over-http.js';
import { handler } from '../../support/handler.js';

describeOverHttp('an outage of the authorization server', ({ serve }) => {
  let server: TestAuthorizationServer;
  let other: TestAuthorizationServer;
  let send: Send;

  beforeEach(async () => {
    server = await createTestAuthorizationServer();
    other = await createTestAuthorizationServer();
    send = await serve(
      [
        handler(Get('accounts'), UseGuards(AccessTokenGuard)),
        handler(Get('passport'), UseGuards(AuthGuard('jwt'))),
        handler(Get('transfer'), RequireAcr('mfa', { maxAge: 300, scope: 'transfer:write' })),
      ],
      {
        authorizationServers: [
          { issuer: server.issuer, audience: server.audience, acr: { mfa: 'urn:example:mfa' } },
          { issuer: other.issuer, audience: other.audience, acr: { mfa: 'urn:other:mfa' } },
        ],
      },
    );
  });
  afterEach(async () => {
    jest.useRealTimers();
    await server?.close();
    await other?.close();
  });

  const unavailable = (retryAfter: number): Response => ({
    status: 503,
    headers: { 'content-type': ['application/json; charset=utf-8'], 'retry-after': [`${retryAfter}`] },
    body: { error: 'temporarily_unavailable', error_description: 'The authorization server cannot be reached' },
  });

  it.each(['/accounts', '/transfer', '/passport'])(
    'a token whose key is not known is answered 503: %s',
    async (path) => {
      stopClock();
      server.setUnavailable(true);
      expect(await send({ path, token: await server.accessToken() })).toEqual(unavailable(1));
    },
  );

  it.each<[sent: string, token: () => Promise<string | undefined>, response: Response]>([
    ['no token', async () => undefined, withoutToken()],
    ['garbage', async () => 'garbage', invalidToken('The access token is not a signed JWT')],
    ['an expired token', () => server.accessToken({ expiresIn: -60 }), invalidToken('The access token has expired')],
    [
      'an unknown issuer',
      () => server.accessToken({ claims: { iss: 'https://other.example' } }),
      invalidToken('The issuer of the access token is not known'),
    ],
    [
      'another audience',
      () => server.accessToken({ claims: { aud: 'https://other.example' } }),
      invalidToken('The access token is for another audience'),
    ],
  ])('a request is answered 401 as ever for %s', async (_, token, response) => {
    server.setUnavailable(true);
    for (const path of ['/accounts', '/transfer', '/passport']) {
      expect(await send({ path, token: await token() })).toEqual(response);
    }
    expect(server.keyRequests).toBe(0);
  });

  it('is a 503 and nothing worse if the logger of the application throws too, also in the background', async () => {
    stopClock();
    const failing = jest.fn(() => {
      throw new Error('the worker has exited');
    });
    // Twice alone: the tests after this one have the log that captures all lines.
    jest.spyOn(Logger.prototype, 'warn').mockImplementationOnce(failing).mockImplementationOnce(failing);
    const rejected = jest.fn();
    process.on('unhandledRejection', rejected);
    try {
      const request = { path: '/accounts', token: await other.accessToken({ expiresIn: 3600 }) };
      expect(await send(request)).toMatchObject({ status: 200 });
      for (const one of [server, other]) one.setUnavailable(true);
      expect(await send({ path: '/accounts', token: await server.accessToken() })).toEqual(unavailable(1));
      const { keyRequests } = other;
      // old enough to be asked for again behind this request
      pass(500);
      expect(await send(request)).toMatchObject({ status: 200 });
      for (let turns = 0; turns < 1000 && failing.mock.calls.length < 2; turns += 1) await new Promise(setImmediate);
      expect(other.keyRequests).toBe(keyRequests + 1);
      expect(failing).toHaveBeenCalledTimes(2);
      await new Promise(setImmediate);
      expect(rejected).not.toHaveBeenCalled();
    } finally {
      process.off('unhandledRejection', rejected);
    }
  });

  it('known keys keep working, challenges included', async () => {
    expect(await send({ path: '/accounts', token: await server.accessToken() })).toMatchObject({ status: 200 });
    server.setUnavailable(true);
    const scope = 'transfer:write';
    const weak = await send({ path: '/transfer', token: await server.accessToken({ acr: 'pwd', scope }) });
    expect(weak).toEqual(challenged({ acrValues: ['urn:example:mfa'], maxAge: 300, reasons: ['acr_unmet'] }));
    const token = await server.accessToken({ acr: 'urn:example:mfa', scope });
    expect(await send({ path: '/transfer', token })).toMatchObject({ status: 200 });
  });

  it('another authorization server is not concerned', async () => {
    server.setUnavailable(true);
    expect(await send({ path: '/accounts', token: await server.accessToken() })).toMatchObject({ status: 503 });
    expect(await send({ path: '/accounts', token: await other.accessToken() })).toMatchObject({ status: 200 });
  });

  it('requests are served again as soon as the time that was named is over', async () => {
    stopClock();
    server.setUnavailable(true);
    const request = { path: '/accounts', token: await server.accessToken() };
    expect(await send(request)).toMatchObject({ status: 503 });
    server.setUnavailable(false);
    expect(await send(request)).toEqual(unavailable(1));
    pass(1);
    expect(await send(request)).toMatchObject({ status: 200 });
  });
});
