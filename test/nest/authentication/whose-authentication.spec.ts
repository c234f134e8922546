import type { IncomingMessage } from 'node:http';
import { type CanActivate, Controller, Get, Injectable, Req, Scope, type Type, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuthGuard, PassportModule } from '@nestjs/passport';
import { AccessTokenGuard, AcrGuard, RequireAcr } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { isRegistered } from '../../../lib/passport/index.js';
import { AccessTokenVerifier } from '../../../lib/token/index.js';
import { challenged, invalidToken, withoutToken } from '../../support/challenged.js';
import { secondsAgo } from '../../support/clock.js';
import { describeOverHttp, type Send } from '../../support/describe-over-http.js';
import { done, impostorGuard, userHandler } from '../../support/handler.js';

@Injectable()
class JwtGuard extends AuthGuard('jwt') {}

/** Authenticates where it can and lets everybody pass, as guards for optional sign-in do. */
@Injectable()
class OptionalGuard extends AuthGuard('jwt') {
  override handleRequest<User>(_error: unknown, user: User): User {
    return user;
  }
}

/** Says of the user of the token what the token does not say. */
const sameUserGuard = impostorGuard({ sub: 'bob', acr: 'mfa', auth_time: secondsAgo(0) });

const orders: [path: string, guards: Parameters<typeof UseGuards>][] = [
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
  ['user-between', [sameUserGuard, AcrGuard]],
];
const guarded = (path: string, guards: Parameters<typeof UseGuards> = []) =>
  userHandler(Get(path), UseGuards(...guards), RequireAcr('mfa'));
const plain = userHandler(Get('plain'), UseGuards(AuthGuard('jwt')));
const passportModule = PassportModule.register({ defaultStrategy: 'jwt' });

const verify = jest.spyOn(AccessTokenVerifier.prototype, 'verify');
beforeEach(() => void verify.mockClear());
afterAll(() => verify.mockRestore());

