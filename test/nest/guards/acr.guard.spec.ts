import {
  All,
  type CallHandler,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  Module,
  type NestInterceptor,
  Scope,
  type Type,
  UseGuards,
  UseInterceptors,
  Version,
  VersioningType,
} from '@nestjs/common';
import { APP_GUARD, REQUEST, RouterModule } from '@nestjs/core';
import { AcrGuard, RequireAcr } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { adapters, captureLog, type RunningApplication, startApplication } from '../../support/application.js';

let ran: string[] = [];
const done = (name: string) => {
  ran.push(name);
  return { done: true };
};

@Injectable()
class AllowGuard implements CanActivate {
  canActivate() {
    return true;
  }
}

/** A guard that says what it likes of the user's sign-in, as one before a proper one may. */
@Injectable()
class ImpostorGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    context.switchToHttp().getRequest().user = { sub: 'alice', acr: 'mfa', auth_time: Math.floor(Date.now() / 1000) };
    return true;
  }
}

@Injectable()
class CountingInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    ran.push('interceptor');
    return next.handle();
  }
}

const tracing: MethodDecorator = (_target, _key, descriptor) => {
  const original = descriptor.value as unknown as (...parameters: unknown[]) => unknown;
  const wrapper = function (this: unknown, ...parameters: unknown[]) {
    return original.apply(this, parameters);
  };
  descriptor.value = Object.setPrototypeOf(wrapper, original);
};

@Controller()
class OrderController {
  @Get('guard-above')
  @UseGuards(AllowGuard)
  @RequireAcr('mfa')
  guardAbove() {
    return done('guardAbove');
  }

  @Get('guard-below')
  @RequireAcr('mfa')
  @UseGuards(AllowGuard)
  guardBelow() {
    return done('guardBelow');
  }

  @RequireAcr('mfa')
  @Get('route-below')
  routeBelow() {
    return done('routeBelow');
  }

  @Get('impostor')
  @RequireAcr('mfa')
  @UseGuards(ImpostorGuard)
  impostor() {
    return done('impostor');
  }

  @Get('interceptor')
  @UseInterceptors(CountingInterceptor)
  @RequireAcr('mfa')
  interceptor() {
    return done('interceptor');
  }

  @Get('twice')
  @UseGuards(AcrGuard, AcrGuard)
  @RequireAcr('mfa')
  twice() {
    return done('twice');
  }

  @Get('traced')
  @tracing
  @RequireAcr('mfa')
  traced() {
    return done('traced');
  }

  @All('all')
  @RequireAcr('mfa')
  all() {
    return done('all');
  }

  @Get(['first', 'second/:id'])
  @RequireAcr('mfa')
  several() {
    return done('several');
  }
}

@Controller({ path: 'versioned', version: '1' })
class VersionedController {
  @Get()
  @RequireAcr('mfa')
  one() {
    return done('one');
  }

  @Get()
  @Version(['2', '3'])
  @RequireAcr('mfa')
  later() {
    return done('later');
  }
}

@Controller('request-scoped')
class RequestScopedController {
  constructor(@Inject(REQUEST) private readonly request: unknown) {}

  @Get()
  @RequireAcr('mfa')
  list() {
    return done(`list ${this.request !== undefined}`);
  }
}

@Controller('binding')
class BindingController {
  constructor(@Inject(REQUEST) readonly request: unknown) {
    this.bound = this.bound.bind(this);
  }

  @Get('bound')
  @RequireAcr('mfa')
  bound() {
    return done('bound');
  }
}

@Controller('renaming')
class RenamingController {
  constructor(@Inject(REQUEST) readonly request: unknown) {
    this.hidden = (
      () => () =>
        done('hidden')
    )();
  }

  @Get('hidden')
  @RequireAcr('mfa')
  hidden() {
    return { done: true };
  }
}

/** A class-level requirement reaches handlers that each request binds anew. */
@Controller('class-binding')
@RequireAcr('mfa')
class ClassBindingController {
  constructor(@Inject(REQUEST) readonly request: unknown) {
    this.bound = this.bound.bind(this);
  }

  @Get('bound')
  bound() {
    return done('class bound');
  }
}

function Crud(path: string): Type {
  @Controller(path)
  class CrudController {
    @Get()
    @RequireAcr('mfa')
    list() {
      return done(`${path} list`);
    }
  }
  return CrudController;
}

