import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Post, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { AccessTokenGuard, RequireAcr, SkipStepUp, StepUpContext, StepUpService } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { adapters, captureLog, type RunningApplication, startApplication } from '../../support/application.js';
import { stopClock } from '../../support/clock.js';

const MFA = 'urn:example:mfa';
const PWD = 'urn:example:pwd';
const CHALLENGE =
  'Bearer realm="api", error="insufficient_user_authentication", ' +
  'error_description="A different authentication is required", acr_values="urn:example:mfa", max_age="300"';
const TOO_OLD = CHALLENGE.replace('A different', 'More recent');
const NOT_ACTIVE = 'Bearer realm="api", error="invalid_token", error_description="The access token is not active"';
const seconds = () => Math.floor(Date.now() / 1000);

@Controller()
class BankController {
  constructor(private readonly stepUp: StepUpService) {}

  @Get('accounts')
  @UseGuards(AccessTokenGuard)
  accounts() {
    return {};
  }

  @Get('passport')
  @UseGuards(AuthGuard('jwt'))
  passport() {
    return {};
  }

  @Get('transfer')
  @RequireAcr('mfa', { maxAge: 300 })
  transfer() {
    return {};
  }

  @Get('by-words')
  @RequireAcr('mfa')
  byWords() {
    return {};
  }

  @Get('skipped')
  @SkipStepUp()
  skipped() {
    return {};
  }

  @Post('inside')
  @UseGuards(AccessTokenGuard)
  async inside(@StepUpContext() at: unknown) {
    const assessment = await this.stepUp.assess(at, 'mfa', { maxAge: 300 });
    await this.stepUp.require(at, 'mfa', { maxAge: 300 });
    return assessment;
  }
}

describe.each(adapters)('tokens that the authorization server is asked about, %s', (_, createAdapter) => {
  let server: TestAuthorizationServer;
  let application: RunningApplication;
  let log: ReturnType<typeof captureLog>;

  beforeEach(async () => {
    log = captureLog();
    server = await createTestAuthorizationServer();
  });
  afterEach(async () => {
    await application?.close();
    await server.close();
    log.restore();
  });

  async function start(when: 'opaque' | 'auth-time-missing' | 'always'): Promise<void> {
    const { issuer, audience, introspection } = server;
    application = await startApplication({
      createAdapter,
      controllers: [BankController],
      options: {
        authorizationServers: [{ issuer, audience, acr: { mfa: MFA }, introspection: { ...introspection, when } }],
      },
    });
  }
  const get = (path: string, token: string) => application.send(path, { token });

  describe('opaque tokens', () => {
    beforeEach(() => start('opaque'));

    it.each(['/accounts', '/passport', '/transfer', '/by-words', '/skipped'])(
      'RS-81 one with acr and auth_time opens %s, for one question',
      async (path) => {
        const token = server.opaqueToken({ acr: MFA });
        expect((await get(path, token)).status).toBe(200);
        expect((await get(path, token)).status).toBe(200);
        expect(server.introspectionRequests).toBe(1);
      },
    );

    it('RS-81 one whose acr is not enough is challenged', async () => {
      const answer = await get('/transfer', server.opaqueToken({ acr: PWD }));
      expect([answer.status, answer.challenges]).toEqual([401, [CHALLENGE]]);
    });

    it('RS-83 the answer is remembered, the verdict is not: the age is judged at every use', async () => {
      const token = server.opaqueToken({ acr: MFA, authTime: seconds() - 290 });
      expect((await get('/transfer', token)).status).toBe(200);
      stopClock(Date.now() + 20_000);
      const answer = await get('/transfer', token);
      jest.useRealTimers();
      expect([answer.status, answer.challenges]).toEqual([401, [TOO_OLD]]);
      expect(server.introspectionRequests).toBe(1);
    });

    it('RS-80 one that is revoked is invalid_token, and requirements are not shown', async () => {
      const token = server.opaqueToken({ acr: MFA });
      server.revoke(token);
      for (const path of ['/transfer', '/passport']) {
        const answer = await get(path, token);
        expect([answer.status, answer.challenges]).toEqual([401, [NOT_ACTIVE]]);
      }
    });

    it('one of a client without a user is 403, as nobody could step up', async () => {
      const claims = { sub: undefined, auth_time: undefined, acr: undefined };
      const token = server.opaqueToken({ clientId: 'batch', claims });
      expect((await get('/skipped', token)).status).toBe(200);
      const answer = await get('/transfer', token);
      expect([answer.status, answer.challenges, answer.body['error']]).toEqual([403, [], 'access_denied']);
    });

    it('an outage is 503 with Retry-After and no challenge, while a known token keeps working', async () => {
      const known = server.opaqueToken({ acr: MFA });
      await get('/transfer', known);
      server.setUnavailable(true);
      const answer = await get('/transfer', server.opaqueToken({ acr: MFA }));
      expect([answer.status, answer.challenges, answer.headers['retry-after']]).toEqual([503, [], ['1']]);
      expect((await get('/transfer', known)).status).toBe(200);
    });

    it('a JWT is verified here and nobody is asked', async () => {
      expect((await get('/transfer', await server.accessToken({ acr: MFA }))).status).toBe(200);
      expect((await get('/transfer', await server.accessToken({ acr: MFA, authTime: null }))).status).toBe(401);
      expect(server.introspectionRequests).toBe(0);
    });

    it('nothing of a token gets into the log', async () => {
      const token = server.opaqueToken({ acr: PWD, subject: 'alice-in-the-log' });
      await get('/transfer', token);
      server.setUnavailable(true);
      const other = server.opaqueToken({ acr: PWD });
      await get('/transfer', other);
      for (const secret of [token, other, 'alice-in-the-log', server.introspection.clientSecret]) {
        expect(log.lines.join('\n')).not.toContain(secret);
      }
    });
  });

  describe("'auth-time-missing'", () => {
    beforeEach(() => start('auth-time-missing'));
    /** A JWT that says less than the server knows. */
    async function lacking(): Promise<string> {
      return server.accessToken({ acr: MFA, authTime: null });
    }

    it.each(['/accounts', '/by-words', '/skipped'])('asks nobody for %s, where no age is required', async (path) => {
      expect((await get(path, await lacking())).status).toBe(200);
      expect(server.introspectionRequests).toBe(0);
    });

    it('asks once where maxAge is required, and challenges when the server does not know either', async () => {
      const token = await lacking();
      const answer = await get('/transfer', token);
      expect([answer.status, answer.challenges, answer.body['reasons']]).toEqual([
        401,
        [TOO_OLD],
        ['auth_time_missing'],
      ]);
      await get('/transfer', token);
      expect(server.introspectionRequests).toBe(1);
    });

    it('a token revoked meanwhile is invalid_token', async () => {
      const token = await lacking();
      server.revoke(token);
      expect((await get('/accounts', token)).status).toBe(200);
      const answer = await get('/transfer', token);
      expect([answer.status, answer.challenges]).toEqual([401, [NOT_ACTIVE]]);
    });

    it('an outage is 503 where the answer is needed', async () => {
      const token = await lacking();
      expect((await get('/accounts', token)).status).toBe(200);
      server.setUnavailable(true);
      const answer = await get('/transfer', token);
      expect([answer.status, answer.challenges]).toEqual([503, []]);
      expect((await application.send('/inside', { method: 'POST', token })).status).toBe(503);
    });

    it('an opaque token is refused', async () => {
      expect((await get('/transfer', server.opaqueToken({ acr: MFA }))).status).toBe(401);
      expect(server.introspectionRequests).toBe(0);
    });
  });

  describe("'always'", () => {
    beforeEach(() => start('always'));

    it('a JWT that is revoked is noticed, when the last answer has run out', async () => {
      const token = await server.accessToken({ acr: MFA });
      expect((await get('/transfer', token)).status).toBe(200);
      server.revoke(token);
      stopClock(Date.now() + 60_000);
      const answer = await get('/transfer', token);
      jest.useRealTimers();
      expect([answer.status, answer.challenges]).toEqual([401, [NOT_ACTIVE]]);
    });

    it('an opaque token is accepted as well', async () => {
      expect((await get('/transfer', server.opaqueToken({ acr: MFA }))).status).toBe(200);
    });

    it('assess() and require() see what the server said', async () => {
      const token = server.opaqueToken({ acr: MFA });
      const answer = await application.send('/inside', { method: 'POST', token });
      expect([answer.status, answer.body]).toEqual([201, { met: true }]);
    });
  });
});