describeOverHttp('whose authentication is judged', ({ serve, accessToken, server }) => {
  describe.each<[global: string, guards: Type<CanActivate>[]]>([
    ['no global guard', []],
    ['AcrGuard as APP_GUARD', [AcrGuard]],
    ['AccessTokenGuard as APP_GUARD', [AccessTokenGuard]],
    ['AuthGuard as APP_GUARD', [JwtGuard]],
    ['all of them as APP_GUARD', [AcrGuard, JwtGuard, AccessTokenGuard]],
  ])('with %s', (_, globalGuards) => {
    const user = jest.fn(async ({ sub }: Record<string, unknown>) => ({ name: sub }));
    let send: Send;
    beforeAll(async () => {
      send = await serve(
        {
          controllers: [
            plain,
            ...orders.map((order) => guarded(...order)),
            guarded('impostor-between', [impostorGuard({ sub: 'root' }), AcrGuard]),
          ],
          imports: [passportModule],
          providers: globalGuards.map((useClass) => ({ provide: APP_GUARD, useClass })),
        },
        { user },
      );
    });
    beforeEach(() => void user.mockClear());

    it.each(orders)('RS-25 RS-90 the responses are the same in every order of guards: %s', async (order) => {
      const path = `/${order}`;
      expect(await send({ path })).toEqual(withoutToken());
      const expired = await accessToken({ acr: 'pwd', subject: 'bob', expiresIn: -60 });
      expect(await send({ path, token: expired })).toEqual(invalidToken('The access token has expired'));
      const weak = await send({ path, token: await accessToken({ acr: 'pwd', subject: 'bob' }) });
      expect(weak).toEqual(challenged({ acrValues: ['mfa'], reasons: ['acr_unmet'] }));
    });

    it.each(orders)('the handler receives the user of the token, which is verified once: %s', async (order) => {
      const { body } = await send({ path: `/${order}`, token: await accessToken({ acr: 'mfa', subject: 'bob' }) });
      expect(body).toEqual({ user: { name: 'bob' } });
      expect(verify).toHaveBeenCalledTimes(1);
      expect(user).toHaveBeenCalledTimes(1);
    });

    it('a guard that puts another user on the request is answered 500, and the handler does not run', async () => {
      const response = await send({ path: '/impostor-between', token: await accessToken({ acr: 'mfa' }) });
      expect(response).toMatchObject({ status: 500, body: { statusCode: 500, message: 'Internal server error' } });
      expect(done).not.toHaveBeenCalled();
    });

    it('a plain AuthGuard answers with challenges and verifies once', async () => {
      expect(await send({ path: '/plain' })).toEqual(withoutToken());
      const { body } = await send({ path: '/plain', token: await accessToken({ subject: 'bob' }) });
      expect(body).toEqual({ user: { name: 'bob' } });
      expect(verify).toHaveBeenCalledTimes(1);
    });
  });

  it.each([undefined, null, false])('a `user` option that gives %s refuses the token', async (nobody) => {
    const send = await serve(guarded('/'), { user: () => nobody });
    const { status, body } = await send({ token: await accessToken({ acr: 'mfa' }) });
    expect({ status, body }).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
  });

  it('what a handler writes to request.user does not reach the next request', async () => {
    @Controller()
    class WritingController {
      @Get()
      @RequireAcr({ maxAge: 300 })
      write(@Req() { user }: { user: Record<string, unknown> }) {
        const { role = 'none' } = user;
        user['role'] = 'admin';
        return { role };
      }
    }
    const send = await serve(WritingController);
    const token = await accessToken();
    expect(await send({ token })).toMatchObject({ status: 200, body: { role: 'none' } });
    expect(await send({ token })).toMatchObject({ status: 200, body: { role: 'none' } });
  });

  describe('two applications in one process with the same strategy name', () => {
    let other: TestAuthorizationServer;
    let first: Send;
    let second: Send;
    beforeAll(async () => {
      other = await createTestAuthorizationServer();
      const serveFor = ({ issuer, audience }: TestAuthorizationServer) =>
        serve(
          { controllers: [plain, ...orders.map((order) => guarded(...order))], imports: [passportModule] },
          { authorizationServers: [{ issuer, audience }] },
        );
      first = await serveFor(server);
      second = await serveFor(other);
    });
    afterAll(() => other?.close());

    it.each(orders)('a token that the other application accepts is refused by ours: %s', async (order) => {
      const request = { path: `/${order}`, token: await other.accessToken({ acr: 'mfa', subject: 'bob' }) };
      expect(await second(request)).toMatchObject({ status: 200 });
      expect(await first(request)).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    });

    it.each(['/plain', '/passport-first'])(
      'each serves its own tokens alone, though Passport has one strategy: %s',
      async (path) => {
        const ours = { path, token: await accessToken({ acr: 'mfa' }) };
        const theirs = { path, token: await other.accessToken({ acr: 'mfa' }) };
        const responses = [await first(ours), await first(theirs), await second(ours), await second(theirs)];
        expect(responses.map(({ status }) => status)).toEqual([200, 401, 401, 200]);
      },
    );

    it('each serves its own tokens if Passport is not asked', async () => {
      const response = await first({ path: '/acr-alone', token: await accessToken({ acr: 'mfa' }) });
      expect(response.status).toBe(200);
    });

    it('the later one keeps its strategy when the earlier one shuts down, and takes it out itself', async () => {
      await first.app.close();
      expect(isRegistered('jwt')).toBe(true);
      const response = await second({ path: '/passport-first', token: await other.accessToken({ acr: 'mfa' }) });
      expect(response.status).toBe(200);
      await second.app.close();
      expect(isRegistered('jwt')).toBe(false);
    });
  });
});

/** Has Passport put the user elsewhere, which only this method tells. */
@Injectable()
class AccountGuard extends AuthGuard('jwt') {
  override getAuthenticateOptions() {
    return { property: 'account' };
  }
}

@Injectable()
class AsyncAccountGuard extends AuthGuard('jwt') {
  override getAuthenticateOptions = async () => ({ property: 'account' });
}

const swapAccount = (account: unknown): CanActivate => ({
  canActivate(context) {
    context.switchToHttp().getRequest().account = account;
    return true;
  },
});

