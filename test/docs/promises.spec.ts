import {
  type CallHandler,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  InternalServerErrorException,
  type NestInterceptor,
  type Type,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { ClientProxyFactory, MessagePattern, type MicroserviceOptions, Transport } from '@nestjs/microservices';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { AccessTokenGuard, AcrGuard, Public, RequireAcr, SkipStepUp, StepUpModule } from 'nestjs-step-up';
import { firstValueFrom } from 'rxjs';
import { captureLog } from '../support/application.js';
import { bootServer } from '../support/boot.js';
import { describeOverHttp } from '../support/describe-over-http.js';
import { handler, impostorGuard } from '../support/handler.js';

const status = (code: number, body: object = {}) =>
  expect.objectContaining({ status: code, body: expect.objectContaining(body) });

/** Creates an interceptor that puts a user on the request, whatever the token says. */
const interceptorOf = (user: object): NestInterceptor => ({
  intercept(context, next: CallHandler) {
    context.switchToHttp().getRequest().user = user;
    return next.handle();
  },
});

describeOverHttp('what SECURITY.md promises', ({ serve, accessToken }) => {
  it('another user whom an interceptor puts on the request is an error 500', async () => {
    const send = await serve(handler(RequireAcr('mfa'), UseInterceptors(interceptorOf({ sub: 'mallory' }))));
    expect(await send({ token: await accessToken({ acr: 'mfa', subject: 'alice' }) })).toEqual(status(500));
  });

  it('a user of the same subject and another issuer is an error 500', async () => {
    const user = { sub: 'alice', iss: 'https://elsewhere.example' };
    const send = await serve(handler(RequireAcr('mfa'), UseInterceptors(interceptorOf(user))));
    expect(await send({ token: await accessToken({ acr: 'mfa', subject: 'alice' }) })).toEqual(status(500));
  });

  it("with 'existing' a request without a user, and without an event of a subject, gets 401", async () => {
    const authenticationEvent = () => ({ acr: 'mfa' });
    for (const decorator of [RequireAcr('mfa'), SkipStepUp(), UseGuards(AccessTokenGuard)]) {
      const send = await serve(handler(decorator), { passport: 'existing', authenticationEvent });
      expect(await send()).toEqual(status(401));
    }
  });

  it.each(['enforce', 'report'] as const)(
    "with 'existing' an unsigned token adds nothing to the user of a session, in the mode '%s'",
    async (mode) => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const unsigned = `${part({ alg: 'none' })}.${part({ sub: 'alice', scope: 'pay' })}.AAAA`;
      const session = UseGuards(impostorGuard({ sub: 'alice', acr: 'pwd' }));
      const send = await serve(handler(RequireAcr({ scope: 'pay' }), session), { passport: 'existing', mode });
      expect(await send({ token: unsigned })).toEqual(status(403, { error: 'insufficient_scope' }));
    },
  );

  it('@SkipStepUp() on a handler of a @Public() class asks for a valid token', async () => {
    @Controller()
    @Public()
    class AccountsController {
      @Get()
      @SkipStepUp()
      list() {
        return {};
      }
    }
    const send = await serve(AccountsController);
    expect(await send()).toEqual(status(401));
    expect(await send({ token: await accessToken({ acr: 'pwd' }) })).toEqual(status(200));
  });
});

/** Creates an application that has not booted yet. */
async function applicationOf(
  metadata: { controllers: Type[]; providers?: Type[] },
  configure: (builder: TestingModuleBuilder) => TestingModuleBuilder = (builder) => builder,
) {
  const imports = [StepUpModule.forRoot({ metadataAudit: 'off', authorizationServers: [{ ...bootServer }] })];
  const testing = await configure(Test.createTestingModule({ ...metadata, imports })).compile();
  return testing.createNestApplication();
}

describe('what does not open a handler', () => {
  let log: ReturnType<typeof captureLog>;
  beforeAll(() => {
    log = captureLog();
  });
  afterAll(() => log.restore());

  it('a guard that allows everything in the place of AcrGuard', async () => {
    const app = await applicationOf({ controllers: [handler(RequireAcr('mfa'))] }, (builder) =>
      builder.overrideGuard(AcrGuard).useValue({ canActivate: () => true }),
    );
    try {
      await app.listen(0, '127.0.0.1');
      expect((await fetch(await app.getUrl())).status).toBe(401);
    } finally {
      await app.close();
    }
  });

  it('an invocation that reaches the proof behind AcrGuard and was not admitted', () => {
    const type = handler(RequireAcr('mfa'));
    const { handle } = type.prototype;
    const guards: unknown[] = Reflect.getMetadata('__guards__', handle);
    const proof = guards.find((guard) => typeof guard === 'object') as CanActivate;
    const context = { getClass: () => type, getHandler: () => handle } as ExecutionContext;
    expect(() => proof.canActivate(context)).toThrow(InternalServerErrorException);
  });

  it('a boot that is stopped, for a microservice that listens already', async () => {
    let ran = 0;
    @Controller()
    class TransfersController {
      @MessagePattern('transfer')
      @RequireAcr('mfa')
      transfer() {
        ran += 1;
      }
      @MessagePattern('accounts')
      accounts() {
        ran += 1;
      }
    }
    @Injectable()
    class PaymentService {
      @RequireAcr('mfa')
      pay() {}
    }
    const app = await applicationOf({ controllers: [TransfersController], providers: [PaymentService] });
    const options = { host: '127.0.0.1', port: 0 };
    const microservice = app.connectMicroservice<MicroserviceOptions>({ transport: Transport.TCP, options });
    await app.startAllMicroservices();
    const { port } = microservice.unwrap<{ address(): { port: number } }>().address();
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { ...options, port } });
    try {
      await expect(app.init()).rejects.toThrow('nothing would enforce it');
      for (const pattern of ['transfer', 'accounts']) {
        await expect(firstValueFrom(client.send(pattern, {}))).rejects.toEqual(
          expect.objectContaining({ status: 'error' }),
        );
      }
      expect(ran).toBe(0);
    } finally {
      client.close();
      await app.close();
    }
  });

  it('a boot that metadata stops, for an HTTP server that is opened all the same', async () => {
    const unreachable = { ...bootServer, issuer: 'http://127.0.0.1:9' };
    const testing = await Test.createTestingModule({
      imports: [StepUpModule.forRoot({ metadataAudit: 'await', audit: 'throw', authorizationServers: [unreachable] })],
      controllers: [handler(), handler(Get('transfers'), RequireAcr('mfa'))],
    }).compile();
    const app = testing.createNestApplication();
    try {
      await expect(app.init()).rejects.toThrow('its metadata cannot be read');
      await new Promise<void>((resolve) => app.getHttpServer().listen(0, '127.0.0.1', resolve));
      const { port } = app.getHttpServer().address();
      for (const path of ['/', '/transfers']) {
        expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(500);
      }
    } finally {
      await app.close();
    }
  });
});
