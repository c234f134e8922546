import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  Req,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuthGuard, PassportModule } from '@nestjs/passport';
import { AccessTokenGuard, AcrGuard, Public, RequireAcr } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import passport from 'passport';
import { isRegistered } from '../../../lib/passport/index.js';
import { AccessTokenVerifier } from '../../../lib/token/index.js';
import { adapters, captureLog, type RunningApplication, startApplication } from '../../support/application.js';
import { type BootSetup, bootFailure } from '../../support/boot.js';

interface WithUser {
  user?: unknown;
  headers?: Record<string, unknown>;
}

@Injectable()
class JwtGuard extends AuthGuard('jwt') {}

/** Authenticates where it can and lets everybody through, as guards for optional sign-in do. */
@Injectable()
class OptionalGuard extends AuthGuard('jwt') {
  override handleRequest<User>(_error: unknown, user: User): User {
    return user;
  }
}

/** Says of the user of the token what the token does not say. */
@Injectable()
class SameUserGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    const request = context.switchToHttp().getRequest<WithUser>();
    const [, payload = ''] = (request.headers?.['authorization'] as string | undefined)?.split('.') ?? [];
    const { sub } = payload === '' ? { sub: 'bob' } : JSON.parse(Buffer.from(payload, 'base64url').toString());
    request.user = { sub, acr: 'mfa', auth_time: Math.floor(Date.now() / 1000) };
    return true;
  }
}

@Injectable()
class ImpostorGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    context.switchToHttp().getRequest<WithUser>().user = { sub: 'root' };
    return true;
  }
}

const guarded = (path: string, ...guards: Parameters<typeof UseGuards>): Type => {
  @Controller(path)
  class GuardedController {
    @Get()
    @UseGuards(...guards)
    @RequireAcr('mfa')
    show(@Req() { user }: WithUser) {
      return { user };
    }
  }
  return GuardedController;
};

@Controller('plain')
class PlainController {
  @Get()
  @UseGuards(AuthGuard('jwt'))
  show(@Req() { user }: WithUser) {
    return { user };
  }

  @Get('open')
  open(@Req() { user }: WithUser) {
    return { user: user ?? 'nobody' };
  }

  @Get('public')
  @Public()
  public(@Req() { user }: WithUser) {
    return { user: user ?? 'nobody' };
  }
}

const orders = [
  ['passport-first', [AuthGuard('jwt'), AcrGuard]],
  ['acr-first', [AcrGuard, AuthGuard('jwt')]],
  ['acr-alone', []],
  ['subclass', [JwtGuard, AcrGuard]],
  ['subclass-last', [AcrGuard, JwtGuard]],
  ['optional', [OptionalGuard]],
  ['optional-last', [AcrGuard, OptionalGuard]],
  ['default', [AuthGuard(), AcrGuard]],
  ['token-guard', [AccessTokenGuard, AcrGuard]],
  ['token-guard-last', [AcrGuard, AccessTokenGuard]],
  ['everything', [AccessTokenGuard, AuthGuard('jwt'), AcrGuard, JwtGuard]],
  // @RequireAcr stands nearest to the method, so that its guard runs before these
  ['user-between', [SameUserGuard, AcrGuard]],
] as const;

const log = captureLog();
const verify = jest.spyOn(AccessTokenVerifier.prototype, 'verify');
beforeEach(() => {
  verify.mockClear();
});
afterAll(() => {
  log.restore();
  verify.mockRestore();
});

