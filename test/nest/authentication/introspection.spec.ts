import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, type ExecutionContext, Get, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import {
  AccessTokenGuard,
  type AuthorizationServerOptions,
  RequireAcr,
  SkipStepUp,
  StepUpContext,
  StepUpService,
} from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { logOfEachTest } from '../../support/application.js';
import { bootFailure, bootServer } from '../../support/boot.js';
import { accessDenied, challenged, invalidToken } from '../../support/challenged.js';
import { secondsAgo, stopClock } from '../../support/clock.js';
import { describeOverHttp, type Response, type Send } from '../../support/describe-over-http.js';
import { handler } from '../../support/handler.js';

const MFA = 'urn:example:mfa';
const PWD = 'urn:example:pwd';
const required = { acrValues: [MFA], maxAge: 300 };
const notActive = invalidToken('The access token is not active');
const unavailable: Response = {
  status: 503,
  headers: { 'content-type': ['application/json; charset=utf-8'], 'retry-after': ['1'] },
  body: { error: 'temporarily_unavailable', error_description: 'The authorization server cannot be reached' },
};

@Controller()
class InsideController {
  constructor(private readonly stepUp: StepUpService) {}

  @Get('inside')
  @UseGuards(AccessTokenGuard)
  async inside(@StepUpContext() at: ExecutionContext) {
    const assessment = await this.stepUp.assess(at, 'mfa', { maxAge: 300 });
    await this.stepUp.require(at, 'mfa', { maxAge: 300 });
    return assessment;
  }
}