describe("'auth-time-missing' with a server that knows", () => {
  it.each(adapters)('lets through at the route and inside the handler, %s', async (_, createAdapter) => {
    const log = captureLog();
    const server = await createTestAuthorizationServer();
    const { issuer, audience } = server;
    const token = await server.accessToken({ acr: MFA, authTime: null });
    // the test server says in answers no more than is in its tokens
    const endpoint = createServer((_request, response) => {
      response.end(JSON.stringify({ active: true, sub: 'alice', auth_time: seconds() - 10 }));
    });
    await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
    const { port } = endpoint.address() as AddressInfo;
    const introspection = {
      endpoint: `http://127.0.0.1:${port}/`,
      clientId: 'api',
      clientSecret: 's3cret',
      when: 'auth-time-missing' as const,
    };
    const application = await startApplication({
      createAdapter,
      controllers: [BankController],
      options: { authorizationServers: [{ issuer, audience, acr: { mfa: MFA }, introspection }] },
    });
    const transfer = await application.send('/transfer', { token });
    const inside = await application.send('/inside', { method: 'POST', token });
    await application.close();
    await Promise.all([server.close(), new Promise((resolve) => endpoint.close(resolve))]);
    log.restore();
    expect([transfer.status, inside.status, inside.body]).toEqual([200, 201, { met: true }]);
  });
});

it("'existing' has no use for introspection, as another verifies the tokens", async () => {
  const starting = startApplication({
    createAdapter: adapters[0][1],
    controllers: [],
    options: {
      passport: 'existing',
      authorizationServers: [
        {
          issuer: 'https://as.example',
          audience: 'https://api.example',
          introspection: { clientId: 'api', clientSecret: 's3cret' },
        },
      ],
    },
  });
  await expect(starting).rejects.toThrow(
    new TypeError('"introspection" has no effect with "passport": \'existing\'; your strategy verifies the tokens'),
  );
});
