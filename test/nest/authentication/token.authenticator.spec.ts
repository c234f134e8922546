import { Controller, type ExecutionContext, Get, Post, Req, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { AccessTokenException, AccessTokenGuard, RequireAcr, StepUpService } from 'nestjs-step-up';
import {
  createTestAuthorizationServer,
  type TestAccessTokenOptions,
  type TestAuthorizationServer,
} from 'nestjs-step-up/testing';
import {
  adapters,
  captureLog,
  type RunningApplication,
  type Send,
  startApplication,
} from '../../support/application.js';
import { encode } from '../../token/signed-token.js';

/** Stands in every part that an attacker writes; must not come back, nor reach the log. */
const MARK = 'c0ffee-babe';
const FORM = 'application/x-www-form-urlencoded';

interface User extends Record<string, unknown> {
  sub: string;
  realm: { roles: string[] };
}

@Controller()
class BankController {
  @Get('accounts')
  @UseGuards(AccessTokenGuard)
  accounts() {
    return { done: true };
  }

  @Get('statements')
  @UseGuards(AuthGuard('jwt'))
  statements() {
    return { done: true };
  }

  @Get('transfer')
  @RequireAcr('mfa', { maxAge: 300 })
  transfer() {
    return { done: true };
  }

  @Post('transfer')
  @RequireAcr('mfa', { maxAge: 300 })
  create() {
    return { done: true };
  }

  @Get('mutate')
  @RequireAcr('mfa')
  mutate(@Req() { user }: { user: User }) {
    const before = structuredClone(user);
    const attempts: (() => unknown)[] = [
      () => user.realm.roles.push('admin'),
      () => Object.assign(user.realm, { roles: ['admin'] }),
      () => Object.assign(user, { sub: 'mallory', acr: 'urn:example:phr', added: true, realm: { roles: ['admin'] } }),
    ];
    const refused = attempts.filter((attempt) => {
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

const routes = [
  ['AccessTokenGuard', '/accounts'],
  ["AuthGuard('jwt')", '/statements'],
  ['@RequireAcr', '/transfer'],
] as const;

describe.each(adapters)('bad input, %s', (_, createAdapter) => {
  let server: TestAuthorizationServer;
  let application: RunningApplication;
  let good: string;
  let log: ReturnType<typeof captureLog>;

  beforeAll(async () => {
    log = captureLog();
    server = await createTestAuthorizationServer();
    application = await startApplication({
      createAdapter,
      controllers: [BankController],
      options: {
        authorizationServers: [{ issuer: server.issuer, audience: server.audience, acr: { mfa: 'urn:example:mfa' } }],
      },
    });
    good = await server.accessToken({ acr: 'urn:example:mfa', claims: { realm: { roles: ['user'] } } });
  });
  beforeEach(() => {
    log.lines.length = 0;
  });
  afterEach(async () => {
    // whatever was sent, it has hurt nobody
    for (const [, path] of routes) expect((await application.send(path, { token: good })).body).toEqual({ done: true });
  });
  afterAll(async () => {
    log.restore();
    await application?.close();
    await server?.close();
  });

  const expectRefusal = async (path: string, send: Send, status: number, error: string, secrets: string[]) => {
    const answer = await application.send(path, send);
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({ error, error_description: expect.stringMatching(/^[A-Z][ -~]+$/) });
    expect(answer.challenges).toEqual([
      `Bearer realm="api", error="${error}", error_description="${answer.body['error_description']}"`,
    ]);
    expect(answer.headers['cache-control']).toEqual(['no-store']);
    const shown = [answer.text, JSON.stringify(answer.headers), ...log.lines].join('\n');
    for (const secret of [MARK, ...secrets]) expect(shown).not.toContain(secret);
    expect(shown).not.toMatch(/\bat .+:\d+:\d+|node_modules|\.ts\b/);
    expect(log.lines).toEqual([]);
  };
  /** What of a token must not come back: the parts that are long enough to tell. */
  const partsOf = (token: string) => token.split('.').filter((part) => part.length > 8);

  describe.each(routes)('under %s', (_guard, path) => {
    test.each<[string, () => string]>([
      ['an opaque token', () => MARK],
      ['two parts', () => good.split('.').slice(0, 2).join('.')],
      ['four parts', () => `${good}.${MARK}`],
      ['RS-71 five parts', () => `${good}.${MARK}.${MARK}`],
      ['a thousand dots', () => `${MARK}${'.'.repeat(1000)}`],
      ['RS-65 no signature', () => `${good.split('.').slice(0, 2).join('.')}.`],
      ['RS-65 alg none', () => `${encode({ alg: 'none', typ: 'at+jwt', kid: MARK })}.${good.split('.')[1]}.`],
      ['RS-65 a signature of nothing', () => `${good.split('.').slice(0, 2).join('.')}.AAAA`],
      ['a header that is a list', () => `${encode('[]')}.${good.split('.').slice(1).join('.')}`],
      ['a header that is null', () => `${encode('null')}.${good.split('.').slice(1).join('.')}`],
      ['claims that are a text', () => `${good.split('.')[0]}.${encode(`"${MARK}"`)}.AAAA`],
      ['claims that are no JSON', () => `${good.split('.')[0]}.${encode(`{"${MARK}"`)}.AAAA`],
      ['no base64url', () => `*${MARK}*.${good.split('.').slice(1).join('.')}`],
      ['letters beyond ASCII', () => `é${MARK}.é.é`],
      ['a character of control', () => `${good}\t`.replace('.', `\t${MARK}.`)],
      ['lists nested two thousand deep', () => deepToken('[', ']', 2000)],
      ['objects nested a thousand deep', () => deepToken('{"a":', '}', 1000)],
    ])('%s', async (_case, token) => {
      await expectRefusal(path, { token: token() }, 401, 'invalid_token', partsOf(token()));
    });

    test.each<[string, TestAccessTokenOptions]>([
      ['RS-60 typ JWT', { header: { typ: 'JWT' } }],
      ['RS-60 no typ', { header: { typ: undefined } }],
      ['RS-60 a typ that is a list', { header: { typ: ['at+jwt'] } }],
      ['an unknown kid', { header: { kid: MARK } }],
      ['a kid that is an object', { header: { kid: { [MARK]: MARK } } }],
      ['RS-63 an unknown iss', { claims: { iss: `https://${MARK}.example` } }],
      ['RS-63 no iss', { claims: { iss: undefined } }],
      ['RS-63 an iss that is a list', { claims: { iss: [MARK] } }],
      ['RS-64 another aud', { claims: { aud: MARK } }],
      ['RS-64 no aud', { claims: { aud: undefined } }],
      ['RS-64 an aud that is an object', { claims: { aud: { [MARK]: MARK } } }],
      ['RS-66 expired', { expiresIn: -60 }],
      ['RS-70 no exp', { claims: { exp: undefined } }],
      ['an exp that is a text', { claims: { exp: MARK } }],
      ['an nbf that is a list', { claims: { nbf: [MARK] } }],
      ['RS-70 no sub', { claims: { sub: undefined } }],
      ['a sub that is an object', { claims: { sub: { [MARK]: MARK } } }],
      ['RS-70 no client_id', { claims: { client_id: undefined } }],
      ['RS-70 no jti', { claims: { jti: undefined } }],
      ['RS-70 no iat', { claims: { iat: undefined } }],
      ['iat in the future', { claims: { iat: 9_999_999_999 } }],
      ['RS-114 cnf', { claims: { cnf: { jkt: MARK } } }],
      ['a claim named __proto__', { claims: JSON.parse(`{"__proto__":{"${MARK}":true}}`) }],
      ['a claim named __proto__ within', { claims: JSON.parse(`{"a":{"__proto__":{"${MARK}":true}}}`) }],
      ['constructor and prototype', { claims: { constructor: { prototype: { [MARK]: true } } } }],
      ['RS-67 an ID token', { header: { typ: 'JWT' }, claims: { aud: 'test-client', nonce: MARK } }],
    ])('%s', async (_case, options) => {
      const token = await server.accessToken({ ...options, subject: MARK, acr: 'urn:example:mfa' });
      await expectRefusal(path, { token }, 401, 'invalid_token', partsOf(token));
    });

    test('an unknown crit', async () => {
      const token = `${encode({ alg: 'ES256', typ: 'at+jwt', crit: [MARK], [MARK]: 1 })}.${good.split('.')[1]}.AAAA`;
      await expectRefusal(path, { token }, 401, 'invalid_token', partsOf(token));
    });

    test.each<[string, () => Send]>([
      ['two tokens in one header', () => ({ headers: { authorization: `Bearer ${good} ${MARK}` } })],
      ['two tokens with a comma', () => ({ headers: { authorization: `Bearer ${good}, Bearer ${MARK}` } })],
      ['several Authorization headers', () => ({ headers: { authorization: [`Bearer ${good}`, `Bearer ${MARK}`] } })],
      ['the same header twice', () => ({ headers: { authorization: [`Bearer ${good}`, `Bearer ${good}`] } })],
      ['headers of two schemes', () => ({ headers: { authorization: [`Basic ${MARK}`, `Bearer ${good}`] } })],
    ])('%s', async (_case, send) => {
      await expectRefusal(path, send(), 400, 'invalid_request', partsOf(good));
    });

    test('a second token in the query', async () => {
      await expectRefusal(`${path}?access_token=${MARK}`, { token: good }, 400, 'invalid_request', partsOf(good));
    });

    test('RS-25 an empty Bearer and another scheme are no token, and no error', async () => {
      for (const authorization of ['Bearer', 'Bearer ', `Basic ${MARK}`, '', 'Bearer\t']) {
        const answer = await application.send(path, { headers: { authorization } });
        expect(answer.status).toBe(401);
        expect(answer.challenges).toEqual(['Bearer realm="api"']);
        expect(answer.body).toEqual({ statusCode: 401, message: 'Unauthorized' });
      }
    });
  });

  test.each([FORM, FORM.toUpperCase(), `${FORM}; charset=utf-8`])('a second token in a form, %s', async (type) => {
    const send = { method: 'POST', token: good, headers: { 'content-type': type }, body: `access_token=${MARK}` };
    await expectRefusal('/transfer', send, 400, 'invalid_request', partsOf(good));
    const without = await application.send('/transfer', { ...send, body: 'amount=1' });
    expect(without.body).toEqual({ done: true });
  });

  test.each<[string, TestAccessTokenOptions, string[]]>([
    ['acr a number', { acr: 2 }, ['acr_missing']],
    ['acr a list with the value', { acr: ['urn:example:mfa'] }, ['acr_missing']],
    ['acr an object', { acr: { 'urn:example:mfa': true } }, ['acr_missing']],
    ['auth_time a text', { acr: 'urn:example:mfa', authTime: String(Date.now() / 1000) }, ['auth_time_invalid']],
    ['auth_time in milliseconds', { acr: 'urn:example:mfa', authTime: Date.now() }, ['auth_time_invalid']],
    ['auth_time an object', { acr: 'urn:example:mfa', authTime: { valueOf: 1 } }, ['auth_time_invalid']],
    ['auth_time a list', { acr: 'urn:example:mfa', authTime: [Date.now() / 1000] }, ['auth_time_invalid']],
    ['auth_time true', { acr: 'urn:example:mfa', authTime: true }, ['auth_time_invalid']],
    ['auth_time null', { acr: 'urn:example:mfa', claims: { auth_time: null } }, ['auth_time_missing']],
  ])('a claim of the wrong type is unmet, not a fault: %s', async (_case, options, reasons) => {
    const answer = await application.send('/transfer', { token: await server.accessToken(options) });
    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject({ error: 'insufficient_user_authentication', reasons });
    expect((await application.send('/accounts', { token: await server.accessToken(options) })).status).toBe(200);
  });

  test('two hundred unknown keys at once cost the authorization server one request at most', async () => {
    const before = server.keyRequests;
    const tokens = await Promise.all(
      Array.from({ length: 200 }, (_member, index) => server.accessToken({ header: { kid: `${MARK}-${index}` } })),
    );
    const answers = await Promise.all(tokens.map((token) => application.send('/transfer', { token })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    expect(server.keyRequests - before).toBeLessThanOrEqual(1);
  });

  test('what a handler does to request.user, the next request does not see', async () => {
    for (let count = 0; count < 3; count += 1) {
      const { status, body } = await application.send('/mutate', { token: good });
      expect(status).toBe(200);
      expect(body['before']).toMatchObject({ sub: 'alice', acr: 'urn:example:mfa', realm: { roles: ['user'] } });
      expect(body['before']).not.toHaveProperty('added');
      // nested values are shared and frozen; the copy itself is the handler's own
      expect(body['refused']).toBe(2);
    }
  });

  const deepToken = (open: string, close: string, depth: number) => {
    const claims = Buffer.from(good.split('.')[1] as string, 'base64url').toString();
    const deep = `${claims.slice(0, -1)},"a":${open.repeat(depth)}1${close.repeat(depth)}}`;
    return `${good.split('.')[0]}.${encode(deep)}.${good.split('.')[2]}`;
  };
});

describe.each(adapters)('a token from elsewhere, %s', (_, createAdapter) => {
  @Controller()
  class InboxController {
    @Post('messages')
    @RequireAcr('mfa')
    messages() {
      return { done: true };
    }
  }

  let server: TestAuthorizationServer;
  let application: RunningApplication;
  let log: ReturnType<typeof captureLog>;
  beforeAll(async () => {
    log = captureLog();
    server = await createTestAuthorizationServer();
    application = await startApplication({
      createAdapter,
      controllers: [InboxController],
      options: {
        authorizationServers: [{ issuer: server.issuer, audience: server.audience, acr: { mfa: 'urn:example:mfa' } }],
        accessToken: (context: ExecutionContext) => context.switchToHttp().getRequest().body?.token,
      },
    });
  });
  afterAll(async () => {
    log.restore();
    await application?.close();
    await server?.close();
  });
  beforeEach(() => {
    log.lines.length = 0;
  });

  const post = (token: unknown) =>
    application.send('/messages', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    });

  test.each([
    ['a number', 5],
    ['true', true],
    ['a list', ['a.b.c']],
    ['an object', { length: 5 }],
    ['an object that pretends', { length: 5, split: 'a', toString: 'b' }],
    ['longer than a token may be', 'a'.repeat(16_385)],
    ['as long as a body may be', `${'a'.repeat(30_000)}.${'b'.repeat(30_000)}.c`],
  ])('that is %s is refused, before and after a good one', async (_case, token) => {
    for (let count = 0; count < 2; count += 1) {
      const answer = await post(token);
      expect(answer.status).toBe(401);
      expect(answer.body).toMatchObject({ error: 'invalid_token' });
      expect((await post(await server.accessToken({ acr: 'urn:example:mfa' }))).status).toBe(201);
    }
    expect(log.lines).toEqual([]);
  });

  test.each([5, true, ['a.b.c'], { length: 5 }, null, undefined, '', 'a'.repeat(100_000)])(
    'StepUpService.authenticate answers a handshake with anything in it: %j',
    async (token) => {
      const error = await application.app
        .get(StepUpService)
        .authenticate(token as string)
        .catch((refused: unknown) => refused);
      expect(error).toBeInstanceOf(AccessTokenException);
      expect((error as AccessTokenException).getStatus()).toBe(401);
    },
  );
});
