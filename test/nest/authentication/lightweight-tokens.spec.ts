import { Get, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { AccessTokenGuard, type AuthorizationServerOptions, RequireAcr } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { logOfEachTest } from '../../support/application.js';
import { bootFailure, bootServer } from '../../support/boot.js';
import { challenged, invalidToken } from '../../support/challenged.js';
import { secondsAgo } from '../../support/clock.js';
import { describeOverHttp, type Send } from '../../support/describe-over-http.js';
import { handler, userHandler } from '../../support/handler.js';
import { JsonServer } from '../../token/json-server.js';

const MFA = 'urn:example:mfa';
const PWD = 'urn:example:pwd';
const required = { acrValues: [MFA], maxAge: 300 };

describeOverHttp('lightweight access tokens', ({ serve, log }) => {
  let server: TestAuthorizationServer;
  const endpoint = new JsonServer();
  let send: Send;
  beforeEach(async () => {
    [server] = await Promise.all([createTestAuthorizationServer(), endpoint.listen()]);
  });
  afterEach(() => Promise.all([server.close(), endpoint.close()]));

  async function serveWith(introspection: Partial<AuthorizationServerOptions['introspection']>) {
    const { issuer, audience } = server;
    send = await serve(
      [
        handler(Get('accounts'), UseGuards(AccessTokenGuard)),
        handler(Get('passport'), UseGuards(AuthGuard('jwt'))),
        userHandler(Get('me'), UseGuards(AccessTokenGuard)),
        handler(Get('transfer'), RequireAcr('mfa', { maxAge: 300 })),
      ],
      {
        authorizationServers: [
          {
            issuer,
            audience,
            profile: 'keycloak',
            acr: { mfa: MFA },
            introspection: {
              endpoint: `${endpoint.origin}/ask`,
              clientId: 'api',
              clientSecret: 's3cret',
              ...introspection,
            },
          },
        ],
      },
    );
  }

  const lightweight = (claims: Record<string, unknown> = {}) =>
    server.accessToken({
      authTime: null,
      header: { typ: 'JWT' },
      claims: { typ: 'Bearer', azp: 'page', client_id: undefined, sub: undefined, aud: undefined, ...claims },
    });
  const tells = (claims: Record<string, unknown> = {}) =>
    endpoint.json('/ask', {
      active: true,
      iss: server.issuer,
      aud: server.audience,
      sub: 'alice',
      azp: 'page',
      acr: MFA,
      auth_time: secondsAgo(9),
      ...claims,
    });
  const get = (path: string, token: string) => send({ path, token });

  it('SRV-5 is judged by what introspection tells, from the subject to the age of the sign-in', async () => {
    await serveWith({ lightweightTokens: true, cacheFor: 0 });
    tells();
    const token = await lightweight();
    expect(await get('/transfer', token)).toMatchObject({ status: 200 });
    expect(await get('/passport', token)).toMatchObject({ status: 200 });
    expect(await get('/me', token)).toMatchObject({ status: 200, body: { user: { sub: 'alice', azp: 'page' } } });

    tells({ acr: PWD });
    expect(await get('/transfer', await lightweight())).toEqual(challenged({ ...required, reasons: ['acr_unmet'] }));
    tells({ auth_time: secondsAgo(400) });
    const old = await lightweight({ iat: secondsAgo(100) });
    expect(await get('/transfer', old)).toEqual(challenged({ ...required, reasons: ['authentication_too_old'] }));
    tells({ acr: undefined, auth_time: undefined });
    expect(await get('/transfer', await lightweight())).toEqual(
      challenged({ ...required, reasons: ['acr_missing', 'auth_time_missing'] }),
    );
  });

  it.each<[what: string, claims: Record<string, unknown>, description: string, advice: string]>([
    [
      'no subject',
      { sub: undefined },
      'The authorization server says too little of the access token',
      'introspection tells no "sub" of a lightweight token',
    ],
    [
      'another client',
      { azp: 'other' },
      'The authorization server knows the access token as another one',
      'introspection tells another "client_id" than the token itself',
    ],
    [
      'another audience',
      { aud: 'other' },
      'The access token is for another audience',
      'a token is for the audience "other"',
    ],
  ])('SRV-5 is refused with one line in the log if introspection tells %s', async (_, claims, description, advice) => {
    await serveWith({ lightweightTokens: true });
    tells(claims);
    const token = await lightweight();
    for (const path of ['/accounts', '/transfer', '/passport'])
      expect(await get(path, token)).toEqual(invalidToken(description));
    expect(log.filter((line) => line.includes(advice))).toHaveLength(1);
    expect(log.join('\n')).not.toContain(token);
  });

  it('SRV-5 is 503 without a challenge while the server cannot be asked, also if its signature is remembered', async () => {
    await serveWith({ lightweightTokens: true, cacheFor: 0 });
    tells();
    const token = await lightweight();
    expect(await get('/accounts', token)).toMatchObject({ status: 200 });
    endpoint.text('/ask', '', 500);
    for (const path of ['/accounts', '/transfer', '/passport']) {
      const response = await get(path, token);
      expect(response).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
      expect(response.headers).not.toHaveProperty('www-authenticate');
    }
  });

  it('SRV-5 is refused without the option, and the log names it', async () => {
    await serveWith({ when: 'always' });
    tells();
    expect(await get('/accounts', await lightweight())).toEqual(
      invalidToken('The access token is for another audience'),
    );
    expect(await get('/accounts', await lightweight({ aud: server.audience }))).toEqual(
      invalidToken('The access token has no subject'),
    );
    expect(endpoint.requests).toEqual([]);
    const named = log.filter((line) => line.includes('"introspection.lightweightTokens"'));
    expect(named.map((line) => /\[(\w+)\]/.exec(line)?.[1])).toEqual(['audience_mismatch', 'sub_missing']);
  });
});

describe('"lightweightTokens"', () => {
  logOfEachTest();

  it("has no use with 'existing', as introspection has none", async () => {
    const introspection = { clientId: 'api', clientSecret: 's3cret', lightweightTokens: true };
    const authorizationServers = [{ ...bootServer, introspection }];
    expect(await bootFailure({ options: { passport: 'existing', authorizationServers } })).toEqual(
      new TypeError('"introspection" has no effect with "passport": \'existing\'; your strategy verifies the tokens'),
    );
  });
});
