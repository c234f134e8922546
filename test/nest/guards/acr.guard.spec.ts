import {
  All,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  InternalServerErrorException,
  Module,
  Scope,
  type Type,
  UseGuards,
  UseInterceptors,
  Version,
  VersioningType,
} from '@nestjs/common';
import { APP_GUARD, REQUEST, RouterModule } from '@nestjs/core';
import { AcrGuard, Public, RequireAcr } from 'nestjs-step-up';
import { bootedProvider, bootServer } from '../../support/boot.js';
import { challenged, withoutToken } from '../../support/challenged.js';
import { secondsAgo } from '../../support/clock.js';
import { describeOverHttp, type Request } from '../../support/describe-over-http.js';
import { DONE, done, handler, impostorGuard } from '../../support/handler.js';

const allowGuard: CanActivate = { canActivate: () => true };
const intercepted = jest.fn();
const countingInterceptor = { intercept: (_: unknown, next: { handle(): never }) => intercepted() ?? next.handle() };
/** Says of the user's sign-in what it likes, as a guard before a proper one may. */
const impostor = () => impostorGuard({ sub: 'alice', acr: 'mfa', auth_time: secondsAgo(0) });

@Injectable({ scope: Scope.REQUEST })
class RequestScopedGuard implements CanActivate {
  constructor(@Inject(REQUEST) private readonly request: unknown) {}

  canActivate() {
    return this.request !== undefined;
  }
}

/** Puts a function in the place of a method that inherits its metadata, as decorators for tracing do. */
const traced: MethodDecorator = (_target, _key, descriptor) => {
  const original = descriptor.value as unknown as (...parameters: unknown[]) => unknown;
  const wrapper = function (this: unknown, ...parameters: unknown[]) {
    return original.apply(this, parameters);
  };
  descriptor.value = Object.setPrototypeOf(wrapper, original);
};

