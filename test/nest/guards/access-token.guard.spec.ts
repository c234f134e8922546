import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccessTokenGuard, AcrGuard, Public } from 'nestjs-step-up';
import { AccessTokenVerifier } from '../../../lib/token/index.js';
import { withoutToken } from '../../support/challenged.js';
import { describeOverHttp } from '../../support/describe-over-http.js';
import { done, handler } from '../../support/handler.js';

const verify = jest.spyOn(AccessTokenVerifier.prototype, 'verify');
beforeEach(() => void verify.mockClear());
afterAll(() => verify.mockRestore());

describeOverHttp('a guard as APP_GUARD', ({ serve }) => {
  it.each<{ guard: Type<CanActivate>; undecorated: number[]; open: number[]; verified: number }>([
    { guard: AcrGuard, undecorated: [200, 200, 200], open: [200, 200, 200], verified: 0 },
    { guard: AccessTokenGuard, undecorated: [401, 401, 400], open: [200, 200, 200], verified: 1 },
  ])(
    '$guard.name answers no token, a wrong one and two with $undecorated',
    async ({ guard, verified, ...expected }) => {
      const send = await serve({
        controllers: [handler(Get('undecorated')), handler(Get('open'), Public())],
        providers: [{ provide: APP_GUARD, useClass: guard }],
      });
      const statuses = async (path: string) => {
        const none = await send({ path });
        const wrong = await send({ path, token: 'no.such.token' });
        const two = await send({ path, headers: { authorization: 'Bearer a, Bearer b' } });
        return [none, wrong, two].map(({ status }) => status);
      };
      expect({ undecorated: await statuses('/undecorated'), open: await statuses('/open') }).toEqual(expected);
      expect(verify).toHaveBeenCalledTimes(verified);
    },
  );
});

/** Lets the probe of a load balancer pass, as applications write it. */
@Injectable()
class LenientGuard extends AccessTokenGuard {
  override canActivate(context: ExecutionContext) {
    const { url } = context.switchToHttp().getRequest<{ url: string }>();
    return url.startsWith('/health') ? true : super.canActivate(context);
  }
}

@Injectable()
class NamedGuard extends AccessTokenGuard {}

describeOverHttp('a subclass of AccessTokenGuard', ({ serve }) => {
  @Controller()
  @UseGuards(LenientGuard)
  class ProbedController {
    @Get('health')
    health() {
      return done();
    }

    @Get('accounts')
    accounts() {
      return done();
    }
  }

  it('decides by itself if Nest runs it', async () => {
    const send = await serve(ProbedController);
    expect(await send({ path: '/health' })).toMatchObject({ status: 200 });
    expect(await send({ path: '/accounts' })).toEqual(withoutToken());
  });

  it('that changes nothing requires a token', async () => {
    const send = await serve(handler(UseGuards(NamedGuard)));
    expect(await send()).toEqual(withoutToken());
  });
});

describeOverHttp('a guard that is made global when Nest has bound all handlers', ({ serve }) => {
  it('is AccessTokenGuard: it stands before every handler that needs no other guard of ours', async () => {
    const send = await serve([handler(Get('undecorated')), handler(Get('open'), Public())]);
    expect(await send({ path: '/undecorated' })).toMatchObject({ status: 200 });
    send.app.useGlobalGuards(send.app.get(AccessTokenGuard));
    expect(await send({ path: '/undecorated' })).toEqual(withoutToken());
    expect(await send({ path: '/open' })).toMatchObject({ status: 200 });
  });
});
