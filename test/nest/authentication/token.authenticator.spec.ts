import { Controller, Get, Post, Req, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { AccessTokenException, AccessTokenGuard, RequireAcr, StepUpService, type UnmetReason } from 'nestjs-step-up';
import type { TestAccessTokenOptions } from 'nestjs-step-up/testing';
import { challenged, invalidRequest, invalidToken, withoutToken } from '../../support/challenged.js';
import { describeOverHttp, type Request, type Response, type Send } from '../../support/describe-over-http.js';
import { DONE, handler } from '../../support/handler.js';
import { encode } from '../../token/signed-token.js';

/** Stands in every part that an attacker writes; must not come back, nor reach the log. */
const MARK = 'c0ffee-babe';
const FORM = 'application/x-www-form-urlencoded';
const acr = { mfa: 'urn:example:mfa' };
const inAnotherWay = invalidRequest('The access token must be sent in the Authorization header alone');

/** Lists what is sent under the description of its refusal, as rows for `test.each`. */
const rowsOf = <T>(sentByDescription: Record<string, Record<string, T>>) =>
  Object.entries(sentByDescription).flatMap(([description, sent]) =>
    Object.entries(sent).map(([what, value]): [what: string, sent: T, description: string] => [
      what,
      value,
      description,
    ]),
  );

describeOverHttp('bad input', ({ serve, accessToken, server, log }) => {
  const routes: [guard: string, path: string, decorator: MethodDecorator][] = [
    ['AccessTokenGuard', '/accounts', UseGuards(AccessTokenGuard)],
    ["AuthGuard('jwt')", '/statements', UseGuards(AuthGuard('jwt'))],
    ['@RequireAcr', '/transfer', RequireAcr('mfa', { maxAge: 300 })],
  ];
  let send: Send;
  let good: string;
  beforeAll(async () => {
    const { issuer, audience } = server;
    send = await serve(
      [
        ...routes.map(([, path, decorator]) => handler(Get(path), decorator)),
        handler(Post('transfer'), RequireAcr('mfa', { maxAge: 300 })),
      ],
      { authorizationServers: [{ issuer, audience, acr }] },
    );
    good = await accessToken({ acr: 'urn:example:mfa' });
  });
  afterEach(async () => {
    // whatever was sent, it has hurt nobody
    for (const [, path] of routes) expect(await send({ path, token: good })).toMatchObject({ status: 200, body: DONE });
  });

  async function expectRefusal(request: Request, refusal: Response, secrets: string[]) {
    const response = await send(request);
    expect(response).toEqual(refusal);
    const shown = JSON.stringify(response);
    for (const secret of [MARK, ...secrets]) expect(shown).not.toContain(secret);
    for (const secret of secrets) expect(log.join('\n')).not.toContain(secret);
    expect(log.filter((line) => line.includes(MARK) && !/^\[(issuer_unknown|audience_mismatch)\]/.test(line))).toEqual(
      [],
    );
  }
  /** What of a token must not come back: the parts that are long enough to tell. */
  const partsOf = (token: string) => token.split('.').filter((part) => part.length > 8);

  const deepToken = (open: string, close: string, depth: number) => {
    const claims = Buffer.from(good.split('.')[1] as string, 'base64url').toString();
    const deep = `${claims.slice(0, -1)},"a":${open.repeat(depth)}1${close.repeat(depth)}}`;
    return `${good.split('.')[0]}.${encode(deep)}.${good.split('.')[2]}`;
  };

  describe.each(routes)('under %s', (_guard, path) => {
    test.each(
      rowsOf<() => string>({
        'The access token is not a signed JWT': {
          'an opaque token': () => MARK,
          'two parts': () => good.split('.').slice(0, 2).join('.'),
          'four parts': () => `${good}.${MARK}`,
          'RS-71 five parts': () => `${good}.${MARK}.${MARK}`,
          'a thousand dots': () => `${MARK}${'.'.repeat(1000)}`,
        },
        'The access token has no readable signature': {
          'RS-65 no signature': () => `${good.split('.').slice(0, 2).join('.')}.`,
          'RS-65 alg none': () => `${encode({ alg: 'none', typ: 'at+jwt', kid: MARK })}.${good.split('.')[1]}.`,
          'letters beyond ASCII': () => `é${MARK}.é.é`,
        },
        'The signature of the access token is not valid': {
          'RS-65 a signature of nothing': () => `${good.split('.').slice(0, 2).join('.')}.AAAA`,
          'lists nested two thousand deep': () => deepToken('[', ']', 2000),
          'objects nested a thousand deep': () => deepToken('{"a":', '}', 1000),
        },
        'The access token is not a readable JWT': {
          'a header that is a list': () => `${encode('[]')}.${good.split('.').slice(1).join('.')}`,
          'a header that is null': () => `${encode('null')}.${good.split('.').slice(1).join('.')}`,
          'claims that are a text': () => `${good.split('.')[0]}.${encode(`"${MARK}"`)}.AAAA`,
          'claims that are no JSON': () => `${good.split('.')[0]}.${encode(`{"${MARK}"`)}.AAAA`,
          'no base64url': () => `*${MARK}*.${good.split('.').slice(1).join('.')}`,
          'a character of control': () => `${good}\t`.replace('.', `\t${MARK}.`),
        },
      }),
    )('a token is invalid: %s', async (_, token, description) => {
      await expectRefusal({ path, token: token() }, invalidToken(description), partsOf(token()));
    });

    test.each(
      rowsOf<TestAccessTokenOptions>({
        'The token is not marked as an access token (typ at+jwt)': {
          'RS-60 typ JWT': { header: { typ: 'JWT' } },
          'RS-60 no typ': { header: { typ: undefined } },
          'RS-67 an ID token': { header: { typ: 'JWT' }, claims: { aud: 'test-client', nonce: MARK } },
        },
        'The type of the access token is not readable': {
          'RS-60 a typ that is a list': { header: { typ: ['at+jwt'] } },
        },
        'The key of the access token is not known': {
          'an unknown kid': { header: { kid: MARK } },
        },
        'The key identifier of the access token is not readable': {
          'a kid that is an object': { header: { kid: { [MARK]: MARK } } },
        },
        'The issuer of the access token is not known': {
          'RS-63 an unknown iss': { claims: { iss: `https://${MARK}.example` } },
          'RS-63 no iss': { claims: { iss: undefined } },
          'RS-63 an iss that is a list': { claims: { iss: [MARK] } },
        },
        'The access token is for another audience': {
          'RS-64 another aud': { claims: { aud: MARK } },
          'RS-64 no aud': { claims: { aud: undefined } },
          'RS-64 an aud that is an object': { claims: { aud: { [MARK]: MARK } } },
        },
        'The access token has expired': {
          'RS-66 expired': { expiresIn: -60 },
          'an exp that is a text': { claims: { exp: MARK } },
        },
        'The access token does not say when it expires': {
          'RS-70 no exp': { claims: { exp: undefined } },
        },
        'The access token is not valid yet': {
          'an nbf that is a list': { claims: { nbf: [MARK] } },
        },
        'The access token has no subject': {
          'RS-70 no sub': { claims: { sub: undefined } },
          'a sub that is an object': { claims: { sub: { [MARK]: MARK } } },
        },
        'The access token has no client': {
          'RS-70 no client_id': { claims: { client_id: undefined } },
        },
        'The access token has no identifier': {
          'RS-70 no jti': { claims: { jti: undefined } },
        },
        'The access token does not say when it was issued': {
          'RS-70 no iat': { claims: { iat: undefined } },
        },
        'The access token is issued in the future; check the clocks': {
          'iat in the future': { claims: { iat: 9_999_999_999 } },
        },
        'The access token is bound to a key, and no proof of possession is accepted here': {
          'RS-114 cnf': { claims: { cnf: { jkt: MARK } } },
        },
        'The access token has a claim name that is not accepted': {
          'a claim named __proto__': { claims: JSON.parse(`{"__proto__":{"${MARK}":true}}`) },
          'a claim named __proto__ within': { claims: JSON.parse(`{"a":{"__proto__":{"${MARK}":true}}}`) },
          'constructor and prototype': { claims: { constructor: { prototype: { [MARK]: true } } } },
        },
      }),
    )('a signed token is invalid: %s', async (_, options, description) => {
      const token = await accessToken({ ...options, subject: MARK, acr: 'urn:example:mfa' });
      await expectRefusal({ path, token }, invalidToken(description), partsOf(token));
    });

    test('a token with an unknown crit is invalid', async () => {
      const token = `${encode({ alg: 'ES256', typ: 'at+jwt', crit: [MARK], [MARK]: 1 })}.${good.split('.')[1]}.AAAA`;
      const description = 'The access token has critical header parameters that are not understood';
      await expectRefusal({ path, token }, invalidToken(description), partsOf(token));
    });

    test.each(
      rowsOf<() => Request>({
        'The Authorization header must carry exactly one token': {
          'two tokens in one header': () => ({ headers: { authorization: `Bearer ${good} ${MARK}` } }),
          'two tokens with a comma': () => ({ headers: { authorization: `Bearer ${good}, Bearer ${MARK}` } }),
        },
        'Only one Authorization header is allowed': {
          'several Authorization headers': () => ({ headers: { authorization: [`Bearer ${good}`, `Bearer ${MARK}`] } }),
          'the same header twice': () => ({ headers: { authorization: [`Bearer ${good}`, `Bearer ${good}`] } }),
          'headers of two schemes': () => ({ headers: { authorization: [`Basic ${MARK}`, `Bearer ${good}`] } }),
        },
      }),
    )('a request is invalid: %s', async (_, request, description) => {
      await expectRefusal({ path, ...request() }, invalidRequest(description), partsOf(good));
    });

    test('a request with a second token in the query is invalid', async () => {
      const request = { path: `${path}?access_token=${MARK}`, token: good };
      await expectRefusal(request, inAnotherWay, partsOf(good));
    });

    test('RS-25 an empty Bearer and another scheme are no token, and no error', async () => {
      for (const authorization of ['Bearer', 'Bearer ', `Basic ${MARK}`, '', 'Bearer\t']) {
        expect(await send({ path, headers: { authorization } })).toEqual(withoutToken());
      }
    });
  });

  test.each([FORM, FORM.toUpperCase(), `${FORM}; charset=utf-8`])(
    'a request with a second token in a form is invalid, %s',
    async (type) => {
      const request = { path: '/transfer', method: 'POST', token: good, headers: { 'content-type': type } };
      await expectRefusal({ ...request, body: `access_token=${MARK}` }, inAnotherWay, partsOf(good));
      expect(await send({ ...request, body: 'amount=1' })).toMatchObject({ body: DONE });
    },
  );

  test.each<[claim: string, token: TestAccessTokenOptions, reasons: UnmetReason[]]>([
    ['acr a number', { acr: 2 }, ['acr_missing']],
    ['acr a list with the value', { claims: { acr: ['urn:example:mfa'] } }, ['acr_missing']],
    ['acr an object', { claims: { acr: { 'urn:example:mfa': true } } }, ['acr_missing']],
    [
      'auth_time a text',
      { acr: 'urn:example:mfa', claims: { auth_time: String(Date.now() / 1000) } },
      ['auth_time_invalid'],
    ],
    ['auth_time in milliseconds', { acr: 'urn:example:mfa', authTime: Date.now() }, ['auth_time_invalid']],
    ['auth_time an object', { acr: 'urn:example:mfa', claims: { auth_time: { valueOf: 1 } } }, ['auth_time_invalid']],
    ['auth_time a list', { acr: 'urn:example:mfa', claims: { auth_time: [Date.now() / 1000] } }, ['auth_time_invalid']],
    ['auth_time true', { acr: 'urn:example:mfa', claims: { auth_time: true } }, ['auth_time_invalid']],
    ['auth_time null', { acr: 'urn:example:mfa', claims: { auth_time: null } }, ['auth_time_missing']],
  ])('a claim of the wrong type is unmet, not a fault: %s', async (_, options, reasons) => {
    const token = await accessToken(options);
    const required = { acrValues: ['urn:example:mfa'], maxAge: 300 };
    expect(await send({ path: '/transfer', token })).toEqual(challenged({ ...required, reasons }));
    expect(await send({ path: '/accounts', token })).toMatchObject({ status: 200 });
  });

  test('two hundred unknown keys at once cost the authorization server one request at most', async () => {
    const before = server.keyRequests;
    const tokens = await Promise.all(
      Array.from({ length: 200 }, (_member, index) => accessToken({ header: { kid: `${MARK}-${index}` } })),
    );
    const responses = await Promise.all(tokens.map((token) => send({ path: '/transfer', token })));
    expect(responses.map(({ status }) => status)).toEqual(Array(200).fill(401));
    expect(server.keyRequests - before).toBeLessThanOrEqual(1);
  });

  test('what a handler does to request.user, the next request does not see', async () => {
    @Controller()
    class MutatingController {
      @Get()
      @RequireAcr('mfa')
      mutate(@Req() { user }: { user: { realm: { roles: string[] } } }) {
        const before = structuredClone(user);
        const refused = [
          () => user.realm.roles.push('admin'),
          () => Object.assign(user.realm, { roles: ['admin'] }),
          () => Object.assign(user, { sub: 'mallory', acr: 'phr', added: true, realm: { roles: ['admin'] } }),
        ].filter((attempt) => {
          try {
            attempt();
            return false;
          } catch {
            return true;
          }
        });
        return { before, refused: refused.length };
      }
    }
    const sendTo = await serve(MutatingController);
    const token = await accessToken({ acr: 'mfa', claims: { realm: { roles: ['user'] } } });
    for (let count = 0; count < 3; count += 1) {
      const { status, body } = await sendTo({ token });
      const before = expect.objectContaining({ sub: 'alice', acr: 'mfa', realm: { roles: ['user'] } });
      // nested values are shared and frozen; the copy itself is the handler's own
      expect({ status, body }).toEqual({ status: 200, body: { before, refused: 2 } });
      expect(body).not.toHaveProperty('before.added');
    }
  });
});

describeOverHttp('a token from elsewhere than the header', ({ serve, accessToken, server, log }) => {
  let send: Send;
  beforeAll(async () => {
    const { issuer, audience } = server;
    send = await serve(handler(Post(), RequireAcr('mfa')), {
      authorizationServers: [{ issuer, audience, acr }],
      accessToken: (context) => context.switchToHttp().getRequest().body?.token,
    });
  });
  const post = (token: unknown) =>
    send({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token }) });

  it.each<[what: string, token: unknown]>([
    ['a number', 5],
    ['true', true],
    ['a list', ['a.b.c']],
    ['an object', { length: 5 }],
    ['an object that pretends', { length: 5, split: 'a', toString: 'b' }],
    ['longer than a token may be', 'a'.repeat(16_385)],
    ['as long as a body may be', `${'a'.repeat(30_000)}.${'b'.repeat(30_000)}.c`],
  ])('a token that is %s is refused, before and after a good one', async (_, token) => {
    for (let count = 0; count < 2; count += 1) {
      expect(await post(token)).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
      expect(await post(await accessToken({ acr: 'urn:example:mfa' }))).toMatchObject({ status: 201 });
    }
    expect(log).toEqual([]);
  });

  it.each([5, true, ['a.b.c'], { length: 5 }, null, undefined, '', 'a'.repeat(100_000)])(
    'StepUpService.authenticate answers a handshake with anything in it: %j',
    async (token) => {
      const authenticated = send.app.get(StepUpService).authenticate(token as string);
      const error = await authenticated.catch((refused: unknown) => refused);
      expect(error).toBeInstanceOf(AccessTokenException);
      expect((error as AccessTokenException).getStatus()).toBe(401);
    },
  );
});