describeOverHttp('a property that only getAuthenticateOptions() names', ({ serve, accessToken }) => {
  const accountHandler = (...guards: Parameters<typeof UseGuards>) => {
    @Controller()
    class AccountController {
      @Get()
      @UseGuards(...guards)
      @RequireAcr('mfa')
      transfer(@Req() { account }: { account?: unknown }) {
        return done() && { account };
      }
    }
    return AccountController;
  };
  const token = () => accessToken({ acr: 'mfa', subject: 'bob' });

  it.each<[order: string, guards: Parameters<typeof UseGuards>]>([
    ['before AcrGuard', [AccountGuard, AcrGuard, swapAccount({ sub: 'alice' })]],
    ['after AcrGuard', [AcrGuard, AccountGuard, swapAccount({ sub: 'alice' })]],
    ['by a field of the guard, later', [AsyncAccountGuard, AcrGuard, swapAccount({ sub: 'alice' })]],
    ['before Passport', [swapAccount({ sub: 'alice' }), AcrGuard, AccountGuard, swapAccount({ sub: 'alice' })]],
  ])('AT-5 holds the judged user, and nobody else: %s', async (_, guards) => {
    const send = await serve({ controllers: [accountHandler(...guards)], imports: [passportModule] });
    expect(await send({ token: await token() })).toMatchObject({ status: 500 });
    expect(done).not.toHaveBeenCalled();
  });

  it('holds the judged user for the handler', async () => {
    const send = await serve({ controllers: [accountHandler(AccountGuard, AcrGuard)], imports: [passportModule] });
    const { status, body } = await send({ token: await token() });
    expect({ status, body }).toMatchObject({ status: 200, body: { account: { sub: 'bob' } } });
  });

  /** The boot does not see where such a guard puts the user. */
  const scoped: [what: string, guard: Type<CanActivate>][] = [
    ['for each request, by a method', Injectable({ scope: Scope.REQUEST }) as never],
    ['for each request, by a field', Injectable({ scope: Scope.REQUEST }) as never],
    ['for each use, by a field', Injectable({ scope: Scope.TRANSIENT }) as never],
  ].map(([what, decorate], index) => {
    const Base = index === 0 ? AccountGuard : AsyncAccountGuard;
    class ScopedGuard extends Base {}
    (decorate as unknown as ClassDecorator)(ScopedGuard);
    return [what as string, ScopedGuard as Type<CanActivate>];
  });

  it.each(scoped)('AT-5 holds the judged user if the guard is made %s, before AcrGuard', async (_, guard) => {
    const below = (...more: Parameters<typeof UseGuards>) => {
      @Controller()
      @UseGuards(guard)
      class AccountController {
        @Get()
        @UseGuards(...more)
        @RequireAcr('mfa')
        transfer(@Req() { account }: { account?: unknown }) {
          return done() && { account };
        }
      }
      return { controllers: [AccountController], imports: [passportModule] };
    };
    const swapped = await serve(below(swapAccount({ sub: 'alice' })));
    expect(await swapped({ token: await token() })).toMatchObject({ status: 500 });
    expect(done).not.toHaveBeenCalled();
    const kept = await serve(below());
    expect(await kept({ token: await token() })).toMatchObject({ status: 200, body: { account: { sub: 'bob' } } });
  });

  it.each(scoped)('AT-5 stops the boot if the guard is made %s, after AcrGuard', async (_, guard) => {
    const served = { controllers: [accountHandler(AcrGuard, guard)], imports: [passportModule] };
    await expect(serve(served)).rejects.toEqual(
      new TypeError(
        'A Passport guard of AccountController.transfer is made for each request and runs after AcrGuard, so that nobody ' +
          'sees where it puts the user; bind it before AcrGuard (on the class, or below @RequireAcr), or give it the default ' +
          'scope',
      ),
    );
  });

  class ConstructedGuard extends AuthGuard('jwt') {
    constructor() {
      super({ property: 'account' });
    }
  }
  it.each<[what: string, guard: () => Parameters<typeof UseGuards>[0]]>([
    ['by the constructor of its class', () => ConstructedGuard],
    ['by the one who makes it', () => new (AuthGuard('jwt'))({ property: 'account' })],
  ])('AT-5 holds the judged user if the property is given %s', async (_, guard) => {
    const controllers = [accountHandler(guard(), AcrGuard, swapAccount({ sub: 'alice' }))];
    const send = await serve({ controllers });
    expect(await send({ token: await token() })).toMatchObject({ status: 500 });
    expect(done).not.toHaveBeenCalled();
  });
});

describeOverHttp('a token that only the option "accessToken" finds', ({ serve, accessToken }) => {
  it.each<[seen: string, token: string | undefined]>([
    ['no token', undefined],
    ['a token that is none', 'no.such.token'],
  ])('is judged also if a guard of Passport has seen %s before', async (_, token) => {
    const send = await serve(userHandler(UseGuards(OptionalGuard, AcrGuard), RequireAcr('mfa')), {
      accessToken: (context) => context.switchToHttp().getRequest<IncomingMessage>().headers['x-token']?.toString(),
    });
    const headers = { 'x-token': await accessToken({ acr: 'mfa', subject: 'bob' }) };
    expect(await send({ token, headers })).toMatchObject({ status: 200, body: { user: { sub: 'bob' } } });
  });
});
