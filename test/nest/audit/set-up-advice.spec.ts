import { Controller, Get, type Type, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Query, ResolveField, Resolver } from '@nestjs/graphql';
import { MessagePattern } from '@nestjs/microservices';
import { AuthGuard } from '@nestjs/passport';
import { AccessTokenGuard, AcrGuard, RequireAcr, SkipStepUp } from 'nestjs-step-up';
import passport from 'passport';
import { logOfEachTest } from '../../support/application.js';
import { type BootSetup, bootedService, bootFailure, bootServer } from '../../support/boot.js';
import { handler, impostorGuard } from '../../support/handler.js';

const log = logOfEachTest();

async function advisedAt(setup: BootSetup): Promise<string[]> {
  expect(await bootFailure(setup)).toBe(undefined);
  return log.filter((line) => /^\[(?!routes|report_mode)/.test(line) && /^\[\w+\] /.test(line));
}

describe('AcrGuard where nothing is required', () => {
  const lets =
    'AcrGuard stands there, and nothing is required, so that it lets everybody through; say what is required by ' +
    '@RequireAcr, or bind AccessTokenGuard for a token alone';

  it.each<[where: string, setup: BootSetup, subject: string]>([
    ['on a handler', { controllers: [handler(UseGuards(AcrGuard))] }, 'HandlerController.handle'],
    [
      'for the whole application',
      { controllers: [handler()], providers: [{ provide: APP_GUARD, useClass: AcrGuard }] },
      'APP_GUARD',
    ],
  ])('is advice at boot: %s', async (_, setup, subject) => {
    expect(await advisedAt(setup)).toEqual([`[guard_without_requirement] ${subject}: ${lets}`]);
  });

  it('stops the boot with "audit": \'throw\'', async () => {
    const options = { authorizationServers: [bootServer], audit: 'throw' as const };
    expect(await bootFailure({ controllers: [handler(UseGuards(AcrGuard))], options })).toEqual(
      new TypeError(`Boot audit: HandlerController.handle: ${lets}`),
    );
  });

  @Controller()
  @UseGuards(AcrGuard)
  class MixedController {
    @Get('transfer')
    @RequireAcr('mfa')
    transfer() {}

    @Get('rates')
    rates() {}
  }

  it.each<[what: string, setup: BootSetup]>([
    ['a class of which another handler requires something', { controllers: [MixedController] }],
    ['a handler with AccessTokenGuard', { controllers: [handler(UseGuards(AccessTokenGuard))] }],
    [
      'an application of which some handler requires something',
      {
        controllers: [handler(), handler(Get('a'), SkipStepUp())],
        providers: [{ provide: APP_GUARD, useClass: AcrGuard }],
      },
    ],
    [
      'requirements of the module',
      {
        controllers: [handler(UseGuards(AcrGuard))],
        options: { authorizationServers: [bootServer], requirements: { maxAge: 600 } },
      },
    ],
  ])('is fine on %s', async (_, setup) => {
    expect(await advisedAt(setup)).toEqual([]);
  });
});

describe("'existing' without a strategy", () => {
  const options = { passport: 'existing' as const };
  const strategy = { name: 'jwt', authenticate() {} } as passport.Strategy;
  afterEach(() => void passport.unuse('jwt'));

  it('is told of at boot, and never stops it, as middleware may authenticate', async () => {
    const setup = { controllers: [handler(RequireAcr('mfa'))], options: { ...options, audit: 'throw' as const } };
    expect(await advisedAt(setup)).toEqual([
      '[strategy_missing] HandlerController.handle: Passport has no strategy "jwt", and no guard that could authenticate ' +
        'stands there: unless middleware puts a user on the request, the answer is 500; register the strategy as a ' +
        'provider, name yours in "strategyName", or bind the guard that authenticates before AcrGuard',
    ]);
  });

  it.each<[what: string, setup: BootSetup, registered: boolean]>([
    ['the strategy is there', { controllers: [handler(RequireAcr('mfa'))], options }, true],
    ['nothing is required', { controllers: [handler()], options }, false],
    [
      'a guard of the application stands there',
      { controllers: [handler(RequireAcr('mfa'), UseGuards(impostorGuard({ sub: 'a' })))], options },
      false,
    ],
    [
      'a function tells the event',
      { controllers: [handler(RequireAcr('mfa'))], options: { ...options, authenticationEvent: () => null } },
      false,
    ],
  ])('is not told of if %s', async (_, setup, registered) => {
    if (registered) passport.use(strategy);
    expect(await advisedAt(setup)).toEqual([]);
  });
});

describe('a time in milliseconds', () => {
  it.each<[maxAge: number, days: string, seconds: number]>([
    [300_000, '3.5', 300],
    [86_401, '1.0', 86],
    [86_400 * 30, '30.0', 2592],
  ])('a maxAge of %d is advice at boot', async (maxAge, days, seconds) => {
    expect(await advisedAt({ controllers: [handler(RequireAcr({ maxAge }))] })).toEqual([
      `[max_age_long] HandlerController.handle: maxAge ${maxAge} is ${days} days; "maxAge" is in seconds: write ` +
        `${seconds} if these are milliseconds`,
    ]);
  });

  it('of the module is told of at the handlers that it reaches', async () => {
    const options = { authorizationServers: [bootServer], requirements: { maxAge: 900_000 } };
    expect(await advisedAt({ controllers: [handler()], options })).toEqual([
      expect.stringMatching(/^\[max_age_long\] HandlerController\.handle: maxAge 900000 is 10\.4 days/),
    ]);
  });

  it('a day is not too long', async () => {
    expect(await advisedAt({ controllers: [handler(RequireAcr({ maxAge: 86_400 }))] })).toEqual([]);
  });

  it('keys that are read again after hours are advice at boot', async () => {
    const options = { authorizationServers: [{ ...bootServer, keys: { refreshAfter: 60_000 } }] };
    expect(await advisedAt({ options })).toEqual([
      '[time_long] https://as.example: a withdrawn key is accepted for 16.7 hours; is "keys.refreshAfter" in ' +
        'milliseconds?; it is in seconds, and an hour is 3600',
    ]);
  });
});

describe('routes() tells "token" only if Nest runs a guard that lets nobody pass', () => {
  class JwtGuard extends AuthGuard('jwt') {}
  class OptionalGuard extends AuthGuard('jwt') {
    override handleRequest<User>(_error: unknown, user: User): User {
      return user;
    }
  }
  class LenientGuard extends AccessTokenGuard {
    override canActivate() {
      return true;
    }
  }
  @Controller()
  class PatternController {
    @MessagePattern('pay')
    pay() {}
  }
  @Resolver('Account')
  class AccountResolver {
    @ResolveField('balance')
    @UseGuards(JwtGuard)
    balance() {}
  }
  @Resolver()
  class BankResolver {
    @Query('balance')
    @UseGuards(JwtGuard)
    balance() {}
  }
  const global = (useClass: Type) => [{ provide: APP_GUARD, useClass }];
  const open = { authorizationServers: [bootServer], isPublic: () => true };

  it.each<[what: string, access: string, setup: BootSetup]>([
    ['AccessTokenGuard', 'token', { controllers: [handler(UseGuards(AccessTokenGuard))] }],
    ['a guard of Passport', 'token', { controllers: [handler(UseGuards(JwtGuard))] }],
    ['a global guard of Passport', 'token', { controllers: [handler()], providers: global(JwtGuard) }],
    ['a query', 'token', { providers: [BankResolver] }],
    ['a guard of Passport that lets everybody pass', 'open', { controllers: [handler(UseGuards(OptionalGuard))] }],
    ['a subclass of AccessTokenGuard that does', 'open', { controllers: [handler(UseGuards(LenientGuard))] }],
    ['the option "isPublic"', 'open', { controllers: [handler(UseGuards(AccessTokenGuard))], options: open }],
    [
      'a pattern that a global guard does not reach',
      'open',
      { controllers: [PatternController], providers: global(JwtGuard) },
    ],
    [
      'a field without enhancers',
      'open',
      { providers: [AccountResolver, { provide: 'GqlModuleOptions', useValue: {} }] },
    ],
    [
      'a resolver in whose module Nest does not find the guard',
      'open',
      { providers: [{ provide: 'bank', useFactory: () => new BankResolver() }] },
    ],
  ])('%s: %s', async (_, access, setup) => {
    const service = await bootedService(setup);
    expect(service.routes().map((route) => route.access)).toEqual([access]);
  });
});
