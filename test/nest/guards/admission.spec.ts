import { HttpCode, Post, UseGuards } from '@nestjs/common';
import { AccessTokenGuard, RequireAcr } from 'nestjs-step-up';
import type { TestAuthorizationServer } from 'nestjs-step-up/testing';
import { challenged, insufficientScope, invalidRequest, invalidToken, withoutToken } from '../../support/challenged.js';
import { describeOverHttp, type Request, type Response } from '../../support/describe-over-http.js';
import { DONE, handler } from '../../support/handler.js';

type SendsTokens = (server: TestAuthorizationServer) => Promise<Request>;

const scope = 'openid transfer:write';
const enough = { acr: 'urn:example:mfa', scope };
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const inAnotherWay = 'The access token must be sent in the Authorization header alone';

/** Sends one token that would be enough, written into the request. */
const sends =
  (request: (token: string) => Request): SendsTokens =>
  async (server) =>
    request(await server.accessToken(enough));
const authorization = (write: (token: string) => string | string[]) =>
  sends((token) => ({ headers: { authorization: write(token) } }));

const faults: [fault: string, request: Request | SendsTokens, response: Response][] = [
  ['RS-25 no Authorization header is no token', {}, withoutToken()],
  ['RS-25 an empty Bearer is no token', { headers: { authorization: 'Bearer' } }, withoutToken()],
  ['RS-25 a Bearer followed by spaces is no token', { headers: { authorization: 'Bearer   ' } }, withoutToken()],
  ['RS-25 another scheme is no token', { headers: { authorization: 'Basic dXNlcjpwYXNzd29yZA==' } }, withoutToken()],
  ['RS-25 a token in the query alone is no token', { path: '?access_token=e30.e30.e30' }, withoutToken()],
  [
    'RS-25 a token in the form alone is no token',
    sends((token) => ({ headers: form, body: `access_token=${token}` })),
    withoutToken(),
  ],
  [
    'several Authorization headers are refused',
    authorization((token) => [`Bearer ${token}`, `Bearer ${token}`]),
    invalidRequest('Only one Authorization header is allowed'),
  ],
  [
    'several Authorization headers are refused, also if the first is of another scheme',
    authorization((token) => ['Basic dXNlcjpwYXNz', `Bearer ${token}`]),
    invalidRequest('Only one Authorization header is allowed'),
  ],
  [
    'several tokens in one header are refused',
    authorization((token) => `Bearer ${token} e30.e30.e30`),
    invalidRequest('The Authorization header must carry exactly one token'),
  ],
  [
    'several credentials in one header, joined by a comma, are refused',
    authorization((token) => `Bearer ${token}, Bearer ${token}`),
    invalidRequest('The Authorization header must carry exactly one token'),
  ],
  [
    'a second token in the query is refused',
    sends((token) => ({ token, path: '?amount=1&access_token=e30.e30.e30' })),
    invalidRequest(inAnotherWay),
  ],
  [
    'a second token in the form is refused',
    sends((token) => ({ token, headers: form, body: 'amount=1&access_token=e30.e30.e30' })),
    invalidRequest(inAnotherWay),
  ],
  [
    'RS-26 a token that is no JWT is invalid',
    { token: 'garbage' },
    invalidToken('The access token is not a signed JWT'),
  ],
  [
    'RS-24 RS-90 an expired token is invalid, also if its acr is not enough either',
    async (server) => ({ token: await server.accessToken({ acr: 'urn:example:pwd', expiresIn: -60 }) }),
    invalidToken('The access token has expired'),
  ],
  [
    'RS-24 a token of an issuer that is not configured is invalid',
    async (server) => ({ token: await server.accessToken({ ...enough, claims: { iss: 'https://other.example' } }) }),
    invalidToken('The issuer of the access token is not known'),
  ],
  [
    'a token under the scheme DPoP is invalid',
    authorization((token) => `DPoP ${token}`),
    invalidToken('Proof of possession is not supported here; send a bearer token'),
  ],
];

const challenge = { acrValues: ['urn:example:mfa'], maxAge: 300 };
const served: Response = {
  status: 200,
  headers: { 'content-type': ['application/json; charset=utf-8'] },
  body: DONE,
};
const judged: typeof faults = [
  [
    'RS-07 RS-91 RS-93 one challenge names the authentication and the scope if both lack',
    async (server) => ({ token: await server.accessToken({ acr: 'urn:example:pwd', scope: 'openid' }) }),
    challenged({ ...challenge, scope, reasons: ['acr_unmet', 'scope_missing'] }),
  ],
  [
    'RS-01 RS-02 RS-07 a challenge does not name the scope if the authentication alone lacks',
    async (server) => ({ token: await server.accessToken({ ...enough, acr: 'urn:example:pwd' }) }),
    challenged({ ...challenge, reasons: ['acr_unmet'] }),
  ],
  [
    'RS-12 RS-29 RS-92 the response is 403 if the scope alone lacks',
    async (server) => ({ token: await server.accessToken({ ...enough, scope: 'openid' }) }),
    insufficientScope(scope),
  ],
  ['a token that is enough is served', sends((token) => ({ token })), served],
  ['the scheme of a token is case-insensitive', authorization((token) => `bEARER ${token}`), served],
];

describeOverHttp('the order in which faults are named', ({ serve, server }) => {
  async function responseOf(request: Request | SendsTokens, ...decorators: MethodDecorator[]): Promise<Response> {
    const { issuer, audience } = server;
    const send = await serve(handler(Post(), HttpCode(200), ...decorators), {
      authorizationServers: [{ issuer, audience, acr: { mfa: 'urn:example:mfa' } }],
    });
    return send({ method: 'POST', ...(typeof request === 'function' ? await request(server) : request) });
  }
  const requireAll = RequireAcr('mfa', { maxAge: 300, scope });

  it.each([...faults, ...judged])('%s', async (_, request, response) => {
    expect(await responseOf(request, requireAll)).toEqual(response);
  });

  it.each(faults)('%s, also if a valid token is all that is required', async (_, request, response) => {
    expect(await responseOf(request, UseGuards(AccessTokenGuard))).toEqual(response);
  });

  it.each([...faults, ...judged].filter(([, , { status }]) => status === 401))(
    'RS-03 RS-105 a 401 has one challenge and is not stored: %s',
    async (_, request) => {
      const { headers } = await responseOf(request, requireAll);
      expect(headers).toMatchObject({ 'www-authenticate': [expect.any(String)], 'cache-control': ['no-store'] });
    },
  );
});
