import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Get, UseGuards } from '@nestjs/common';
import { AccessTokenGuard, type Advice, RequireAcr, StepUpService } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAccessTokenOptions } from 'nestjs-step-up/testing';
import { fittingProfile } from '../../../lib/authorization-servers/index.js';
import type { FurtherOptions } from '../../support/application.js';
import { pass, stopClock } from '../../support/clock.js';
import { describeOverHttp } from '../../support/describe-over-http.js';
import { handler } from '../../support/handler.js';
import { selfSigned } from '../../support/self-signed.js';
import { serverOfEachTest } from '../../token/json-server.js';

describeOverHttp('a setting that refuses everybody', ({ serve, accessToken, server, log }) => {
  const advised = () => log.filter((line) => /^\[(?!routes)/.test(line));
  afterEach(() => void jest.useRealTimers());

  /** What is wrong between tokens and options, in the words of the log. */
  interface Row {
    what: string;
    options?: () => FurtherOptions;
    token: TestAccessTokenOptions | string;
    line: () => string;
  }
  const at = () => server.issuer;
  const options = (more: object) => () => ({
    authorizationServers: [{ issuer: server.issuer, audience: server.audience, ...more }],
  });
  const examine = '"npx nestjs-step-up doctor" tells more';

  it.each<Row>([
    {
      what: 'RS-02 an issuer without its slash',
      token: { claims: { iss: 'https://as.example/' } },
      options: () => ({ authorizationServers: [{ issuer: 'https://as.example', audience: server.audience }] }),
      line: () =>
        '[issuer_unknown] authorizationServers: a token is of the issuer "https://as.example/", and configured is ' +
        '"https://as.example"; configure exactly the issuer that tokens name: a slash at the end counts',
    },
    {
      what: 'another issuer',
      token: { claims: { iss: 'https://other.example' } },
      line: () =>
        `[issuer_unknown] authorizationServers: a token is of the issuer "https://other.example", and configured is "${at()}"; ` +
        'if it is your server, configure exactly that issuer in "authorizationServers[].issuer"',
    },
    {
      what: 'RS-02 an audience that nobody names',
      token: { claims: { aud: ['account', 'web'] } },
      line: () =>
        `[audience_mismatch] ${at()}: a token is for the audience "account" or "web", and "audience" is "${server.audience}"; ` +
        'have the server name this API in "aud" of access tokens',
    },
    {
      what: 'an audience that is one slash apart',
      options: options({ audience: 'https://api.example.com' }),
      token: { claims: { aud: ['account', 'https://api.example.com/'] } },
      line: () =>
        `[audience_mismatch] ${at()}: a token is for the audience "account" or "https://api.example.com/", and "audience" is "https://api.example.com"; ` +
        'configure exactly the audience that tokens name: a slash at the end counts',
    },
    {
      what: 'an audience that nobody names, with a profile',
      options: options({ profile: 'keycloak' }),
      token: { claims: { aud: 'account', typ: 'Bearer', azp: 'web' } },
      line: () =>
        `[audience_mismatch] ${at()}: a token is for the audience "account", and "audience" is "${server.audience}"; ` +
        'have the server name this API in "aud" of access tokens: the steps for Keycloak are in docs/authorization-servers.md',
    },
    {
      what: 'RS-15 no aud, next to absentClaims',
      options: options({ profile: { absentClaims: ['aud'] } }),
      token: { claims: { aud: undefined } },
      line: () =>
        `[audience_mismatch] ${at()}: a token is for the audience none, and "audience" is "${server.audience}"; ` +
        '"absentClaims" may leave "aud" out of introspection responses, never out of JWTs: have the server name this API there, or let ' +
        '"audienceIn" of the profile say that its scopes name it',
    },
    {
      what: 'RS-15 no aud, and no scope that names this API',
      options: options({ profile: { audienceIn: 'scope' } }),
      token: { claims: { aud: undefined, scope: 'openid' } },
      line: () =>
        `[audience_mismatch] ${at()}: a token is for the audience none, and "audience" is "${server.audience}"; ` +
        `have clients ask for a scope of this API, which begins with "${server.audience}/"`,
    },
    {
      what: 'RS-02 a server whose tokens are of typ JWT',
      token: { header: { typ: 'JWT' } },
      line: () =>
        `[typ_mismatch] ${at()}: a token has the typ "JWT", and accepted is "at+jwt"; ` +
        `have the server issue typ at+jwt (RFC 9068 §2.1), or give its "profile"; ${examine}`,
    },
    {
      what: 'tokens without a typ',
      token: { header: { typ: undefined } },
      line: () =>
        `[typ_mismatch] ${at()}: a token has the typ none, and accepted is "at+jwt"; ` +
        `have the server issue typ at+jwt (RFC 9068 §2.1), or give its "profile"; ${examine}`,
    },
    {
      what: 'RS-18 a token without the mark of its profile',
      options: options({ profile: 'keycloak' }),
      token: { claims: { typ: 'Refresh', azp: 'web' } },
      line: () =>
        `[token_kind_mismatch] ${at()}: a token has the "typ" "Refresh", and access tokens of Keycloak have "Bearer"; ` +
        'send the access token rather than an ID or refresh token; if it is one, correct "authorizationServers[].profile"',
    },
    {
      what: 'a header in place of its token',
      token: {},
      options: () => ({
        authorizationServers: [{ issuer: server.issuer, audience: server.audience }],
        accessToken: (context) => context.switchToHttp().getRequest().headers.authorization,
      }),
      line: () =>
        '[scheme_before_token] authorizationServers: an access token begins with a scheme, as a header does; give the token ' +
        'alone, without "Bearer ": by the option "accessToken", in handshake.auth.token of socket.io, and to renew()',
    },
    {
      what: 'an opaque token',
      token: '8xLOxBtZp8',
      line: () =>
        '[jwt_malformed] authorizationServers: an access token is no JWT, and no authorization server is configured for ' +
        'opaque ones; if they are tokens of yours, have the server issue JWTs (RFC 9068), or configure its "introspection"',
    },
    {
      what: 'a missing claim',
      token: { claims: { client_id: undefined } },
      line: () =>
        `[client_id_missing] ${at()}: a token has no "client_id", which RFC 9068 §2.2 requires; have the server put it into ` +
        'access tokens, or give the "profile" of a server that leaves it out',
    },
    {
      what: 'a lightweight token',
      token: { claims: { sub: undefined } },
      line: () =>
        `[sub_missing] ${at()}: a token has no "sub", which RFC 9068 §2.2 requires; have the server put it into access ` +
        'tokens, or set "introspection.lightweightTokens" if introspection tells it, as Keycloak does of lightweight ones',
    },
    {
      what: 'a clock that is ahead',
      token: { claims: { iat: Math.floor(Date.now() / 1000) + 3600, exp: Math.floor(Date.now() / 1000) + 7200 } },
      line: () => `[iat_in_future] ${at()}: a token was issued in the future; compare the clocks`,
    },
  ])('is one line in the log, whatever number of tokens come: $what', async ({ token, line, ...row }) => {
    const send = await serve([handler(Get('a'), RequireAcr('mfa')), handler(Get('b'), UseGuards(AccessTokenGuard))], {
      ...row.options?.(),
    });
    const heard: Advice[] = [];
    send.app.get(StepUpService).onAdvice((advice) => heard.push(advice));
    const sent = typeof token === 'string' ? token : await accessToken(token);
    for (const path of ['/a', '/b', '/a', '/a', '/b']) {
      expect((await send({ path, token: sent })).status).toBe(401);
    }
    expect(advised()).toEqual([line()]);
    expect(heard).toHaveLength(1);
  });

  it.each<[what: string, token: () => Promise<string | undefined>]>([
    ['no token', async () => undefined],
    ['an expired token', () => accessToken({ expiresIn: -60 })],
    ['a signature that is not valid', async () => `${(await accessToken()).slice(0, -20)}AAAAAAAAAAAAAAAAAAAA`],
    ['a JWT that is not signed', async () => 'eyJhbGciOiJub25lIn0.e30.'],
  ])('is not what a sender does wrong: %s leaves no line', async (_, token) => {
    const send = await serve(handler(RequireAcr('mfa')));
    await send({ token: await token() });
    expect(advised()).toEqual([]);
  });

  it('is logged again after an hour, with a count, and told to listeners once', async () => {
    const send = await serve(handler(RequireAcr('mfa')));
    const heard: Advice[] = [];
    send.app.get(StepUpService).onAdvice((advice) => heard.push(advice));
    stopClock();
    const token = await accessToken({ expiresIn: 86_400, claims: { aud: 'account' } });
    const sendAll = async (times: number) => {
      for (let sent = 0; sent < times; sent += 1) await send({ token });
    };
    await sendAll(3);
    pass(3599);
    await sendAll(2);
    expect(advised()).toHaveLength(1);
    pass(1);
    await sendAll(2);
    expect(advised().slice(1)).toEqual([`${advised()[0]} (5 times since this was logged last)`]);
    expect(heard).toHaveLength(1);
  });

  it('shows no more than a hundred characters of what a stranger sends, and no line of theirs', async () => {
    const send = await serve(handler(RequireAcr('mfa')));
    await send({ token: await accessToken({ claims: { iss: `https://\n[forged] ${'x'.repeat(1000)}` } }) });
    const [line = ''] = advised();
    expect(line).toContain(`"https://\\n[forged] ${'x'.repeat(80)}…`);
    expect(line).not.toContain('\n');
  });

  it('is told apart for strangers by the configured issuer and the cause alone', async () => {
    const send = await serve(handler(RequireAcr('mfa')));
    for (let stranger = 0; stranger < 20; stranger += 1) {
      await send({ token: await accessToken({ claims: { iss: `https://${stranger}.example` } }) });
    }
    expect(advised()).toHaveLength(1);
  });
});

describeOverHttp('RS-01 keys that cannot be fetched', ({ serve, server, log }) => {
  const published = serverOfEachTest();
  const advised = () => log.filter((line) => /^\[(?!routes)/.test(line));

  it.each<[what: string, publish: (path: string) => void, reason: string]>([
    ['status 500', (path) => published.text(path, '', 500), 'its key document is answered with status 500'],
    ['status 406', (path) => published.text(path, '', 406), 'its key document is answered with status 406'],
    ['no JSON', (path) => published.text(path, '<html>'), 'its key document is not a JSON object'],
    ['no list of keys', (path) => published.json(path, {}), 'its key document has no list of keys'],
    ['no key that fits', (path) => published.json(path, { keys: [] }), 'its key document has no key that can verify'],
    [
      'nothing at all',
      () => published.close(),
      'its key document cannot be reached (ECONNREFUSED); nothing listens there: check host and port, and whether the ' +
        'server runs',
    ],
  ])('are one line in the log, with the reason and the next step: %s', async (_, publish, reason) => {
    const { audience } = server;
    const issuer = server.issuer;
    publish('/jwks');
    const send = await serve(handler(RequireAcr('mfa')), {
      authorizationServers: [{ issuer, audience, jwksUri: `${published.origin}/jwks` }],
    });
    for (let request = 0; request < 3; request += 1) {
      expect((await send({ token: await server.accessToken() })).status).toBe(503);
    }
    expect(advised()).toHaveLength(1);
    expect(advised()[0]).toContain(`${issuer}: ${reason}; `);
    expect(advised()[0]).toMatch(/^\[keys_(unreadable|unusable)\]/);
  });

  it('are one line in the log if the certificate of the server is self-signed', async () => {
    const secure = createServer(selfSigned, (_, response) => response.end('{"keys":[]}')).listen(0, '127.0.0.1');
    await once(secure, 'listening');
    const jwksUri = `https://127.0.0.1:${(secure.address() as AddressInfo).port}/jwks`;
    const { issuer, audience } = server;
    const send = await serve(handler(RequireAcr('mfa')), { authorizationServers: [{ issuer, audience, jwksUri }] });
    for (let request = 0; request < 3; request += 1) {
      expect((await send({ token: await server.accessToken() })).status).toBe(503);
    }
    secure.close();
    expect(advised()).toEqual([
      `[keys_unreadable] ${issuer}: its key document cannot be reached (DEPTH_ZERO_SELF_SIGNED_CERT); its certificate is not ` +
        'trusted: let NODE_EXTRA_CA_CERTS name a PEM file with that certificate, or with the one of its authority; keep ' +
        'the verification on; "npx nestjs-step-up doctor" tells more',
    ]);
  });

  it('are told of as well if they fail in the background, while the known keys still serve', async () => {
    const other = await createTestAuthorizationServer();
    const document = await (await fetch(other.jwksUri)).text();
    published.text('/jwks', document);
    stopClock();
    const send = await serve(handler(UseGuards(AccessTokenGuard)), {
      authorizationServers: [{ issuer: other.issuer, audience: other.audience, jwksUri: `${published.origin}/jwks` }],
    });
    const token = await other.accessToken({ expiresIn: 86_400 });
    expect((await send({ token })).status).toBe(200);
    published.text('/jwks', '', 500);
    pass(400);
    expect((await send({ token })).status).toBe(200);
    while (advised().length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(advised()).toEqual([expect.stringContaining('its key document is answered with status 500')]);
    jest.useRealTimers();
    await other.close();
  });
});

describe('the profile that fits', () => {
  it.each<[issuer: string, typ: string | null, profile: string | undefined]>([
    ['https://sso.example/realms/bank', 'JWT', 'keycloak'],
    ['https://bank.okta.com/oauth2/default', 'JWT', undefined],
    ['https://bank.okta.com/oauth2/default', null, 'okta'],
    ['https://bank.eu.auth0.com/', 'at+jwt', 'auth0'],
    ['https://bank.eu.auth0.com/', 'JWT', undefined],
    ['https://login.microsoftonline.com/tenant/v2.0', 'JWT', 'entra'],
    ['https://as.example', 'JWT', undefined],
    ['https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC', null, 'cognito'],
    ['https://cognito-idp.eu-central-1.amazonaws.com.evil.example/eu-central-1_AbC', null, undefined],
    ['https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_AbC', null, 'cognito'],
    ['http://fs.example/adfs/services/trust', 'JWT', 'adfs'],
    ['https://fs.example/adfs', 'JWT', undefined],
    ['https://bank.zitadel.cloud', 'JWT', 'zitadel'],
    ['https://login.example/application/o/bank/', 'JWT', 'authentik'],
    ['https://login.example/application/o/bank', 'JWT', undefined],
    ['https://am.example/am/oauth2/realms/root/realms/alpha', 'JWT', 'pingam'],
    ['https://am.example/am/oauth2/realms/root', 'JWT', 'pingam'],
  ])('the issuer %s with the typ %s has %s', (issuer, typ, profile) => {
    expect(fittingProfile(issuer, typ)).toBe(profile);
  });
});
