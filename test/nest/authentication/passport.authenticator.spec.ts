import { type CanActivate, Controller, type ExecutionContext, Get, Injectable, Req, UseGuards } from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { passportJwtSecret } from 'jwks-rsa';
import {
  AccessTokenGuard,
  AcrGuard,
  type AuthenticationEvent,
  RequireAcr,
  type StepUpModuleOptions,
} from 'nestjs-step-up';
import {
  createTestAuthorizationServer,
  type TestAccessTokenOptions,
  type TestAuthorizationServer,
} from 'nestjs-step-up/testing';
import passport from 'passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { adapters, captureLog, type RunningApplication, startApplication } from '../../support/application.js';

type Claims = Record<string, unknown>;

/** What stands on the request before any guard of ours looks at it: `undefined` leaves it alone. */
let sessionUser: unknown;
let lateUser: unknown;
let ran = 0;

@Injectable()
class SessionGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    if (sessionUser !== undefined) context.switchToHttp().getRequest().user = sessionUser;
    return true;
  }
}

@Injectable()
class LateSessionGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    context.switchToHttp().getRequest().user = lateUser;
    return true;
  }
}

@Controller()
class BankController {
  @Get('mfa')
  @RequireAcr('mfa')
  mfa(@Req() { user }: { user: unknown }) {
    ran += 1;
    return { user };
  }

  @Get('recent')
  @RequireAcr({ maxAge: 300 })
  recent() {
    ran += 1;
    return { done: true };
  }

  @Get('scoped')
  @RequireAcr('mfa', { scope: 'pay' })
  scoped() {
    ran += 1;
    return { done: true };
  }

  @Get('passport-first')
  @RequireAcr('mfa')
  @UseGuards(AuthGuard('jwt'))
  passportFirst(@Req() { user }: { user: unknown }) {
    ran += 1;
    return { user };
  }

  // decorators act upwards: the guard of @RequireAcr runs first
  @Get('passport-last')
  @UseGuards(AuthGuard('jwt'))
  @RequireAcr('mfa')
  passportLast(@Req() { user }: { user: unknown }) {
    ran += 1;
    return { user };
  }

  @Get('token-last')
  @UseGuards(AuthGuard('jwt'), AccessTokenGuard)
  @RequireAcr('mfa')
  tokenLast(@Req() { user }: { user: unknown }) {
    ran += 1;
    return { user };
  }

  @Get('session-between')
  @UseGuards(LateSessionGuard, AcrGuard)
  @RequireAcr('mfa')
  sessionBetween(@Req() { user }: { user: unknown }) {
    ran += 1;
    return { user };
  }
}

const log = captureLog();
afterAll(() => log.restore());
beforeEach(() => {
  sessionUser = undefined;
  ran = 0;
  log.lines.length = 0;
});

