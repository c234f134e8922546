import { Controller, Get, UseGuards } from '@nestjs/common';
import { AccessTokenGuard, RequireAcr } from 'nestjs-step-up';
import {
  createTestAuthorizationServer,
  type TestAuthorizationServer,
} from '../../lib/testing/test-authorization-server.js';
import { adapters, captureLog, type RunningApplication, startApplication } from '../support/application.js';

@Controller()
class BankController {
  @Get('accounts')
  @UseGuards(AccessTokenGuard)
  accounts() {
    return ['current'];
  }

  @Get('transfer')
  @RequireAcr('mfa', { maxAge: 300 })
  transfer() {
    return { done: true };
  }
}

describe.each(adapters)('the six steps of RFC 9470 §2 at the resource server, %s', (_, createAdapter) => {
  let server: TestAuthorizationServer;
  let application: RunningApplication;
  const log = captureLog();

  beforeAll(async () => {
    server = await createTestAuthorizationServer();
    application = await startApplication({
      createAdapter,
      controllers: [BankController],
      options: {
        authorizationServers: [{ issuer: server.issuer, audience: server.audience, acr: { mfa: 'urn:example:mfa' } }],
      },
    });
  });
  afterAll(async () => {
    log.restore();
    await application?.close();
    await server?.close();
  });

  it('RS-25 answers a request without a token with a bare challenge', async () => {
    const answer = await application.send('/transfer');
    expect(answer.status).toBe(401);
    expect(answer.challenges).toEqual(['Bearer realm="api"']);
  });

  it('lets a signed-in user read', async () => {
    const answer = await application.send('/accounts', { token: await server.accessToken() });
    expect(answer.status).toBe(200);
  });

  it('RS-109 finds the token whatever the case of the field name and the scheme', async () => {
    const headers = { AUTHORIZATION: `bEARER ${await server.accessToken({ acr: 'urn:example:mfa' })}` };
    expect((await application.send('/transfer', { headers })).status).toBe(200);
  });

  it('RS-01 RS-05 challenges an authentication that is not enough', async () => {
    const answer = await application.send('/transfer', { token: await server.accessToken({ acr: 'urn:example:pwd' }) });
    expect(answer.status).toBe(401);
    expect(answer.challenges).toEqual([
      'Bearer realm="api", error="insufficient_user_authentication", ' +
        'error_description="A different authentication is required", acr_values="urn:example:mfa", max_age="300"',
    ]);
    expect(answer.body).toEqual({
      error: 'insufficient_user_authentication',
      error_description: 'A different authentication is required',
      acr_values: 'urn:example:mfa',
      max_age: 300,
      reasons: ['acr_unmet'],
    });
    expect(answer.headers['cache-control']).toEqual(['no-store']);
  });

  it('lets the stepped-up user through', async () => {
    const answer = await application.send('/transfer', { token: await server.accessToken({ acr: 'urn:example:mfa' }) });
    expect(answer.body).toEqual({ done: true });
  });
});
