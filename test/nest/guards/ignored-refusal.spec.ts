import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  Module,
  Scope,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD, LazyModuleLoader } from '@nestjs/core';
import { AccessTokenGuard, AcrGuard, RequireAcr, SkipStepUp } from 'nestjs-step-up';
import { challenged, invalidToken, withoutToken } from '../../support/challenged.js';
import { describeOverHttp, type ServedModule } from '../../support/describe-over-http.js';
import { DONE, done, handler } from '../../support/handler.js';

/** Guards of an application that do not wait for what ours say: a promise is neither `false` nor an error to them. */
@Injectable()
class IgnoringGuard extends AccessTokenGuard {
  override canActivate(context: ExecutionContext): boolean {
    super.canActivate(context);
    return true;
  }
}
@Injectable()
class BelievingGuard extends AccessTokenGuard {
  override canActivate(context: ExecutionContext): boolean {
    return super.canActivate(context) !== false;
  }
}
/** Handles the refusal, after it has let the caller pass. */
@Injectable()
class SubscribingGuard extends AccessTokenGuard {
  override canActivate(context: ExecutionContext): boolean {
    const admitted = super.canActivate(context);
    if (typeof admitted !== 'boolean') handled = admitted.catch(() => undefined);
    return admitted !== false;
  }
}
let handled: Promise<unknown> | undefined;
/** Takes longer than the judgement that {@link SubscribingGuard} has begun. */
const slow: CanActivate = {
  canActivate: async () => {
    await handled;
    return true;
  },
};
@Injectable()
class HoldingGuard implements CanActivate {
  constructor(private readonly tokens: AccessTokenGuard) {}

  canActivate(context: ExecutionContext): boolean {
    return Boolean(this.tokens.canActivate(context));
  }
}
@Injectable({ scope: Scope.REQUEST })
class RequestScopedGuard extends HoldingGuard {}
@Injectable()
class HoldingAcrGuard implements CanActivate {
  constructor(
    private readonly acr: AcrGuard,
    private readonly tokens: AccessTokenGuard,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    return Boolean(this.acr.canActivate(context)) && Boolean(this.tokens.canActivate(context));
  }
}

/** Waits for a refusal, and lets the caller pass as a guest. */
@Injectable()
class OptionalGuard extends AccessTokenGuard {
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    try {
      return await super.canActivate(context);
    } catch {
      return true;
    }
  }
}

const deny: CanActivate = { canActivate: () => false };
const turn = () => new Promise((resolve) => setImmediate(resolve));

const GUARDS: readonly Type<CanActivate>[] = [
  IgnoringGuard,
  BelievingGuard,
  SubscribingGuard,
  HoldingGuard,
  RequestScopedGuard,
  HoldingAcrGuard,
];

/** The ways in which Nest binds a guard to a handler that requires nothing. */
const BINDINGS: readonly (readonly [string, (guard: Type<CanActivate>) => ServedModule])[] = [
  ['@UseGuards', (guard) => ({ controllers: [handler(UseGuards(guard))] })],
  [
    '@UseGuards before AccessTokenGuard',
    (guard) => ({ controllers: [handler(UseGuards(guard), UseGuards(AccessTokenGuard))] }),
  ],
  ['APP_GUARD', (guard) => ({ controllers: [handler()], providers: [{ provide: APP_GUARD, useClass: guard }] })],
];

/** A handler whose constructor binds it: the function that Nest calls has no metadata. */
function boundHandler(scope: Scope, ...guards: Type<CanActivate>[]): Type {
  @Controller({ scope })
  @UseGuards(...guards)
  class BoundController {
    constructor() {
      this.handle = this.handle.bind(this);
    }
    @Get()
    handle(): object {
      return done();
    }
  }
  return BoundController;
}

/** Loads a module after Nest has made the application, and before it binds handlers. */
function loadedLazily(controller: Type): ServedModule {
  @Module({ controllers: [controller] })
  class LazyModule {}
  return { beforeListen: (app) => app.get(LazyModuleLoader).load(() => LazyModule) };
}