describe.each(adapters)('whose authentication is judged, %s', (_, createAdapter) => {
  let server: TestAuthorizationServer;
  beforeAll(async () => {
    server = await createTestAuthorizationServer();
  });
  afterAll(async () => {
    await server?.close();
  });

  const servers = () => [{ issuer: server.issuer, audience: server.audience }];

  describe.each<[global: string, guards: Type<CanActivate>[]]>([
    ['no global guard', []],
    ['AcrGuard as APP_GUARD', [AcrGuard]],
    ['AccessTokenGuard as APP_GUARD', [AccessTokenGuard]],
    ['AuthGuard as APP_GUARD', [JwtGuard]],
    ['all of them', [AcrGuard, JwtGuard, AccessTokenGuard]],
  ])('%s', (_global, guards) => {
    let application: RunningApplication;
    let users = 0;

    beforeAll(async () => {
      application = await startApplication({
        createAdapter,
        controllers: [
          PlainController,
          ...orders.map(([path, more]) => guarded(path, ...more)),
          guarded('impostor-between', ImpostorGuard, AcrGuard),
        ],
        imports: [PassportModule.register({ defaultStrategy: 'jwt' })],
        providers: guards.map((guard) => ({ provide: APP_GUARD, useClass: guard })),
        options: {
          authorizationServers: servers(),
          user: async (claims) => {
            users += 1;
            return { name: claims['sub'] };
          },
        },
      });
    });
    beforeEach(() => {
      users = 0;
    });
    afterAll(() => application?.close());

    it.each(orders)('RS-25 RS-90 %s: the same answers in every order of guards', async (path) => {
      const without = await application.send(`/${path}`);
      expect([without.status, without.challenges]).toEqual([401, ['Bearer realm="api"']]);

      const refused = await application.send(`/${path}`, {
        token: await server.accessToken({ acr: 'pwd', expiresIn: -60 }),
      });
      expect([refused.status, refused.challenges]).toEqual([
        401,
        ['Bearer realm="api", error="invalid_token", error_description="The access token has expired"'],
      ]);

      const weak = await application.send(`/${path}`, { token: await server.accessToken({ acr: 'pwd' }) });
      expect([weak.status, weak.challenges]).toEqual([
        401,
        [
          'Bearer realm="api", error="insufficient_user_authentication", ' +
            'error_description="A different authentication is required", acr_values="mfa"',
        ],
      ]);
    });

    it('a guard that puts another user on the request is answered 500, and the handler does not run', async () => {
      const answer = await application.send('/impostor-between', { token: await server.accessToken({ acr: 'mfa' }) });
      expect([answer.status, answer.body]).toEqual([500, { statusCode: 500, message: 'Internal Server Error' }]);
    });

    it.each(orders)('%s: the handler receives the user of the token, verified once', async (path) => {
      const token = await server.accessToken({ acr: 'mfa', subject: 'bob' });
      const answer = await application.send(`/${path}`, { token });
      expect(answer.body).toEqual({ user: { name: 'bob' } });
      expect(verify).toHaveBeenCalledTimes(1);
      expect(users).toBe(1);
    });

    it('a plain AuthGuard answers with challenges and verifies once', async () => {
      const without = await application.send('/plain');
      expect([without.status, without.challenges]).toEqual([401, ['Bearer realm="api"']]);
      const answer = await application.send('/plain', { token: await server.accessToken({ subject: 'bob' }) });
      expect(answer.body).toEqual({ user: { name: 'bob' } });
      expect(verify).toHaveBeenCalledTimes(1);
    });
  });

  it('AcrGuard as APP_GUARD lets handlers without requirement through, AccessTokenGuard only public ones', async () => {
    const start = (guard: Type<CanActivate>) =>
      startApplication({
        createAdapter,
        controllers: [PlainController],
        providers: [{ provide: APP_GUARD, useClass: guard }],
        options: { authorizationServers: servers() },
      });
    const results: Record<string, unknown> = {};
    for (const guard of [AcrGuard, AccessTokenGuard]) {
      const application = await start(guard);
      for (const path of ['/plain/open', '/plain/public']) {
        const statuses = [];
        for (const send of [{}, { token: 'no.such.token' }, { headers: { authorization: 'Bearer a, Bearer b' } }]) {
          statuses.push((await application.send(path, send)).status);
        }
        results[`${guard.name} ${path}`] = statuses;
      }
      await application.close();
    }
    expect(results).toEqual({
      'AcrGuard /plain/open': [200, 200, 200],
      'AcrGuard /plain/public': [200, 200, 200],
      'AccessTokenGuard /plain/open': [401, 401, 400],
      'AccessTokenGuard /plain/public': [200, 200, 200],
    });
    expect(verify).toHaveBeenCalledTimes(1);
  });

  it.each([undefined, null, false])('a `user` option that gives %s refuses the token', async (nobody) => {
    const application = await startApplication({
      createAdapter,
      controllers: [guarded('alone')],
      options: { authorizationServers: servers(), user: () => nobody },
    });
    const answer = await application.send('/alone', { token: await server.accessToken({ acr: 'mfa' }) });
    await application.close();
    expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_token']);
  });

  it('what a handler writes to request.user does not reach the next request', async () => {
    @Controller('writes')
    class WritingController {
      @Get()
      @RequireAcr({ maxAge: 300 })
      write(@Req() { user }: { user: Record<string, unknown> }) {
        const found = user['role'];
        user['role'] = 'admin';
        return { found: found ?? 'none' };
      }
    }
    const application = await startApplication({
      createAdapter,
      controllers: [WritingController],
      options: { authorizationServers: servers() },
    });
    const token = await server.accessToken();
    const answers = [await application.send('/writes', { token }), await application.send('/writes', { token })];
    await application.close();
    expect(answers.map(({ body }) => body)).toEqual([{ found: 'none' }, { found: 'none' }]);
  });

  describe('two applications in one process with the same strategy name', () => {
    let other: TestAuthorizationServer;
    let first: RunningApplication;
    let second: RunningApplication;

    beforeAll(async () => {
      other = await createTestAuthorizationServer();
      const start = ({ issuer, audience }: TestAuthorizationServer) =>
        startApplication({
          createAdapter,
          controllers: [...orders.map(([path, more]) => guarded(path, ...more)), PlainController],
          imports: [PassportModule.register({ defaultStrategy: 'jwt' })],
          options: { authorizationServers: [{ issuer, audience }] },
        });
      first = await start(server);
      second = await start(other);
    });
    afterAll(async () => {
      await first?.close();
      await second?.close();
      await other?.close();
    });

    it.each(orders)('%s: what the other one accepts is not ours', async (path) => {
      const token = await other.accessToken({ acr: 'mfa' });
      expect((await second.send(`/${path}`, { token })).status).toBe(200);
      const answer = await first.send(`/${path}`, { token });
      expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_token']);
    });

    it.each(['/plain', '/passport-first'])(
      'each serves its own tokens alone, though Passport has one strategy: %s',
      async (path) => {
        const tokens = [await server.accessToken({ acr: 'mfa' }), await other.accessToken({ acr: 'mfa' })];
        const statuses = async ({ send }: RunningApplication) =>
          Promise.all(tokens.map(async (token) => (await send(path, { token })).status));
        expect([await statuses(first), await statuses(second)]).toEqual([
          [200, 401],
          [401, 200],
        ]);
      },
    );

    it('each serves its own tokens', async () => {
      const own = await first.send('/acr-alone', { token: await server.accessToken({ acr: 'mfa' }) });
      expect(own.status).toBe(200);
    });

    it('the later one keeps its strategy when the earlier one shuts down, and takes it out itself', async () => {
      await first.close();
      expect(isRegistered('jwt')).toBe(true);
      const token = await other.accessToken({ acr: 'mfa' });
      expect((await second.send('/passport-first', { token })).status).toBe(200);
      await second.close();
      expect(isRegistered('jwt')).toBe(false);
    });
  });
});