@Controller('mixin')
class MixinController extends Crud('overruled') {}

@RequireAcr('mfa')
class GuardedBase {}

@Controller('based')
@UseGuards(AllowGuard)
class BasedController extends GuardedBase {
  @Get()
  list() {
    return done('based');
  }
}

@Module({ controllers: [Crud('module')] })
class AccountsModule {}

@Injectable({ scope: Scope.REQUEST })
class RequestScopedGuard implements CanActivate {
  constructor(@Inject(REQUEST) private readonly request: unknown) {}

  canActivate() {
    return this.request !== undefined;
  }
}

const controllers = [
  OrderController,
  VersionedController,
  RequestScopedController,
  BindingController,
  RenamingController,
  ClassBindingController,
  MixinController,
  BasedController,
];

const requests = (
  [
    ['GET', '/guard-above'],
    ['GET', '/guard-below'],
    ['GET', '/route-below'],
    ['GET', '/impostor'],
    ['GET', '/interceptor'],
    ['GET', '/twice'],
    ['GET', '/traced'],
    ['GET', '/all'],
    ['POST', '/all'],
    ['PUT', '/all'],
    ['DELETE', '/all'],
    ['HEAD', '/all'],
    ['OPTIONS', '/all'],
    ['GET', '/first'],
    ['GET', '/second/1'],
    ['HEAD', '/first'],
    ['GET', '/versioned', '1'],
    ['GET', '/versioned', '2'],
    ['GET', '/versioned', '3'],
    ['GET', '/request-scoped'],
    ['GET', '/class-binding/bound'],
    ['GET', '/binding/bound'],
    ['GET', '/mixin'],
    ['GET', '/based'],
    ['GET', '/admin/module'],
  ] as [method: string, path: string, version?: string][]
).map(([method, path, version = '']) => [method, path, version] as const);

const log = captureLog();
afterAll(() => log.restore());

describe.each(adapters)('no way around a requirement, %s', (_, createAdapter) => {
  let server: TestAuthorizationServer;
  let application: RunningApplication;

  beforeAll(async () => {
    server = await createTestAuthorizationServer();
    application = await startApplication({
      createAdapter,
      controllers,
      imports: [AccountsModule, RouterModule.register([{ path: 'admin', module: AccountsModule }])],
      providers: [{ provide: APP_GUARD, useClass: RequestScopedGuard }],
      options: { authorizationServers: [{ issuer: server.issuer, audience: server.audience }] },
      configure: (app) => {
        app.useGlobalGuards(new AllowGuard(), new ImpostorGuard());
        app.useGlobalInterceptors(new CountingInterceptor());
        app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' });
      },
    });
  });
  beforeEach(() => {
    ran = [];
    log.lines.length = 0;
  });
  afterAll(async () => {
    await application?.close();
    await server?.close();
  });

  it.each(requests)('%s %s %s', async (method, path, version) => {
    const headers: Record<string, string> = version === '' ? {} : { 'x-version': version };
    const without = await application.send(path, { method, headers });
    const weak = await application.send(path, {
      method,
      headers,
      token: await server.accessToken({ acr: 'pwd' }),
    });
    expect([without.status, without.challenges]).toEqual([401, ['Bearer realm="api"']]);
    expect(weak.status).toBe(401);
    expect(weak.challenges).toEqual([expect.stringContaining('error="insufficient_user_authentication"')]);
    expect(ran).toEqual([]);

    const enough = await application.send(path, {
      method,
      headers,
      token: await server.accessToken({ acr: 'mfa' }),
    });
    expect([enough.status, ran.length > 0]).toEqual([200, true]);
  });

  it.each([['/renaming/hidden', 'is none of the methods of its class']])(
    'GET %s, whose handler each request replaces, is refused with 500 and the reason in the log',
    async (path, reason) => {
      for (const token of [undefined, await server.accessToken({ acr: 'mfa' })]) {
        const answer = await application.send(path, token === undefined ? {} : { token });
        expect([answer.status, answer.body]).toEqual([500, { statusCode: 500, message: 'Internal Server Error' }]);
      }
      expect(ran).toEqual([]);
      expect(log.lines.filter((line) => line.includes(reason))).toHaveLength(2);
    },
  );
});