describeOverHttp('no way leads around @RequireAcr', ({ serve, accessToken, log }) => {
  /** Among global guards and interceptors that would let everybody pass. */
  const serveAmongOthers = (controllers: Type[], imports: Type[] = []) =>
    serve({
      controllers,
      imports: [...imports, RouterModule.register(imports.map((module) => ({ path: 'admin', module })))],
      providers: [{ provide: APP_GUARD, useClass: RequestScopedGuard }],
      configure(app) {
        app.useGlobalGuards(allowGuard, impostor());
        app.useGlobalInterceptors(countingInterceptor);
        app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' });
      },
    });

  async function expectGuarded(served: Type, request: Request = {}, imports: Type[] = []) {
    const send = await serveAmongOthers(imports.length > 0 ? [] : [served], imports);
    const body = request.method === 'HEAD' ? { body: '' } : {};
    expect(await send(request)).toEqual({ ...withoutToken(), ...body });
    const weak = await send({ ...request, token: await accessToken({ acr: 'pwd' }) });
    expect(weak).toEqual({ ...challenged({ acrValues: ['mfa'], reasons: ['acr_unmet'] }), ...body });
    expect([intercepted, done].flatMap(({ mock }) => mock.calls)).toEqual([]);

    const enough = await send({ ...request, token: await accessToken({ acr: 'mfa' }) });
    expect(enough).toMatchObject({ status: 200, body: DONE, ...body });
    expect(done).toHaveBeenCalledTimes(1);
  }
  beforeEach(() => void intercepted.mockClear());

  it.each<[decorators: string, served: Type]>([
    ['a guard above it', handler(UseGuards(allowGuard), RequireAcr('mfa'))],
    ['a guard below it', handler(RequireAcr('mfa'), UseGuards(allowGuard))],
    ['the route below it', handler(RequireAcr('mfa'), Get())],
    ['a guard below it that invents a user', handler(RequireAcr('mfa'), UseGuards(impostor()))],
    ['an interceptor above it', handler(UseInterceptors(countingInterceptor), RequireAcr('mfa'))],
    ['AcrGuard twice above it', handler(UseGuards(AcrGuard, AcrGuard), RequireAcr('mfa'))],
    ['a wrapper above it', handler(Get(), traced, RequireAcr('mfa'))],
  ])('a handler is guarded that has %s', (_, served) => expectGuarded(served));

  it.each(['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'])('a handler of all methods is guarded for %s', (method) =>
    expectGuarded(handler(All(), RequireAcr('mfa')), { method }),
  );

  it.each<[method: string, path: string]>([
    ['GET', '/first'],
    ['GET', '/second/1'],
    ['HEAD', '/first'],
  ])('a handler of several paths is guarded for %s %s', (method, path) =>
    expectGuarded(handler(Get(['first', 'second/:id']), RequireAcr('mfa')), { method, path }),
  );

  it.each<[version: string, decorators: MethodDecorator[]]>([
    ['1', [Version('1')]],
    ['2', [Version(['2', '3'])]],
    ['3', [Version(['2', '3'])]],
  ])('a handler of version %s is guarded', (version, decorators) =>
    expectGuarded(handler(...decorators, RequireAcr('mfa')), { headers: { 'x-version': version } }),
  );

  it('a handler of a controller that each request creates is guarded', async () => {
    @Controller()
    class RequestScopedController {
      constructor(@Inject(REQUEST) private readonly request: unknown) {}

      @Get()
      @RequireAcr('mfa')
      list() {
        return this.request !== undefined && done();
      }
    }
    await expectGuarded(RequestScopedController);
  });

  it('a handler that each request binds anew is guarded', async () => {
    @Controller()
    class BindingController {
      constructor(@Inject(REQUEST) readonly request: unknown) {
        this.bound = this.bound.bind(this);
      }

      @Get()
      @RequireAcr('mfa')
      bound() {
        return done();
      }
    }
    await expectGuarded(BindingController);
  });

  it('a handler that each request binds anew is guarded by the requirement of its class', async () => {
    @Controller()
    @RequireAcr('mfa')
    class BindingController {
      constructor(@Inject(REQUEST) readonly request: unknown) {
        this.bound = this.bound.bind(this);
      }

      @Get()
      bound() {
        return done();
      }
    }
    await expectGuarded(BindingController);
  });

  it('AT-3 a handler that each request replaces is refused with 500 and the reason in the log', async () => {
    @Controller()
    class ReplacingController {
      constructor(@Inject(REQUEST) readonly request: unknown) {
        this.hidden = (
          () => () =>
            done()
        )();
      }

      @Get()
      @RequireAcr('mfa')
      hidden(): object {
        return DONE;
      }
    }
    const send = await serveAmongOthers([ReplacingController]);
    const refused = { status: 500, body: { statusCode: 500, message: 'Internal Server Error' } };
    expect(await send()).toMatchObject(refused);
    expect(await send({ token: await accessToken({ acr: 'mfa' }) })).toMatchObject(refused);
    expect([intercepted, done].flatMap(({ mock }) => mock.calls)).toEqual([]);
    expect(log.filter((line) => line.includes('is none of the methods of its class'))).toHaveLength(1);
  });

  it('a handler that its class inherits is guarded', async () => {
    @Controller()
    class InheritingController extends handler(RequireAcr('mfa')) {}
    await expectGuarded(InheritingController);
  });

  it('a handler is guarded by the requirement of a base class, whatever guard its own class has', async () => {
    @RequireAcr('mfa')
    class BaseController {}
    @Controller()
    @UseGuards(allowGuard)
    class DerivedController extends BaseController {
      @Get()
      list() {
        return done();
      }
    }
    await expectGuarded(DerivedController);
  });

  it('a handler of a module that the router serves under a path is guarded', async () => {
    const served = handler(RequireAcr('mfa'));
    @Module({ controllers: [served] })
    class AccountsModule {}
    await expectGuarded(served, { path: '/admin' }, [AccountsModule]);
  });

  it.each<[mistake: string, decorators: MethodDecorator[], message: string]>([
    [
      'a word that no server knows',
      [RequireAcr('mfaa')],
      '@RequireAcr on HandlerController.handle: no authorization server knows "mfaa"; ' +
        'the nearest known word is "mfa". Words are declared in "authorizationServers[].acr"',
    ],
    [
      'decorators that contradict each other',
      [Public(), RequireAcr('mfa')],
      'HandlerController.handle carries @RequireAcr and @Public; one target takes one of them, once',
    ],
  ])('a handler that the boot has not seen is refused with 500 for %s', async (_, decorators, message) => {
    const type = handler(...decorators);
    const context = { getClass: () => type, getHandler: () => type.prototype.handle, getType: () => 'http' };
    const authorizationServers = [{ ...bootServer, acr: { mfa: 'urn:mfa' } }];
    const guard = await bootedProvider(AcrGuard, { options: { authorizationServers } });
    expect(() => guard.canActivate(context as unknown as ExecutionContext)).toThrow(new InternalServerErrorException());
    expect(log.filter((line) => line.startsWith('[misconfigured]'))).toEqual([`[misconfigured] ${message}`]);
  });
});

describeOverHttp('the verdict on an invocation', ({ serve, accessToken }) => {
  it('is one for all guards: the application is asked once what is required', async () => {
    const required = jest.fn(() => ({ acrValues: ['mfa'] }));
    const send = await serve(handler(UseGuards(AcrGuard, AcrGuard), RequireAcr(required)));
    expect(await send({ token: await accessToken({ acr: 'mfa' }) })).toMatchObject({ status: 200 });
    expect(required).toHaveBeenCalledTimes(1);
  });
});

it('AcrGuard of any version of the package is recognized by one mark, whose name never changes', () => {
  expect(Reflect.get(AcrGuard.prototype, Symbol.for('nestjs-step-up:AcrGuard'))).toBe(true);
});
