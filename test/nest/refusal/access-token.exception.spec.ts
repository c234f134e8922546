import { Controller, Get, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import {
  AccessTokenGuard,
  InsufficientUserAuthenticationException,
  RequireAcr,
  StepUpContext,
  StepUpService,
} from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { adapters, captureLog, type RunningApplication, startApplication } from '../../support/application.js';

@Controller()
class BankController {
  constructor(private readonly stepUp: StepUpService) {}

  @Get('accounts')
  @UseGuards(AccessTokenGuard)
  accounts() {}

  @Get('passport')
  @UseGuards(AuthGuard('jwt'))
  passport() {}

  @Get('transfer')
  @RequireAcr('mfa', { maxAge: 300, scope: 'transfer:write' })
  transfer() {}

  @Get('passkey')
  @RequireAcr('phr')
  passkey() {}

  @Get('caught')
  @UseGuards(AccessTokenGuard)
  async caught(@StepUpContext() at: unknown) {
    try {
      await this.stepUp.require(at, ['phr', 'mfa'], { maxAge: 0 });
    } catch (error) {
      if (!(error instanceof InsufficientUserAuthenticationException)) throw error;
      const { name, message, extensions, challenge } = error;
      return { name, message, status: error.getStatus(), response: error.getResponse(), extensions, challenge };
    }
    return {};
  }
}

describe.each(adapters)('status codes, %s', (_, createAdapter) => {
  let server: TestAuthorizationServer;
  let other: TestAuthorizationServer;
  let application: RunningApplication;
  let log: ReturnType<typeof captureLog>;

  beforeAll(async () => {
    log = captureLog();
    server = await createTestAuthorizationServer();
    other = await createTestAuthorizationServer();
    application = await startApplication({
      createAdapter,
      controllers: [BankController],
      options: {
        authorizationServers: [
          {
            issuer: server.issuer,
            audience: server.audience,
            acr: { mfa: 'urn:example:mfa', phr: 'urn:example:phr' },
            profile: { clientCredentialsClaims: { idtyp: 'app' } },
          },
          { issuer: other.issuer, audience: other.audience, acr: { mfa: 'urn:other:mfa' } },
        ],
      },
    });
  });
  afterAll(async () => {
    log.restore();
    await application?.close();
    await server?.close();
    await other?.close();
  });

  describe('403 where a challenge would send the client in a circle', () => {
    const scope = 'transfer:write';
    const machine = { authTime: null, subject: 'batch', clientId: 'batch' };
    const noUser = 'No user has authenticated for this token, so none can step up';

    it.each([
      ['RS-56 sub is client_id', machine],
      ['sub is azp', { ...machine, clientId: 'other', claims: { azp: 'batch' } }],
      ['sub is cid', { ...machine, clientId: 'other', claims: { cid: 'batch' } }],
      ['the scope lacks as well', { ...machine, scope: 'openid' }],
      ['the profile tells, whatever acr and auth_time say', { acr: 'urn:example:mfa', claims: { idtyp: 'app' } }],
    ])('a token without a user: %s', async (_, claims) => {
      const answer = await application.send('/transfer', { token: await server.accessToken({ scope, ...claims }) });
      expect(answer.status).toBe(403);
      expect(answer.challenges).toEqual([]);
      expect(answer.body).toEqual({ error: 'access_denied', error_description: noUser });
      expect(answer.headers['content-type']).toEqual(['application/json; charset=utf-8']);
    });

    it.each([
      ['sub is somebody else', { ...machine, subject: 'alice' }, ['acr_missing', 'auth_time_missing']],
      ['there is an acr', { ...machine, acr: 'urn:example:pwd' }, ['acr_unmet', 'auth_time_missing']],
      ['there is an auth_time', { ...machine, authTime: 1 }, ['acr_missing', 'authentication_too_old']],
    ])('but a challenge where a user can be behind it: %s', async (_, claims, reasons) => {
      const answer = await application.send('/transfer', { token: await server.accessToken({ scope, ...claims }) });
      expect(answer.status).toBe(401);
      expect(answer.body).toMatchObject({ error: 'insufficient_user_authentication', reasons });
    });

    it('a token issued to somebody acting for the user, however well authenticated', async () => {
      const claims = { scope, acr: 'urn:example:mfa', claims: { act: { sub: 'support' } } };
      const answer = await application.send('/transfer', { token: await server.accessToken(claims) });
      expect(answer.status).toBe(403);
      expect(answer.challenges).toEqual([]);
      expect(answer.body).toEqual({
        error: 'access_denied',
        error_description: 'Tokens issued to somebody acting for the user are not accepted here',
      });
      const elsewhere = await application.send('/accounts', { token: await server.accessToken(claims) });
      expect(elsewhere.status).toBe(200);
    });

    it('a token of an issuer that knows none of the words', async () => {
      const answer = await application.send('/passkey', { token: await other.accessToken({ acr: 'urn:other:mfa' }) });
      expect(answer.status).toBe(403);
      expect(answer.challenges).toEqual([]);
      expect(answer.body).toEqual({
        error: 'access_denied',
        error_description: 'The authorization server of this token offers no sufficient authentication',
      });
    });
  });

  it('challenges each issuer in its own strings', async () => {
    for (const [issuer, acrValues] of [
      [server, 'urn:example:mfa'],
      [other, 'urn:other:mfa'],
    ] as const) {
      const answer = await application.send('/transfer', {
        token: await issuer.accessToken({ acr: 'pwd', scope: 'transfer:write' }),
      });
      expect(answer.body['acr_values']).toBe(acrValues);
    }
  });

  it.each([
    ['no token', () => ({}), 401],
    ['another scheme', () => ({ headers: { authorization: 'Basic YTpi' } }), 401],
    ['garbage', () => ({ token: 'garbage' }), 401],
    ['two tokens', () => ({ headers: { authorization: ['Bearer a', 'Bearer b'] } }), 400],
    ['a token of the past', async () => ({ token: await server.accessToken({ expiresIn: -60 }) }), 401],
    ['a good token', async () => ({ token: await server.accessToken() }), 200],
  ])("plain AuthGuard('jwt') answers as AccessTokenGuard does: %s", async (_, sent, status) => {
    const send = await sent();
    const passport = await application.send('/passport', send);
    const guard = await application.send('/accounts', send);
    expect(passport.status).toBe(status);
    for (const answer of [passport, guard]) delete answer.headers['date'];
    expect(passport).toEqual(guard);
  });

  it('InsufficientUserAuthenticationException carries body, GraphQL form and challenge', async () => {
    const answer = await application.send('/caught', {
      token: await server.accessToken({ acr: 'urn:example:phr', authTime: 1 }),
    });
    const body = {
      error: 'insufficient_user_authentication',
      error_description: 'More recent authentication is required',
      acr_values: 'urn:example:phr urn:example:mfa',
      max_age: 0,
      reasons: ['authentication_too_old'],
    };
    expect(answer.body).toEqual({
      name: 'InsufficientUserAuthenticationException',
      message: 'More recent authentication is required',
      status: 401,
      response: body,
      extensions: { code: 'INSUFFICIENT_USER_AUTHENTICATION', ...body },
      challenge:
        'Bearer realm="api", error="insufficient_user_authentication", ' +
        'error_description="More recent authentication is required", ' +
        'acr_values="urn:example:phr urn:example:mfa", max_age="0"',
    });
  });
});
