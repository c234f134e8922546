import { Controller, type ExecutionContext, Get, Injectable, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuthGuard, PassportModule } from '@nestjs/passport';
import { AcrGuard, Public, RequireAcr } from 'nestjs-step-up';
import { logOfEachTest } from '../../support/application.js';
import { type BootSetup, bootFailure, bootServer } from '../../support/boot.js';
import { handler } from '../../support/handler.js';

logOfEachTest();

@Injectable()
class BasicGuard extends AuthGuard('basic') {}

@Injectable()
class DeepGuard extends BasicGuard {
  override async canActivate(context: ExecutionContext) {
    return (await super.canActivate(context)) as boolean;
  }
}

@Controller()
@UseGuards(BasicGuard)
class ClassController {
  @Get()
  @RequireAcr('mfa')
  show() {}
}

@RequireAcr('mfa')
class BaseController {}

@Controller()
class DerivedController extends BaseController {
  @Get()
  @UseGuards(BasicGuard)
  show() {}
}

describe('a Passport guard of another strategy next to a requirement', () => {
  const guarded = (...guards: Parameters<typeof UseGuards>) => ({
    controllers: [handler(UseGuards(...guards), RequireAcr('mfa'))],
  });
  const byDefault = (...strategies: string[]) => ({
    imports: strategies.map((defaultStrategy) => PassportModule.register({ defaultStrategy })),
  });

  it.each<[where: string, setup: BootSetup, route?: string]>([
    ['on the method, before', guarded(BasicGuard, AcrGuard)],
    ['on the method, after', guarded(AcrGuard, BasicGuard)],
    ['unnamed', guarded(AuthGuard('basic'))],
    ['as an instance', guarded(new BasicGuard())],
    ['as a subclass of a subclass', guarded(DeepGuard)],
    ['of several strategies, ours among them', guarded(AuthGuard(['jwt', 'basic']))],
    ['on the class', { controllers: [ClassController] }, 'ClassController.show'],
    ['on a derived class', { controllers: [DerivedController] }, 'DerivedController.show'],
    ['by useGlobalGuards', { ...guarded(), configure: (app) => void app.useGlobalGuards(new BasicGuard()) }],
    ['as APP_GUARD', { ...guarded(), providers: [{ provide: APP_GUARD, useClass: BasicGuard }] }],
    ['by a default strategy', { ...guarded(AuthGuard()), ...byDefault('basic') }],
    ['by one of two default strategies', { ...guarded(AuthGuard()), ...byDefault('jwt', 'basic') }],
    ['without a default strategy', guarded(AuthGuard())],
  ])(
    'a Passport guard of another strategy stops the boot: %s',
    async (_, setup, route = 'HandlerController.handle') => {
      expect(await bootFailure(setup)).toEqual(
        new TypeError(
          `${route} has a Passport guard of another strategy than "jwt" beside its step-up requirement; ` +
            'use one strategy, or name it in "strategyName" with "passport": \'existing\'',
        ),
      );
    },
  );

  it('a Passport guard of another strategy is fine on a route without a requirement', async () => {
    const controllers = [handler(UseGuards(BasicGuard)), handler(Get('public'), UseGuards(BasicGuard), Public())];
    expect(await bootFailure({ controllers })).toBe(undefined);
  });

  it('a Passport guard is of our strategy by the default strategy, and by another name', async () => {
    const options = { authorizationServers: [bootServer], strategyName: 'access-token' };
    expect(await bootFailure({ ...guarded(AuthGuard()), ...byDefault('jwt') })).toBe(undefined);
    expect(await bootFailure({ ...guarded(AuthGuard('access-token')), options })).toBe(undefined);
  });
});