describe('a strategy name that somebody else has', () => {
  const foreign = { name: 'jwt', authenticate() {} };
  beforeEach(() => void passport.use('jwt', foreign));
  afterEach(() => void passport.unuse('jwt'));

  it('stops the boot', async () => {
    expect(await bootFailure({})).toEqual(
      new TypeError(
        'The Passport strategy "jwt" is registered by somebody else; remove it, give "strategyName" another name, ' +
          'or say "passport": \'existing\' to use it',
      ),
    );
    expect(isRegistered('jwt')).toBe(true);
  });

  it('is left alone under another name', async () => {
    const options = {
      authorizationServers: [{ issuer: 'https://as.example', audience: 'https://api.example' }],
      strategyName: 'access-token',
    };
    expect(await bootFailure({ options })).toBe(undefined);
    expect([isRegistered('jwt'), isRegistered('access-token')]).toEqual([true, false]);
  });
});

describe('a Passport guard of another strategy beside a requirement', () => {
  @Injectable()
  class BasicGuard extends AuthGuard('basic') {}

  @Injectable()
  class DeepGuard extends BasicGuard {
    override async canActivate(context: ExecutionContext) {
      return (await super.canActivate(context)) as boolean;
    }
  }

  @Controller('class')
  @UseGuards(BasicGuard)
  class ClassController {
    @Get()
    @RequireAcr('mfa')
    show() {}
  }

  @Controller()
  @RequireAcr('mfa')
  class BaseController {}

  @Controller('derived')
  class DerivedController extends BaseController {
    @Get()
    @UseGuards(BasicGuard)
    show() {}
  }

  const alone = guarded('alone');
  const passportModule = (defaultStrategy: string) => PassportModule.register({ defaultStrategy });
  it.each<[where: string, route: string, setup: BootSetup]>([
    ['on the method, before', 'GuardedController', { controllers: [guarded('x', BasicGuard, AcrGuard)] }],
    ['on the method, after', 'GuardedController', { controllers: [guarded('x', AcrGuard, BasicGuard)] }],
    ['unnamed', 'GuardedController', { controllers: [guarded('x', AuthGuard('basic'))] }],
    ['as an instance', 'GuardedController', { controllers: [guarded('x', new BasicGuard())] }],
    ['a subclass of a subclass', 'GuardedController', { controllers: [guarded('x', DeepGuard)] }],
    [
      'of several strategies, ours among them',
      'GuardedController',
      {
        controllers: [guarded('x', AuthGuard(['jwt', 'basic']))],
      },
    ],
    ['on the class', 'ClassController', { controllers: [ClassController] }],
    ['on a derived class', 'DerivedController', { controllers: [DerivedController] }],
    [
      'by useGlobalGuards',
      'GuardedController',
      {
        controllers: [alone],
        configure: (app) => void app.useGlobalGuards(new BasicGuard()),
      },
    ],
    [
      'as APP_GUARD',
      'GuardedController',
      {
        controllers: [alone],
        providers: [{ provide: APP_GUARD, useClass: BasicGuard }],
      },
    ],
    [
      'by a default strategy',
      'GuardedController',
      {
        controllers: [guarded('x', AuthGuard())],
        imports: [passportModule('basic')],
      },
    ],
    [
      'by one of two default strategies',
      'GuardedController',
      {
        controllers: [guarded('x', AuthGuard())],
        imports: [passportModule('jwt'), passportModule('basic')],
      },
    ],
    ['without a default strategy', 'GuardedController', { controllers: [guarded('x', AuthGuard())] }],
  ])('stops the boot: %s', async (_where, controller, setup) => {
    expect(await bootFailure(setup)).toEqual(
      new TypeError(
        `${controller}.show has a Passport guard of another strategy than "jwt" beside its step-up requirement; ` +
          'use one strategy, or name it in "strategyName" with "passport": \'existing\'',
      ),
    );
  });

  it('is nobody’s business on a route without a requirement', async () => {
    @Controller()
    class OpenController {
      @Get()
      @UseGuards(BasicGuard)
      show() {}

      @Get('public')
      @UseGuards(BasicGuard)
      @Public()
      public() {}
    }
    expect(await bootFailure({ controllers: [OpenController] })).toBe(undefined);
  });

  it('is ours by the default strategy, and by another name', async () => {
    expect(await bootFailure({ controllers: [guarded('x', AuthGuard())], imports: [passportModule('jwt')] })).toBe(
      undefined,
    );
    expect(
      await bootFailure({
        controllers: [guarded('x', AuthGuard('access-token'))],
        options: {
          authorizationServers: [{ issuer: 'https://as.example', audience: 'https://api.example' }],
          strategyName: 'access-token',
        },
      }),
    ).toBe(undefined);
  });
});