describe.each(adapters)("a strategy of the application's own, %s", (_, createAdapter) => {
  let server: TestAuthorizationServer;

  beforeAll(async () => {
    server = await createTestAuthorizationServer();
  });
  afterAll(async () => {
    passport.unuse('jwt');
    await server?.close();
  });

  /** The strategy as applications write it, with a validate() of theirs. */
  function strategy(validate: (claims: Claims) => unknown) {
    @Injectable()
    class JwtStrategy extends PassportStrategy(Strategy, 'jwt') {
      constructor() {
        super({
          jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
          algorithms: ['ES256'],
          secretOrKeyProvider: passportJwtSecret({ jwksUri: server.jwksUri }),
        });
      }

      validate(claims: Claims) {
        return validate(claims);
      }
    }
    return JwtStrategy;
  }

  const ours = () => ({ issuer: server.issuer, audience: server.audience, acr: { mfa: 'urn:mfa' } });

  function start(validate: ((claims: Claims) => unknown) | undefined, more: Partial<StepUpModuleOptions> = {}) {
    if (validate === undefined) passport.unuse('jwt');
    return startApplication({
      createAdapter,
      controllers: [BankController],
      providers: validate === undefined ? [] : [strategy(validate)],
      configure: (app) => app.useGlobalGuards(new SessionGuard()),
      options: { passport: 'existing', authorizationServers: [ours()], ...more },
    });
  }

  async function answers(
    validate: ((claims: Claims) => unknown) | undefined,
    more: Partial<StepUpModuleOptions>,
    run: (application: RunningApplication) => Promise<void>,
  ) {
    const application = await start(validate, more);
    log.lines.length = 0;
    try {
      await run(application);
    } finally {
      await application.close();
    }
  }

  const internal = { statusCode: 500, message: 'Internal Server Error' };
  const mfaChallenge = [
    'Bearer realm="api", error="insufficient_user_authentication", ' +
      'error_description="A different authentication is required", acr_values="urn:mfa"',
  ];

  it('refuses a token of somebody acting for the user, though validate() drops act', async () => {
    const validate = ({ sub, iss, acr, auth_time }: Claims) => ({ sub, iss, acr, auth_time });
    await answers(validate, {}, async (application) => {
      const token = await server.accessToken({ acr: 'urn:mfa', claims: { act: { sub: 'support' } } });
      const answer = await application.send('/mfa', { token });
      expect([answer.status, answer.body['error'], ran]).toEqual([403, 'access_denied', 0]);
    });
  });

  describe('whose validate() returns the payload', () => {
    let application: RunningApplication;

    beforeAll(async () => {
      application = await start((claims) => claims);
    });
    afterAll(() => application?.close());

    it.each([
      ['mfa', ['Bearer realm="api"']],
      // the application's own guard answers first, as Passport has it answer
      ['passport-first', []],
      ['passport-last', ['Bearer realm="api"']],
    ])('/%s works in every order of guards', async (path, challenges) => {
      const without = await application.send(`/${path}`);
      expect([without.status, without.challenges]).toEqual([401, challenges]);

      const weak = await application.send(`/${path}`, { token: await server.accessToken({ acr: 'urn:pwd' }) });
      expect([weak.status, weak.challenges]).toEqual([401, mfaChallenge]);
      expect(ran).toBe(0);

      const enough = await application.send(`/${path}`, {
        token: await server.accessToken({ acr: 'urn:mfa', subject: 'bob' }),
      });
      expect(enough.status).toBe(200);
      expect(enough.body['user']).toMatchObject({ sub: 'bob', acr: 'urn:mfa' });
      expect(log.lines.filter((line) => !line.startsWith('[acr_unknown]'))).toEqual([]);
    });

    it('RS-26 answers a token that the strategy refuses with invalid_token', async () => {
      const answer = await application.send('/mfa', { token: await server.accessToken({ expiresIn: -60 }) });
      expect([answer.status, answer.challenges]).toEqual([
        401,
        ['Bearer realm="api", error="invalid_token", error_description="The access token is not accepted"'],
      ]);
    });

    it('judges the age of the sign-in', async () => {
      const authTime = Math.floor(Date.now() / 1000) - 400;
      const answer = await application.send('/recent', { token: await server.accessToken({ authTime }) });
      expect([answer.status, answer.body['reasons']]).toEqual([401, ['authentication_too_old']]);
    });

    it('judges the user that something else has put on the request, as the handler receives that one', async () => {
      sessionUser = { sub: 'carol', acr: 'urn:pwd', iss: server.issuer };
      expect((await application.send('/mfa')).body['reasons']).toEqual(['acr_unmet']);
      sessionUser = { sub: 'carol', acr: 'urn:mfa', iss: server.issuer };
      expect((await application.send('/mfa')).body).toEqual({ user: sessionUser });
    });

    it('judges the user of the token if a guard of the strategy runs last, and nobody else may have been there before', async () => {
      sessionUser = { sub: 'mallory', acr: 'urn:mfa', auth_time: 1, iss: server.issuer };
      const weak = await application.send('/passport-last', {
        token: await server.accessToken({ acr: 'urn:pwd', subject: 'bob' }),
      });
      expect([weak.status, weak.challenges, ran]).toEqual([401, mfaChallenge, 0]);
      const without = await application.send('/passport-last');
      expect([without.status, without.challenges]).toEqual([401, ['Bearer realm="api"']]);
      const two = await application.send('/passport-last', {
        token: await server.accessToken({ acr: 'urn:mfa', subject: 'bob' }),
      });
      expect([two.status, ran]).toEqual([500, 0]);
      const one = await application.send('/passport-last', {
        token: await server.accessToken({ acr: 'urn:mfa', subject: 'mallory' }),
      });
      expect(one.body['user']).toMatchObject({ sub: 'mallory' });
    });

    it('judges the user of the token where AccessTokenGuard, which does not judge, comes after the strategy', async () => {
      sessionUser = { sub: 'mallory', acr: 'urn:mfa', auth_time: 1, iss: server.issuer };
      const token = await server.accessToken({ acr: 'urn:pwd', subject: 'bob' });
      const weak = await application.send('/token-last', { token });
      expect([weak.status, weak.challenges, ran]).toEqual([401, mfaChallenge, 0]);
    });

    it('judges anew a user who is put on the request between two guards', async () => {
      lateUser = { sub: 'carol', acr: 'urn:pwd', auth_time: 1, iss: server.issuer };
      const token = await server.accessToken({ acr: 'urn:mfa' });
      const answer = await application.send('/session-between', { token });
      expect([answer.status, answer.challenges, ran]).toEqual([401, mfaChallenge, 0]);
      lateUser = { sub: 'carol', acr: 'urn:mfa', auth_time: 1, iss: server.issuer };
      expect((await application.send('/session-between', { token })).body).toEqual({ user: lateUser });
    });

    it.each([false, null])('takes a user of %s for none, and authenticates', async (nobody) => {
      sessionUser = nobody;
      expect((await application.send('/mfa')).challenges).toEqual(['Bearer realm="api"']);
      const answer = await application.send('/mfa', {
        token: await server.accessToken({ acr: 'urn:mfa', subject: 'bob' }),
      });
      expect(answer.body['user']).toMatchObject({ sub: 'bob' });
    });

    it('refuses a machine and a delegated token as with our own strategy', async () => {
      const machine = await server.accessToken({ subject: 'm', clientId: 'm', authTime: null });
      const delegated = await server.accessToken({ acr: 'urn:mfa', claims: { act: { sub: 'agent' } } });
      for (const token of [machine, delegated]) {
        const answer = await application.send('/mfa', { token });
        expect([answer.status, answer.challenges]).toEqual([403, []]);
      }
    });
  });

  it.each<[dropped: string, validate: (claims: Claims) => unknown]>([
    ['acr', ({ acr, ...rest }) => rest],
    ['auth_time', ({ auth_time, ...rest }) => rest],
    ['acr', ({ sub }) => ({ id: sub })],
    ['acr', ({ sub }) => sub],
  ])('answers 500 where validate() drops %s, and the log says what to do', async (dropped, validate) => {
    await answers(validate, {}, async (application) => {
      const token = await server.accessToken({ acr: 'urn:mfa' });
      for (const path of ['/mfa', '/passport-first', '/recent']) {
        log.lines.length = 0;
        const answer = await application.send(path, { token });
        expect([answer.status, answer.body, answer.challenges]).toEqual([500, internal, []]);
        expect(log.lines).toEqual([
          `[misconfigured] The access token carries "${dropped}", but request.user does not: the validate() of the ` +
            'Passport strategy "jwt" drops it; return it there, or give the option "authenticationEvent"',
        ]);
      }
      expect(ran).toBe(0);
    });
  });

  it.each<[what: string, validate: (claims: Claims) => unknown, reported: number]>([
    ['acr', ({ acr, ...rest }) => rest, 3],
    ['everything', ({ sub }) => ({ id: sub }), 4],
  ])('in report mode records as missing what validate() drops: %s, and warns once', async (_, validate, reported) => {
    await answers(validate, { mode: 'report' }, async (application) => {
      const token = await server.accessToken({ acr: 'urn:mfa' });
      for (const path of ['/mfa', '/mfa', '/recent']) {
        expect((await application.send(path, { token })).status).toBe(200);
      }
      const weak = await server.accessToken({ acr: 'urn:pwd' });
      expect((await application.send('/mfa', { token: weak })).status).toBe(200);
      expect(log.lines.filter((line) => line.includes('event_dropped'))).toEqual([
        '[event_dropped] jwt: The access token carries "acr", but request.user does not: the validate() of the Passport ' +
          'strategy "jwt" drops it; return it there, or give the option "authenticationEvent"',
      ]);
      expect(log.lines.filter((line) => line.startsWith('[reported]'))).toHaveLength(reported);
      expect(ran).toBe(4);
    });
  });

  it.each<[what: string, validate: (claims: Claims) => unknown]>([
    ['drops the scope', ({ sub }) => ({ sub })],
    ['gives another scope', ({ sub }) => ({ sub, scope: 'read' })],
  ])('in report mode takes nothing from the token that could let it through: validate() %s', async (_, validate) => {
    await answers(validate, { mode: 'report' }, async (application) => {
      const token = await server.accessToken({ acr: 'urn:mfa', scope: 'pay' });
      const answer = await application.send('/scoped', { token });
      expect([answer.status, answer.body['error']]).toEqual([403, 'insufficient_scope']);
      expect(ran).toBe(0);
    });
  });

  it('in report mode takes no scope from a token that nobody has verified, beside a user of the session', async () => {
    sessionUser = { sub: 'alice', scope: 'read' };
    await answers(
      (claims) => claims,
      { mode: 'report' },
      async (application) => {
        const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
        const forged = `${part({ alg: 'RS256' })}.${part({ acr: 'urn:mfa', scope: 'pay' })}.AAAA`;
        const answer = await application.send('/scoped', { token: forged });
        expect([answer.status, answer.body['error']]).toEqual([403, 'insufficient_scope']);
        expect(ran).toBe(0);
      },
    );
  });

  it('challenges where the token carries neither, and warns once', async () => {
    await answers(
      (claims) => claims,
      {},
      async (application) => {
        for (let request = 0; request < 3; request += 1) {
          const answer = await application.send('/mfa', { token: await server.accessToken({ authTime: null }) });
          expect([answer.status, answer.challenges, answer.body['reasons']]).toEqual([
            401,
            mfaChallenge,
            ['acr_missing'],
          ]);
        }
        expect(log.lines.filter((line) => line.startsWith('[event_missing]'))).toEqual([
          `[event_missing] ${server.issuer}: neither acr nor auth_time is in the token; the authorization server has to be ` +
            'told to put them there',
        ]);
      },
    );
  });

  it('reads the getters of a user that is a model', async () => {
    class User {
      readonly #claims: Claims;

      constructor(claims: Claims) {
        this.#claims = claims;
      }

      get acr() {
        return this.#claims['acr'];
      }
    }
    await answers(
      (claims) => new User(claims),
      {},
      async (application) => {
        expect((await application.send('/mfa', { token: await server.accessToken({ acr: 'urn:mfa' }) })).status).toBe(
          500,
        );
        const token = await server.accessToken({ acr: 'urn:mfa', authTime: null });
        expect((await application.send('/mfa', { token })).status).toBe(200);
      },
    );
  });

  it('warns once for all issuers that are not configured, and writes none of them to the log', async () => {
    await answers(
      ({ jti, ...claims }) => ({ ...claims, iss: `https://${jti}.example\n[forged] line` }),
      {},
      async (application) => {
        for (let request = 0; request < 3; request += 1) {
          const answer = await application.send('/recent', { token: await server.accessToken({ authTime: null }) });
          expect([answer.status, answer.body['reasons']]).toEqual([401, ['auth_time_missing']]);
        }
        expect(log.lines).toEqual([
          expect.stringMatching(/^\[event_missing\] request\.user: .+$/),
          expect.stringMatching(/^\[auth_time_missing\] request\.user: .+$/),
        ]);
      },
    );
  });

  it('answers 500 where nothing authenticates: no user, no strategy', async () => {
    await answers(undefined, {}, async (application) => {
      const answer = await application.send('/mfa', { token: await server.accessToken({ acr: 'urn:mfa' }) });
      expect([answer.status, answer.body]).toEqual([500, internal]);
      expect(log.lines).toEqual([
        '[misconfigured] No user is on the request and Passport has no strategy "jwt"; let a guard that runs before ' +
          'AcrGuard put the user there, register the strategy as a provider, ' +
          'or name yours in "strategyName"',
      ]);
      expect(ran).toBe(0);
    });
  });

  it('says in the log of the boot what a guard of another strategy does', async () => {
    await expect(start((claims) => claims, { strategyName: 'other' })).rejects.toThrow(
      new TypeError(
        'BankController.passportFirst has a Passport guard of another strategy than "other" beside its step-up ' +
          'requirement; use one strategy, or name it in "strategyName" with "passport": \'existing\'',
      ),
    );
  });

  describe('authenticationEvent', () => {
    type Answered = [status: number, reasons?: unknown];
    const at = (authTime?: number): AuthenticationEvent => ({
      acr: 'urn:mfa',
      ...(authTime !== undefined && { authTime }),
    });

    it.each<[gives: string, event: StepUpModuleOptions['authenticationEvent'], answered: Answered, log: string[]]>([
      ['the event', () => at(), [200], []],
      ['the event later', async () => at(), [200], []],
      ['{}: none recorded', () => ({}), [401, ['acr_missing']], []],
      [
        'undefined: cannot tell',
        () => undefined,
        [500],
        [
          '[misconfigured] "authenticationEvent" cannot tell the event of this request; return {} if none is recorded, and null if ' +
            'nobody has signed in',
        ],
      ],
      [
        'undefined later',
        async () => undefined,
        [500],
        [
          '[misconfigured] "authenticationEvent" cannot tell the event of this request; return {} if none is recorded, and null if ' +
            'nobody has signed in',
        ],
      ],
      ['null: nobody', () => null, [401], []],
      ['an acr in a list', () => ({ acr: ['urn:mfa'] }) as never, [401, ['acr_missing']], []],
    ])('that gives %s', async (_gives, authenticationEvent, [status, reasons], lines) => {
      // the event replaces what request.user says, and what validate() drops does not matter then
      await answers(
        ({ sub }) => ({ id: sub }),
        { authenticationEvent },
        async (application) => {
          const answer = await application.send('/mfa', { token: await server.accessToken({ acr: 'urn:pwd' }) });
          expect([answer.status, answer.body['reasons']]).toEqual([status, reasons]);
          expect(log.lines.filter((line) => line.startsWith('[misconfigured]'))).toEqual(lines);
          expect(ran).toBe(status === 200 ? 1 : 0);
        },
      );
    });

    it('that throws is answered 500', async () => {
      const authenticationEvent = () => {
        throw new Error('no session store');
      };
      await answers(
        (claims) => claims,
        { authenticationEvent },
        async (application) => {
          const answer = await application.send('/mfa', { token: await server.accessToken({ acr: 'urn:mfa' }) });
          expect([answer.status, answer.body['statusCode'], ran]).toEqual([500, 500, 0]);
        },
      );
    });

    it('needs no strategy where it knows the user itself', async () => {
      const authenticationEvent = () => ({ ...at(), subject: 'alice' });
      await answers(undefined, { authenticationEvent }, async (application) => {
        expect((await application.send('/mfa')).status).toBe(200);
      });
    });
  });

  describe('an event without issuer', () => {
    const other = { issuer: 'https://other.example', audience: 'https://api.example', acr: { mfa: 'two-factors' } };
    const withoutIssuer = ({ iss, ...rest }: Claims) => rest;
    const send = (application: RunningApplication, options: TestAccessTokenOptions) =>
      server.accessToken(options).then((token) => application.send('/mfa', { token }));

    it('is of the only server there is', async () => {
      await answers(withoutIssuer, {}, async (application) => {
        expect((await send(application, { acr: 'urn:mfa' })).status).toBe(200);
        expect((await send(application, { acr: 'mfa' })).challenges).toEqual(mfaChallenge);
      });
    });

    it('is answered 500 beside several', async () => {
      await answers(withoutIssuer, { authorizationServers: [ours(), other] }, async (application) => {
        expect((await send(application, { acr: 'urn:mfa' })).status).toBe(500);
        expect(log.lines).toEqual([
          '[misconfigured] The authentication event has no issuer and several authorization servers are configured; ' +
            'let request.user carry "iss", or the option "authenticationEvent" return "issuer"',
        ]);
      });
    });

    it('with issuer it is judged by the strings of that server', async () => {
      const options = { authorizationServers: [ours(), other] };
      await answers(
        (claims) => ({ ...claims, iss: other.issuer }),
        options,
        async (application) => {
          expect((await send(application, { acr: 'two-factors' })).status).toBe(200);
          const answer = await send(application, { acr: 'urn:mfa' });
          expect([answer.status, answer.body['acr_values']]).toEqual([401, 'two-factors']);
        },
      );
    });

    it('of a server that is not configured is refused without a challenge', async () => {
      await answers(
        (claims) => ({ ...claims, iss: 'https://stranger.example' }),
        {},
        async (application) => {
          const answer = await send(application, { acr: 'urn:mfa' });
          expect([answer.status, answer.challenges, ran]).toEqual([403, [], 0]);
        },
      );
    });
  });

  it('takes words literally where no server is configured', async () => {
    const application = await startApplication({
      createAdapter,
      controllers: [BankController],
      providers: [strategy(({ iss, ...claims }) => claims)],
      options: { passport: 'existing' },
    });
    const statuses = [];
    for (const acr of ['mfa', 'urn:mfa']) {
      statuses.push((await application.send('/mfa', { token: await server.accessToken({ acr }) })).status);
    }
    await application.close();
    expect(statuses).toEqual([200, 401]);
  });
});
