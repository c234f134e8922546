import { Controller, Get, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { AccessTokenGuard, RequireAcr } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { adapters, captureLog, type RunningApplication, startApplication } from '../../support/application.js';
import { stopClock } from '../../support/clock.js';

@Controller()
class BankController {
  @Get('accounts')
  @UseGuards(AccessTokenGuard)
  accounts() {}

  @Get('passport')
  @UseGuards(AuthGuard('jwt'))
  passport() {}

  @Get('transfer')
  @RequireAcr('mfa', { maxAge: 300, scope: 'transfer:write' })
  transfer() {}
}

describe.each(adapters)('503 in an outage of the authorization server, %s', (_, createAdapter) => {
  let server: TestAuthorizationServer;
  let other: TestAuthorizationServer;
  let application: RunningApplication;
  let log: ReturnType<typeof captureLog>;

  beforeEach(async () => {
    log = captureLog();
    server = await createTestAuthorizationServer();
    other = await createTestAuthorizationServer();
    application = await startApplication({
      createAdapter,
      controllers: [BankController],
      options: {
        authorizationServers: [
          { issuer: server.issuer, audience: server.audience, acr: { mfa: 'urn:example:mfa' } },
          { issuer: other.issuer, audience: other.audience, acr: { mfa: 'urn:other:mfa' } },
        ],
      },
    });
  });
  afterEach(async () => {
    jest.useRealTimers();
    log.restore();
    await application?.close();
    await server?.close();
    await other?.close();
  });

  const unavailable = {
    error: 'temporarily_unavailable',
    error_description: 'The authorization server cannot be reached',
  };

  it.each(['/accounts', '/transfer', '/passport'])('a token whose key is not known: %s', async (path) => {
    stopClock();
    server.setUnavailable(true);
    const answer = await application.send(path, { token: await server.accessToken() });
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toEqual(['10']);
    expect(answer.challenges).toEqual([]);
    expect(answer.body).toEqual(unavailable);
  });

  it.each([
    ['no token', () => ({}), undefined],
    ['garbage', () => ({ token: 'garbage' }), 'The access token is not a signed JWT'],
    [
      'an expired token',
      async () => ({ token: await server.accessToken({ expiresIn: -60 }) }),
      'The access token has expired',
    ],
    [
      'an unknown issuer',
      async () => ({ token: await server.accessToken({ claims: { iss: 'https://other.example' } }) }),
      'The issuer of the access token is not known',
    ],
    [
      'another audience',
      async () => ({ token: await server.accessToken({ claims: { aud: 'https://other.example' } }) }),
      'The access token is meant for another audience',
    ],
  ])('but 401 as ever: %s', async (_, sent, description) => {
    server.setUnavailable(true);
    const error = description === undefined ? '' : `, error="invalid_token", error_description="${description}"`;
    for (const path of ['/accounts', '/transfer', '/passport']) {
      const answer = await application.send(path, await sent());
      expect([answer.status, answer.challenges]).toEqual([401, [`Bearer realm="api"${error}`]]);
      expect(answer.headers).not.toHaveProperty('retry-after');
    }
    expect(server.keyRequests).toBe(0);
  });

  it('known keys keep working, challenges included', async () => {
    expect((await application.send('/accounts', { token: await server.accessToken() })).status).toBe(200);
    server.setUnavailable(true);
    const step = await application.send('/transfer', { token: await server.accessToken({ acr: 'pwd' }) });
    expect(step.body['error']).toBe('insufficient_user_authentication');
    const acr = 'urn:example:mfa';
    const enough = await application.send('/transfer', {
      token: await server.accessToken({ acr, scope: 'transfer:write' }),
    });
    expect(enough.status).toBe(200);
  });

  it('the other authorization server is not concerned', async () => {
    server.setUnavailable(true);
    expect((await application.send('/accounts', { token: await server.accessToken() })).status).toBe(503);
    expect((await application.send('/accounts', { token: await other.accessToken() })).status).toBe(200);
  });

  it('goes on as soon as the time it named is over', async () => {
    stopClock();
    server.setUnavailable(true);
    const token = await server.accessToken();
    expect((await application.send('/accounts', { token })).status).toBe(503);
    server.setUnavailable(false);
    jest.setSystemTime(Date.now() + 4_000);
    const waiting = await application.send('/accounts', { token });
    expect([waiting.status, waiting.headers['retry-after']]).toEqual([503, ['6']]);
    jest.setSystemTime(Date.now() + 6_000);
    expect((await application.send('/accounts', { token })).status).toBe(200);
  });
});
