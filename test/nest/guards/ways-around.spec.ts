import {
  type CallHandler,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Global,
  Injectable,
  Module,
  type OnModuleInit,
  Req,
  Scope,
  UseGuards,
} from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { AccessTokenGuard, AcrGuard, RequireAcr, StepUpService } from 'nestjs-step-up';
import { challenged, withoutToken } from '../../support/challenged.js';
import { describeOverHttp } from '../../support/describe-over-http.js';
import { done, impostorGuard, userHandler } from '../../support/handler.js';

interface Incoming {
  headers: Record<string, string | undefined>;
  raw?: object;
  user?: Record<string, unknown>;
}

/** Changes who the user is, without replacing the object. */
const changeInPlace: CanActivate = {
  canActivate(context) {
    const { user } = context.switchToHttp().getRequest<Incoming>();
    if (user !== undefined) user['sub'] = 'alice';
    return true;
  },
};

@Injectable()
class ChangingTokenGuard extends AccessTokenGuard {
  override async canActivate(context: ExecutionContext) {
    await super.canActivate(context);
    context.switchToHttp().getRequest<Incoming>().user = { sub: 'alice' };
    return true;
  }
}

describeOverHttp('nobody gets around a requirement', ({ serve, accessToken }) => {
  const mallory = () => accessToken({ acr: 'phr', subject: 'mallory' });

  it.each<[way: string, handler: () => ReturnType<typeof userHandler>]>([
    ['by AccessTokenGuard', () => userHandler(RequireAcr('phr'), UseGuards(AccessTokenGuard, changeInPlace))],
    ['by a subclass of AccessTokenGuard', () => userHandler(RequireAcr('phr'), UseGuards(ChangingTokenGuard))],
    ['by AcrGuard', () => userHandler(RequireAcr('phr'), UseGuards(AcrGuard, changeInPlace))],
    ["by AuthGuard('jwt') alone", () => userHandler(UseGuards(AuthGuard('jwt'), impostorGuard({ sub: 'alice' })))],
  ])('AT-5 a user who is changed after a judgement %s does not reach the handler', async (_, handler) => {
    const send = await serve(handler());
    expect((await send({ token: await mallory() })).status).toBe(500);
    expect(done).not.toHaveBeenCalled();
  });

  it('AT-5 a user who is changed between the guard of the class and that of the method does not reach the handler', async () => {
    @Controller()
    @RequireAcr('phr')
    class BankController {
      @Get()
      @RequireAcr({ maxAge: 60 })
      @UseGuards(changeInPlace)
      transfer() {
        return done();
      }
    }
    const send = await serve(BankController);
    expect((await send({ token: await mallory() })).status).toBe(500);
    expect(done).not.toHaveBeenCalled();
  });

  it.each<[at: string, request: (incoming: Incoming) => unknown]>([
    ['the request', (request) => request],
    ["Node's request", ({ raw, ...request }) => raw ?? request],
  ])('a request stands for the token that was judged, not for another one in its header: %s', async (_, at) => {
    @Controller()
    class BankController {
      constructor(private readonly stepUp: StepUpService) {}

      @Get()
      @RequireAcr('pwd')
      async transfer(@Req() request: Incoming) {
        await this.stepUp.require(at(request), 'phr');
        return done();
      }
    }
    Reflect.defineMetadata('design:paramtypes', [StepUpService], BankController);
    const send = await serve(BankController, {
      accessToken: (context) => context.switchToHttp().getRequest<Incoming>().headers['x-token'],
    });
    const alice = await accessToken({ acr: 'pwd', subject: 'alice' });
    for (const more of [{}, { upgrade: 'x' }] as Record<string, string>[]) {
      const response = await send({ token: await mallory(), headers: { ...more, 'x-token': alice } });
      expect(response.status).toBeGreaterThanOrEqual(401);
      expect(done).not.toHaveBeenCalled();
    }
  });

  it('a guard that is bound after Nest has bound the handler proves nothing', async () => {
    @Controller()
    class BankController {
      @Get()
      transfer() {
        return done();
      }
    }
    @Global()
    @Module({ controllers: [userHandler(Get('other'), UseGuards(AcrGuard))] })
    class LateModule implements OnModuleInit {
      onModuleInit() {
        UseGuards(AcrGuard)(BankController);
      }
    }
    const send = await serve(
      { controllers: [BankController], importsBefore: [LateModule] },
      { requirements: { acrValues: ['phr'] } },
    );
    expect(await send()).toEqual(withoutToken());
    expect(done).not.toHaveBeenCalled();
  });

  it('AT-5 a user who is changed by an interceptor of later on does not reach a handler that is made for each request', async () => {
    @Controller({ scope: Scope.REQUEST })
    class BankController {
      @Get()
      @RequireAcr('phr')
      transfer() {
        return done();
      }
    }
    const send = await serve(BankController);
    send.app.useGlobalInterceptors({
      intercept(context: ExecutionContext, next: CallHandler) {
        context.switchToHttp().getRequest<Incoming>().user = { sub: 'alice' };
        return next.handle();
      },
    });
    expect((await send({ token: await mallory() })).status).toBe(500);
    expect(done).not.toHaveBeenCalled();
  });

  it('AT-3 a function in the place of one that AccessTokenGuard stands before needs a token as well', async () => {
    @Controller({ scope: Scope.REQUEST })
    class BankController {
      @Get()
      @UseGuards(AccessTokenGuard)
      transfer() {
        return done();
      }
    }
    const send = await serve(BankController);
    const { transfer } = BankController.prototype;
    BankController.prototype.transfer = function replaced(this: BankController) {
      return transfer.call(this);
    };
    expect(await send()).toEqual(withoutToken());
    expect(done).not.toHaveBeenCalled();
  });

  it('a step-up in the handler is asked for by the challenge, and the token is then good', async () => {
    @Controller()
    class BankController {
      constructor(private readonly stepUp: StepUpService) {}

      @Get()
      @RequireAcr(['phr', 'pwd'])
      async transfer(@Req() request: Incoming) {
        await this.stepUp.require(request, 'phr');
        return done();
      }
    }
    Reflect.defineMetadata('design:paramtypes', [StepUpService], BankController);
    const send = await serve(BankController);
    expect(await send({ token: await accessToken({ acr: 'pwd' }) })).toEqual(
      challenged({ acrValues: ['phr'], reasons: ['acr_unmet'] }),
    );
    expect(await send({ token: await mallory() })).toMatchObject({ status: 200 });
  });
});