const globally = (guard: Type<CanActivate>) => [{ provide: APP_GUARD, useClass: guard }];

/** Where nothing after the guard of the application is called in time, or Nest calls a function without metadata. */
const FURTHER_BINDINGS: readonly (readonly [string, ServedModule])[] = [
  ['another guard takes longer', { controllers: [handler(UseGuards(SubscribingGuard, slow))] }],
  [
    'a guard of the handler takes longer than the global one',
    { controllers: [handler(UseGuards(slow))], providers: globally(SubscribingGuard) },
  ],
  ['the class binds its method', { controllers: [boundHandler(Scope.DEFAULT, HoldingGuard)] }],
  ['the class binds its method at each request', { controllers: [boundHandler(Scope.REQUEST, HoldingGuard)] }],
  [
    'the guard is global, and the class binds its method',
    { controllers: [boundHandler(Scope.DEFAULT)], providers: globally(IgnoringGuard) },
  ],
  [
    'the guard is global, and the class binds its method at each request',
    { controllers: [boundHandler(Scope.REQUEST)], providers: globally(IgnoringGuard) },
  ],
  ['its module is loaded lazily before the router', loadedLazily(handler(UseGuards(HoldingGuard)))],
];

describeOverHttp('a guard of the application that does not wait for ours', ({ serve, accessToken, server }) => {
  it.each(BINDINGS.flatMap(([where, bind]) => GUARDS.map((guard) => [guard.name, where, bind(guard)] as const)))(
    '%s by %s lets no refused token pass',
    async (_, __, served) => {
      const send = await serve(served);
      expect(await send({ token: await accessToken() })).toMatchObject({ status: 200, body: DONE });
      done.mockClear();
      expect(await send()).toEqual(withoutToken());
      expect(await send({ token: await accessToken({ claims: { aud: 'https://other.example' } }) })).toEqual(
        invalidToken('The access token is for another audience'),
      );
      expect(done).not.toHaveBeenCalled();
    },
  );

  describe('if the judgement takes a request to the authorization server', () => {
    const introspecting = () => ({
      authorizationServers: [{ issuer: server.issuer, audience: server.audience, introspection: server.introspection }],
    });
    const unhandled = jest.fn();
    beforeEach(() => {
      unhandled.mockClear();
      process.on('unhandledRejection', unhandled);
    });
    afterEach(() => process.off('unhandledRejection', unhandled));

    it.each(BINDINGS.flatMap(([where, bind]) => GUARDS.map((guard) => [guard.name, where, bind(guard)] as const)))(
      '%s by %s lets no refused token pass, and ends no process',
      async (_, __, served) => {
        const send = await serve(served, introspecting());
        expect(await send({ token: server.opaqueToken() })).toMatchObject({ status: 200, body: DONE });
        done.mockClear();
        const revoked = server.opaqueToken();
        server.revoke(revoked);
        for (const token of [revoked, 'unknown']) {
          expect(await send({ token })).toEqual(invalidToken('The access token is not active'));
        }
        await turn();
        expect(done).not.toHaveBeenCalled();
        expect(unhandled).not.toHaveBeenCalled();
      },
    );

    it.each(FURTHER_BINDINGS)('lets no refused token pass: %s', async (_, served) => {
      const send = await serve(served, introspecting());
      expect(await send({ token: server.opaqueToken() })).toMatchObject({ status: 200, body: DONE });
      done.mockClear();
      expect(await send({ token: 'unknown' })).toEqual(invalidToken('The access token is not active'));
      expect(done).not.toHaveBeenCalled();
    });

    it('a refusal that nobody hears of ends no process: another guard refuses before', async () => {
      const providers = [...globally(IgnoringGuard), { provide: APP_GUARD, useValue: deny }];
      const send = await serve({ controllers: [handler()], providers }, introspecting());
      expect(await send({ token: 'unknown' })).toMatchObject({ status: 403 });
      await send({ token: server.opaqueToken() });
      await turn();
      expect(unhandled).not.toHaveBeenCalled();
    });

    it.each(BINDINGS.map(([where, bind]) => [where, bind(OptionalGuard)] as const))(
      'a guard that waits for a refusal, and lets the caller pass, has decided so: %s',
      async (where, served) => {
        const send = await serve(served, introspecting());
        const isGuardedTwice = where === '@UseGuards before AccessTokenGuard';
        expect(await send({ token: 'unknown' })).toMatchObject({ status: isGuardedTwice ? 401 : 200 });
        expect(unhandled).not.toHaveBeenCalled();
      },
    );

    it('a guard that waits does not stand for one before it that does not', async () => {
      for (const guards of [
        [IgnoringGuard, OptionalGuard],
        [OptionalGuard, IgnoringGuard],
      ]) {
        const send = await serve(handler(UseGuards(...guards)), introspecting());
        expect(await send({ token: 'unknown' })).toEqual(invalidToken('The access token is not active'));
      }
      expect(done).not.toHaveBeenCalled();
    });
  });

  it.each(GUARDS.map((guard) => [guard.name, guard] as const))(
    '%s lets nobody pass a requirement, nor @SkipStepUp',
    async (_, guard) => {
      for (const decorator of [RequireAcr('mfa'), SkipStepUp()]) {
        for (const decorators of [
          [decorator, UseGuards(guard)],
          [UseGuards(guard), decorator],
        ]) {
          const send = await serve(handler(...decorators));
          expect(await send({ token: await accessToken({ acr: 'mfa' }) })).toMatchObject({ status: 200 });
          done.mockClear();
          expect(await send()).toEqual(withoutToken());
          expect(done).not.toHaveBeenCalled();
        }
      }
      const send = await serve(handler(UseGuards(guard), RequireAcr('mfa')));
      expect(await send({ token: await accessToken({ acr: 'pwd' }) })).toEqual(
        challenged({ acrValues: ['mfa'], reasons: ['acr_unmet'] }),
      );
      expect(done).not.toHaveBeenCalled();
    },
  );

  it.each(GUARDS.map((guard) => [guard.name, guard] as const))(
    '%s lets nobody pass the requirements of the module',
    async (_, guard) => {
      const send = await serve(handler(UseGuards(guard)), { requirements: { acrValues: ['mfa'] } });
      expect(await send({ token: await accessToken({ acr: 'mfa' }) })).toMatchObject({ status: 200 });
      done.mockClear();
      expect(await send()).toEqual(withoutToken());
      expect(await send({ token: await accessToken({ acr: 'pwd' }) })).toEqual(
        challenged({ acrValues: ['mfa'], reasons: ['acr_unmet'] }),
      );
      expect(done).not.toHaveBeenCalled();
    },
  );

  it.each<
    [what: string, guard: typeof AccessTokenGuard | typeof AcrGuard, served: ServedModule, how: 'throw' | 'return']
  >([
    ['@RequireAcr', AcrGuard, { controllers: [handler(RequireAcr('mfa'))] }, 'return'],
    [
      'AccessTokenGuard by @UseGuards',
      AccessTokenGuard,
      { controllers: [handler(UseGuards(AccessTokenGuard))] },
      'return',
    ],
    [
      'AccessTokenGuard by APP_GUARD',
      AccessTokenGuard,
      { controllers: [handler()], providers: [{ provide: APP_GUARD, useClass: AccessTokenGuard }] },
      'return',
    ],
    ['a guard that holds it', AccessTokenGuard, { controllers: [handler(UseGuards(HoldingGuard))] }, 'throw'],
  ])(
    'only a guard that Nest itself calls refuses by a promise, which costs less: %s',
    async (_, guard, served, how) => {
      const canActivate = jest.spyOn(guard.prototype, 'canActivate');
      const send = await serve(served);
      expect(await send()).toEqual(withoutToken());
      const results = canActivate.mock.results.map(({ type }) => type);
      canActivate.mockRestore();
      expect(results).toEqual([how]);
    },
  );
});
