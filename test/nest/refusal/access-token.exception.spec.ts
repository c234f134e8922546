import { Get, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { AccessTokenGuard, RequireAcr, type UnmetReason } from 'nestjs-step-up';
import {
  createTestAuthorizationServer,
  type TestAccessTokenOptions,
  type TestAuthorizationServer,
} from 'nestjs-step-up/testing';
import { accessDenied, challenged } from '../../support/challenged.js';
import { describeOverHttp, type Request, type Send } from '../../support/describe-over-http.js';
import { handler } from '../../support/handler.js';

describeOverHttp('the status of a refusal', ({ serve, accessToken, server }) => {
  let other: TestAuthorizationServer;
  let send: Send;
  beforeAll(async () => {
    other = await createTestAuthorizationServer();
    send = await serve(
      [
        handler(Get('accounts'), UseGuards(AccessTokenGuard)),
        handler(Get('passport'), UseGuards(AuthGuard('jwt'))),
        handler(Get('transfer'), RequireAcr('mfa', { maxAge: 300, scope: 'transfer:write' })),
        handler(Get('passkey'), RequireAcr('phr')),
      ],
      {
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
    );
  });
  afterAll(() => other?.close());

  const scope = 'transfer:write';
  const ofClient = { authTime: null, subject: 'batch', clientId: 'batch' };

  it.each<[what: string, token: TestAccessTokenOptions]>([
    ['RS-56 sub is client_id', ofClient],
    ['sub is azp', { ...ofClient, clientId: 'other', claims: { azp: 'batch' } }],
    ['sub is cid', { ...ofClient, clientId: 'other', claims: { cid: 'batch' } }],
    ['the scope lacks as well', { ...ofClient, scope: 'openid' }],
    ['the profile tells, whatever acr and auth_time say', { acr: 'urn:example:mfa', claims: { idtyp: 'app' } }],
  ])('a token without a user is answered 403, as no challenge would help: %s', async (_, token) => {
    const response = await send({ path: '/transfer', token: await accessToken({ scope, ...token }) });
    expect(response).toEqual(accessDenied('No user has authenticated for this token, so none can step up'));
  });

  it.each<[what: string, token: TestAccessTokenOptions, reasons: UnmetReason[]]>([
    ['sub is somebody else', { ...ofClient, subject: 'alice' }, ['acr_missing', 'auth_time_missing']],
    ['there is an acr', { ...ofClient, acr: 'urn:example:pwd' }, ['acr_unmet', 'auth_time_missing']],
    ['there is an auth_time', { ...ofClient, authTime: 1 }, ['acr_missing', 'authentication_too_old']],
  ])('a token that a user can be behind is answered with a challenge: %s', async (_, token, reasons) => {
    const response = await send({ path: '/transfer', token: await accessToken({ scope, ...token }) });
    expect(response).toEqual(challenged({ acrValues: ['urn:example:mfa'], maxAge: 300, reasons }));
  });

  it('a token issued to somebody acting for the user is answered 403, however well authenticated', async () => {
    const token = await accessToken({ scope, acr: 'urn:example:mfa', claims: { act: { sub: 'support' } } });
    expect(await send({ path: '/transfer', token })).toEqual(
      accessDenied('Tokens issued to somebody acting for the user are not accepted here'),
    );
    expect(await send({ path: '/accounts', token })).toMatchObject({ status: 200 });
  });

  it('a token of an issuer that knows none of the words is answered 403', async () => {
    const response = await send({ path: '/passkey', token: await other.accessToken({ acr: 'urn:other:mfa' }) });
    expect(response).toEqual(
      accessDenied('The authorization server of this token offers no sufficient authentication'),
    );
  });

  it('a token of each issuer is challenged in the strings of that issuer', async () => {
    const ours = await send({ path: '/transfer', token: await accessToken({ acr: 'pwd', scope }) });
    expect(ours).toMatchObject({ status: 401, body: { acr_values: 'urn:example:mfa' } });
    const theirs = await send({ path: '/transfer', token: await other.accessToken({ acr: 'pwd', scope }) });
    expect(theirs).toMatchObject({ status: 401, body: { acr_values: 'urn:other:mfa' } });
  });

  it.each<[sent: string, request: () => Request | Promise<Request>, status: number]>([
    ['no token', () => ({}), 401],
    ['another scheme', () => ({ headers: { authorization: 'Basic YTpi' } }), 401],
    ['garbage', () => ({ token: 'garbage' }), 401],
    ['two tokens', () => ({ headers: { authorization: ['Bearer a', 'Bearer b'] } }), 400],
    ['a token of the past', async () => ({ token: await accessToken({ expiresIn: -60 }) }), 401],
    ['a good token', async () => ({ token: await accessToken() }), 200],
  ])("a plain AuthGuard('jwt') answers as AccessTokenGuard does: %s", async (_, request, status) => {
    const sent = await request();
    const response = await send({ ...sent, path: '/passport' });
    expect(response.status).toBe(status);
    expect(response).toEqual(await send({ ...sent, path: '/accounts' }));
  });
});
