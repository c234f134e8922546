import { Controller, Get } from '@nestjs/common';
import { parseChallenges, RequireAcr } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { adapters, captureLog, type RunningApplication, startApplication } from '../../support/application.js';

const acrValues = ['urn:z:phr', 'https://as.example/acr?levels=2,3', 'mfa', 'urn:a:pwd;LOA=1'];

@Controller()
@RequireAcr('class', { maxAge: 60, scope: 'openid' })
class BankController {
  @Get('nearest')
  @RequireAcr('handler', { maxAge: 900 })
  nearest() {}

  @Get('class')
  fromClass() {}
}

@Controller()
class PlainController {
  @Get('list')
  @RequireAcr(acrValues)
  list() {}

  @Get('age')
  @RequireAcr({ maxAge: 300 })
  age() {}

  @Get('now')
  @RequireAcr({ maxAge: 0 })
  now() {}
}

const realm = 'the "bank", \\ or error="none"';
const now = () => Math.floor(Date.now() / 1000);

describe.each(adapters)('faults known from other implementations, %s', (_, createAdapter) => {
  let server: TestAuthorizationServer;
  let application: RunningApplication;
  let log: ReturnType<typeof captureLog>;

  beforeAll(async () => {
    log = captureLog();
    server = await createTestAuthorizationServer();
    application = await startApplication({
      createAdapter,
      controllers: [BankController, PlainController],
      options: { authorizationServers: [{ issuer: server.issuer, audience: server.audience }], realm },
    });
  });
  afterAll(async () => {
    log.restore();
    await application?.close();
    await server?.close();
  });

  const ask = async (path: string, claims: Parameters<TestAuthorizationServer['accessToken']>[0]) =>
    application.send(path, { token: await server.accessToken(claims) });

  it('RS-09 acr_values are not joined with commas, nor sorted', async () => {
    const { challenges, body } = await ask('/list', { acr: 'none' });
    expect(parseChallenges(challenges)[0]?.parameters['acr_values']).toBe(acrValues.join(' '));
    expect(body['acr_values']).toBe(acrValues.join(' '));
  });

  it.each(acrValues)('RS-40 any one of the acr values is enough: %s', async (acr) => {
    expect((await ask('/list', { acr })).status).toBe(200);
  });

  it.each(['mfa-lite', 'MFA', 'mf', 'urn:z:phr mfa', acrValues.join(' '), ''])(
    'RS-40 nothing else is: %j',
    async (acr) => {
      expect((await ask('/list', { acr })).body['reasons']).toEqual(['acr_unmet']);
    },
  );

  it.each([[['mfa']], [{ mfa: true }], [2], [true], [null]])('RS-42 nor is an acr of another type: %j', async (acr) => {
    const answer = await ask('/list', { acr });
    expect([answer.status, answer.body['reasons']]).toEqual([401, ['acr_missing']]);
  });

  it('RS-21 URNs and URLs are quoted, so that the field can be read', async () => {
    const { challenges } = await ask('/list', { acr: 'none' });
    expect(challenges[0]).toContain(', acr_values="urn:z:phr https://as.example/acr?levels=2,3 mfa urn:a:pwd;LOA=1"');
    const onDeviation = jest.fn();
    expect(parseChallenges(challenges, { onDeviation })).toHaveLength(1);
    expect(onDeviation).not.toHaveBeenCalled();
  });

  it('RS-19 quotes and backslashes are escaped', async () => {
    const { challenges } = await application.send('/list');
    expect(challenges).toEqual(['Bearer realm="the \\"bank\\", \\\\ or error=\\"none\\""']);
    expect(parseChallenges(challenges)).toEqual([{ scheme: 'Bearer', parameters: { realm } }]);
  });

  it.each(['/list', '/age', '/class'])(
    'RS-25 a request without Authorization header crashes nothing: %s',
    async (path) => {
      const answer = await application.send(path);
      expect([answer.status, answer.body]).toEqual([401, { statusCode: 401, message: 'Unauthorized' }]);
    },
  );

  it('RS-54 iat does not stand in for auth_time', async () => {
    const answer = await ask('/age', { authTime: null });
    expect([answer.status, answer.body['reasons']]).toEqual([401, ['auth_time_missing']]);
  });

  it('RS-54 a token issued just now does not make a sign-in recent', async () => {
    const answer = await ask('/age', { authTime: now() - 900, claims: { iat: now() } });
    expect([answer.status, answer.body['reasons']]).toEqual([401, ['authentication_too_old']]);
  });

  it('RS-55 a request that was let through makes no later one recent', async () => {
    expect((await ask('/age', {})).status).toBe(200);
    expect((await ask('/age', { authTime: now() - 900 })).status).toBe(401);
  });

  it('RS-11 a max_age of zero is neither dropped nor met by an old sign-in', async () => {
    const { challenges, body } = await ask('/now', { authTime: now() - 60 });
    expect(parseChallenges(challenges)[0]?.parameters['max_age']).toBe('0');
    expect(body['max_age']).toBe(0);
    expect((await ask('/now', {})).status).toBe(200);
  });

  it.each([
    ['RS-48 an hour ahead', () => now() + 3600, 'auth_time_in_future'],
    ['RS-49 in milliseconds', () => Date.now(), 'auth_time_invalid'],
    ['RS-49 in milliseconds, of the year 1975', () => 160_000_000_000, 'auth_time_invalid'],
    ['RS-51 as a string', () => String(now()), 'auth_time_invalid'],
    ['before 1970', () => -1, 'auth_time_invalid'],
    ['in a list', () => [now()], 'auth_time_invalid'],
  ])('an auth_time does not count %s', async (_, authTime, reason) => {
    const answer = await ask('/age', { authTime: authTime() });
    expect([answer.status, answer.body['reasons']]).toEqual([401, [reason]]);
  });

  it('what a handler requires wins over what its class requires', async () => {
    expect((await ask('/nearest', { acr: 'handler', authTime: now() - 600 })).status).toBe(200);
    const { body } = await ask('/nearest', { acr: 'class' });
    expect(body).toMatchObject({ acr_values: 'handler', max_age: 900, reasons: ['acr_unmet'] });
    expect((await ask('/class', { acr: 'class' })).status).toBe(200);
    expect((await ask('/class', { acr: 'handler' })).body).toMatchObject({ acr_values: 'class', max_age: 60 });
  });
});