describeOverHttp('tokens that the authorization server is asked about', ({ serve, log }) => {
  let server: TestAuthorizationServer;
  let send: Send;
  beforeEach(async () => {
    server = await createTestAuthorizationServer();
  });
  afterEach(async () => {
    jest.useRealTimers();
    await server.close();
  });

  async function serveAsking(introspection: AuthorizationServerOptions['introspection']) {
    const { issuer, audience } = server;
    send = await serve(
      [
        handler(Get('accounts'), UseGuards(AccessTokenGuard)),
        handler(Get('passport'), UseGuards(AuthGuard('jwt'))),
        handler(Get('transfer'), RequireAcr('mfa', { maxAge: 300 })),
        handler(Get('by-words'), RequireAcr('mfa')),
        handler(Get('skipped'), SkipStepUp()),
        InsideController,
      ],
      { authorizationServers: [{ issuer, audience, acr: { mfa: MFA }, introspection }] },
    );
  }
  const get = (path: string, token: string) => send({ path, token });

  describe('opaque tokens', () => {
    beforeEach(() => serveAsking({ ...server.introspection, when: 'opaque' }));

    it.each(['/accounts', '/passport', '/transfer', '/by-words', '/skipped'])(
      'RS-81 an opaque token with acr and auth_time opens %s, for one question',
      async (path) => {
        const token = server.opaqueToken({ acr: MFA });
        expect(await get(path, token)).toMatchObject({ status: 200 });
        expect(await get(path, token)).toMatchObject({ status: 200 });
        expect(server.introspectionRequests).toBe(1);
      },
    );

    it('RS-81 an opaque token whose acr is not enough is challenged', async () => {
      const response = await get('/transfer', server.opaqueToken({ acr: PWD }));
      expect(response).toEqual(challenged({ ...required, reasons: ['acr_unmet'] }));
    });

    it('RS-83 the response is remembered, the verdict is not: the age is judged at every use', async () => {
      const token = server.opaqueToken({ acr: MFA, authTime: secondsAgo(290) });
      expect(await get('/transfer', token)).toMatchObject({ status: 200 });
      stopClock(Date.now() + 20_000);
      expect(await get('/transfer', token)).toEqual(challenged({ ...required, reasons: ['authentication_too_old'] }));
      expect(server.introspectionRequests).toBe(1);
    });

    it('RS-80 a revoked opaque token is invalid_token, and requirements are not shown', async () => {
      const token = server.opaqueToken({ acr: MFA });
      server.revoke(token);
      expect(await get('/transfer', token)).toEqual(notActive);
      expect(await get('/passport', token)).toEqual(notActive);
    });

    it('an opaque token of a client without a user is 403, as nobody could step up', async () => {
      const claims = { sub: undefined, auth_time: undefined, acr: undefined };
      const token = server.opaqueToken({ clientId: 'batch', claims });
      expect(await get('/skipped', token)).toMatchObject({ status: 200 });
      expect(await get('/transfer', token)).toEqual(
        accessDenied('No user has authenticated for this token, so none can step up'),
      );
    });

    it('an outage is 503 with Retry-After and no challenge, while a known token keeps working', async () => {
      const known = server.opaqueToken({ acr: MFA });
      await get('/transfer', known);
      server.setUnavailable(true);
      expect(await get('/transfer', server.opaqueToken({ acr: MFA }))).toEqual(unavailable);
      expect(await get('/transfer', known)).toMatchObject({ status: 200 });
    });

    it('a JWT is verified here and nobody is asked', async () => {
      expect(await get('/transfer', await server.accessToken({ acr: MFA }))).toMatchObject({ status: 200 });
      const withoutTime = await server.accessToken({ acr: MFA, authTime: null });
      expect(await get('/transfer', withoutTime)).toMatchObject({ status: 401 });
      expect(server.introspectionRequests).toBe(0);
    });

    it('nothing of a token gets into the log', async () => {
      const token = server.opaqueToken({ acr: PWD, subject: 'alice-in-the-log' });
      await get('/transfer', token);
      server.setUnavailable(true);
      const other = server.opaqueToken({ acr: PWD });
      await get('/transfer', other);
      for (const secret of [token, other, 'alice-in-the-log', server.introspection.clientSecret]) {
        expect(log.join('\n')).not.toContain(secret);
      }
    });
  });

  it.each<[what: string, claims: Record<string, unknown>, profile: object, line: string]>([
    [
      'no audience',
      { aud: undefined },
      {},
      'a token is for the audience none, and "audience" is "https://api.example"; have the server return "aud" of opaque ' +
        'tokens; if it returns tokens of this API alone, say so by "absentClaims" of the profile',
    ],
    [
      'no audience, where JWTs have it in their scope',
      { aud: undefined },
      { audienceIn: 'scope' },
      'a token is for the audience none, and "audience" is "https://api.example"; have the server return "aud" of opaque ' +
        'tokens; if it returns tokens of this API alone, say so by "absentClaims" of the profile',
    ],
    [
      'no subject',
      { sub: undefined, client_id: undefined },
      {},
      'introspection tells neither "sub" nor "username"; have the server return one of them',
    ],
    [
      'nothing that marks an access token',
      { token_type: undefined, scope: undefined },
      {},
      'introspection does not mark a token as an access token: "token_type"; send the access token; if it is one, have the ' +
        'server return "token_type": "Bearer" or the scope',
    ],
  ])('a response with %s is told of once, with what the server has to return', async (_, claims, profile, line) => {
    const { issuer, audience, introspection } = server;
    send = await serve(handler(Get('accounts'), UseGuards(AccessTokenGuard)), {
      authorizationServers: [{ issuer, audience, introspection, profile }],
    });
    for (const token of [1, 2, 3].map(() => server.opaqueToken({ claims: claims }))) {
      expect(await get('/accounts', token)).toMatchObject({ status: 401 });
    }
    const advised = log.filter((one) => one.includes(issuer) && one.includes(': ') && /^\[(?!routes)/.test(one));
    expect(advised.map((one) => one.slice(one.indexOf(issuer) + issuer.length + 2))).toEqual([line]);
  });

  it.each([
    ['client_secret_basic', '; if they are right, set "introspection.clientAuthentication" to \'client_secret_post\''],
    ['client_secret_post', '; if they are right, set "introspection.clientAuthentication" to \'client_secret_basic\''],
  ] as const)(
    'SRV-8 credentials that the server refuses by %s are told of once, with the other way',
    async (method, fix) => {
      await serveAsking({ ...server.introspection, clientSecret: 'another', clientAuthentication: method });
      for (const token of [server.opaqueToken(), server.opaqueToken(), server.opaqueToken()]) {
        expect(await get('/accounts', token)).toMatchObject({ status: 503 });
      }
      const told = log.filter((line) => line.includes('"introspection.clientId"'));
      expect(told).toEqual([expect.stringContaining(`that the client may introspect tokens${fix}`)]);
      expect(log.join('\n')).not.toContain('another');
    },
  );

  describe("'auth-time-missing'", () => {
    beforeEach(() => serveAsking({ ...server.introspection, when: 'auth-time-missing' }));
    /** A JWT that says less than the server knows. */
    const lacking = () => server.accessToken({ acr: MFA, authTime: null });

    it.each(['/accounts', '/by-words', '/skipped'])('nobody is asked for %s, which requires no age', async (path) => {
      expect(await get(path, await lacking())).toMatchObject({ status: 200 });
      expect(server.introspectionRequests).toBe(0);
    });

    it('the server is asked once if maxAge is required, and a challenge follows if it does not know either', async () => {
      const token = await lacking();
      expect(await get('/transfer', token)).toEqual(challenged({ ...required, reasons: ['auth_time_missing'] }));
      await get('/transfer', token);
      expect(server.introspectionRequests).toBe(1);
    });

    it('a JWT revoked meanwhile is invalid_token', async () => {
      const token = await lacking();
      server.revoke(token);
      expect(await get('/accounts', token)).toMatchObject({ status: 200 });
      expect(await get('/transfer', token)).toEqual(notActive);
    });

    it('an outage is 503 if the response is needed', async () => {
      const token = await lacking();
      expect(await get('/accounts', token)).toMatchObject({ status: 200 });
      server.setUnavailable(true);
      expect(await get('/transfer', token)).toEqual(unavailable);
      expect(await get('/inside', token)).toMatchObject({ status: 503 });
    });

    it('an opaque token is refused', async () => {
      expect(await get('/transfer', server.opaqueToken({ acr: MFA }))).toMatchObject({ status: 401 });
      expect(server.introspectionRequests).toBe(0);
    });

    it('a JWT is let through at the route and inside the handler if the server knows its auth_time', async () => {
      // the test server says in responses no more than is in its tokens
      const endpoint = createServer((_request, response) => {
        response.end(JSON.stringify({ active: true, sub: 'alice', auth_time: secondsAgo(10) }));
      });
      await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
      await serveAsking({
        endpoint: `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/`,
        clientId: 'api',
        clientSecret: 's3cret',
        when: 'auth-time-missing',
      });
      const token = await lacking();
      const transfer = await get('/transfer', token);
      const inside = await get('/inside', token);
      await new Promise((resolve) => endpoint.close(resolve));
      expect(transfer).toMatchObject({ status: 200 });
      expect(inside).toMatchObject({ status: 200, body: { met: true } });
    });
  });

  describe("'always'", () => {
    beforeEach(() => serveAsking({ ...server.introspection, when: 'always' }));

    it('a JWT that is revoked is noticed, when the last response has run out', async () => {
      const token = await server.accessToken({ acr: MFA });
      expect(await get('/transfer', token)).toMatchObject({ status: 200 });
      server.revoke(token);
      stopClock(Date.now() + 60_000);
      expect(await get('/transfer', token)).toEqual(notActive);
    });

    it('an opaque token is accepted as well', async () => {
      expect(await get('/transfer', server.opaqueToken({ acr: MFA }))).toMatchObject({ status: 200 });
    });

    it('assess() and require() see what the server said', async () => {
      const response = await get('/inside', server.opaqueToken({ acr: MFA }));
      expect(response).toMatchObject({ status: 200, body: { met: true } });
    });
  });
});

describe("introspection with 'existing'", () => {
  logOfEachTest();

  it("'existing' has no use for introspection, as another verifies the tokens", async () => {
    const introspection = { clientId: 'api', clientSecret: 's3cret' };
    const authorizationServers = [{ ...bootServer, introspection }];
    expect(await bootFailure({ options: { passport: 'existing', authorizationServers } })).toEqual(
      new TypeError('"introspection" has no effect with "passport": \'existing\'; your strategy verifies the tokens'),
    );
  });
});
