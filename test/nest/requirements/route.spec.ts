import { Controller, Get, type Type } from '@nestjs/common';
import {
  AccessTokenGuard,
  type AuthenticationRequirements,
  Public,
  RequireAcr,
  type RouteDescription,
  SkipStepUp,
  StepUpService,
} from 'nestjs-step-up';
import type { FurtherOptions } from '../../support/application.js';
import { challenged, invalidToken, withoutToken } from '../../support/challenged.js';
import { secondsAgo } from '../../support/clock.js';
import { describeOverHttp, type Send } from '../../support/describe-over-http.js';
import { DONE, done, handler } from '../../support/handler.js';

type Required = AuthenticationRequirements | 'skipped' | 'public' | 'open';

interface Case {
  title: string;
  served: Type;
  path?: string;
  required: Required;
  /** What is required if the module has requirements, too. */
  besideModule?: Required;
  /** What `routes()` shows, if it is something else than is required. */
  shown?: Partial<RouteDescription>;
}

const moduleLevel = { acrValues: ['pwd'], maxAge: 3600, scope: 'api' };

const onClass = (decorator: ClassDecorator, ...decorators: MethodDecorator[]): Type => {
  const type = handler(...decorators);
  decorator(type);
  return type;
};
const bank = { acrValues: ['mfa'], maxAge: 600, scope: 'bank' };
const underBank = (...decorators: MethodDecorator[]) => onClass(RequireAcr(bank), ...decorators);

// the base class is the outer level; its list() is one function in three routes
@RequireAcr('mfa', { maxAge: 600 })
class BaseController {
  @Get('list')
  list() {
    return done();
  }

  @Get('remove')
  @RequireAcr({ maxAge: 60 })
  remove() {
    return done();
  }
}

@Controller('heir')
class HeirController extends BaseController {}

@Controller('strict')
@RequireAcr('phr', { scope: 'admin' })
class StrictController extends BaseController {
  @Get('remove')
  @SkipStepUp()
  override remove() {
    return done();
  }
}

@Controller('lenient')
@SkipStepUp()
class LenientController extends BaseController {}

const cases: Case[] = [
  {
    title: 'a handler without a decorator has the requirements of its class',
    served: underBank(),
    required: bank,
    besideModule: { ...bank, scope: 'api bank' },
  },
  {
    title: 'acr values of a handler replace those of its class, and leave the rest',
    served: underBank(RequireAcr('phr')),
    required: { ...bank, acrValues: ['phr'] },
  },
  {
    title: 'a maxAge of a handler replaces that of its class, and leaves the rest',
    served: underBank(RequireAcr({ maxAge: 60 })),
    required: { ...bank, maxAge: 60 },
    besideModule: { ...bank, maxAge: 60, scope: 'api bank' },
  },
  {
    title: 'a maxAge of zero replaces that of the class',
    served: underBank(RequireAcr({ maxAge: 0 })),
    required: { ...bank, maxAge: 0 },
    shown: { advice: [expect.objectContaining({ code: 'max_age_short' })] },
  },
  {
    title: 'a handler may require less than its class',
    served: underBank(RequireAcr('pwd', { maxAge: 6000 })),
    required: { acrValues: ['pwd'], maxAge: 6000, scope: 'bank' },
  },
  {
    title: 'undefined members of a handler erase nothing of its class',
    served: underBank(RequireAcr({ acrValues: ['phr'], maxAge: undefined, scope: undefined } as never)),
    required: { ...bank, acrValues: ['phr'] },
  },
  {
    title: 'the scope of a handler is added to that of its class, each word once',
    served: underBank(RequireAcr({ scope: 'transfer bank' })),
    required: { ...bank, scope: 'bank transfer' },
    besideModule: { ...bank, scope: 'api bank transfer' },
  },
  {
    title: 'a handler with @SkipStepUp() needs a token, whatever its class requires',
    served: underBank(SkipStepUp()),
    required: 'skipped',
    besideModule: 'skipped',
  },
  {
    title: 'a handler with @Public() is public, whatever its class requires',
    served: underBank(Public()),
    required: 'public',
    besideModule: 'public',
  },
  {
    title: 'what a function of a handler returns is merged with the requirements of its class',
    served: underBank(RequireAcr(() => ({ acrValues: ['phr'], scope: 'transfer' }))),
    required: { ...bank, acrValues: ['phr'], scope: 'bank transfer' },
    besideModule: { ...bank, acrValues: ['phr'], scope: 'api bank transfer' },
    shown: { dynamic: true, requirements: bank },
  },
  {
    title: 'a function of a handler that returns nothing leaves the requirements of its class',
    served: underBank(RequireAcr(() => undefined)),
    required: bank,
    shown: { dynamic: true, requirements: bank },
  },
  {
    title: 'a handler of a @Public() class is public',
    served: onClass(Public()),
    required: 'public',
    besideModule: 'public',
  },
  {
    title: 'a handler of a @Public() class may require something',
    served: onClass(Public(), RequireAcr('mfa')),
    required: { acrValues: ['mfa'] },
  },
  {
    title: 'a handler of a @SkipStepUp() class needs a token',
    served: onClass(SkipStepUp()),
    required: 'skipped',
    besideModule: 'skipped',
  },
  {
    title: 'a handler of a @SkipStepUp() class may require something, and the module adds nothing',
    served: onClass(SkipStepUp(), RequireAcr({ maxAge: 60 })),
    required: { maxAge: 60 },
    besideModule: { maxAge: 60 },
  },
  {
    title: 'a handler without any decorator has the requirements of the module alone',
    served: handler(),
    required: 'open',
    besideModule: moduleLevel,
  },
  {
    title: 'a handler of an undecorated class adds to the requirements of the module',
    served: handler(RequireAcr('mfa', { scope: 'bank' })),
    required: { acrValues: ['mfa'], scope: 'bank' },
    besideModule: { acrValues: ['mfa'], maxAge: 3600, scope: 'api bank' },
  },
  {
    title: 'an inherited handler has the requirements of the base class',
    served: HeirController,
    path: '/list',
    required: { acrValues: ['mfa'], maxAge: 600 },
    besideModule: { acrValues: ['mfa'], maxAge: 600, scope: 'api' },
  },
  {
    title: 'an inherited handler with a decorator has it merged with that of the base class',
    served: HeirController,
    path: '/remove',
    required: { acrValues: ['mfa'], maxAge: 60 },
  },
  {
    title: 'a handler that overrides another has the decorators of its own',
    served: StrictController,
    path: '/remove',
    required: 'skipped',
  },
  {
    title: 'a derived class wins over the base class, also for a handler that it inherits',
    served: StrictController,
    path: '/list',
    required: { acrValues: ['phr'], maxAge: 600, scope: 'admin' },
  },
  {
    title: 'a derived class with @SkipStepUp() takes away what the base class requires',
    served: LenientController,
    path: '/list',
    required: 'skipped',
    besideModule: 'skipped',
  },
  {
    title: 'a derived class with @SkipStepUp() leaves what an inherited handler requires itself',
    served: LenientController,
    path: '/remove',
    required: { maxAge: 60 },
  },
];

/** Each class under a path of its own, and where each case is then found. */
const types = [...new Set(cases.map(({ served }) => served))];
types.forEach((type, index) => void Controller(`${index}`)(type));
const pathOf = ({ served, path = '' }: Case) => `/${types.indexOf(served)}${path}`;

describeOverHttp('requirements of several levels', ({ serve, accessToken }) => {
  let send: Send;

  describe.each<[levels: string, options: FurtherOptions, of: 'required' | 'besideModule']>([
    ['class and handler', {}, 'required'],
    ['module, class and handler', { requirements: moduleLevel }, 'besideModule'],
    ['a module function, class and handler', { requirements: async () => moduleLevel }, 'besideModule'],
  ])('%s', (_levels, options, of) => {
    beforeAll(async () => {
      send = await serve(types, options);
    });

    it.each(cases.filter((one) => one[of] !== undefined))('RS-06 $title', async (one) => {
      const required = one[of] as Required;
      const path = pathOf(one);
      const weak = await send({
        path,
        token: await accessToken({ acr: 'none', authTime: secondsAgo(100_000), scope: 'none' }),
      });
      const without = await send({ path });
      const refused = await send({ path, token: 'no.such.token' });
      if (required === 'public' || required === 'open') {
        expect([weak, without, refused]).toEqual(Array(3).fill(expect.objectContaining({ status: 200, body: DONE })));
        return;
      }
      expect(without).toEqual(withoutToken());
      expect(refused).toEqual(invalidToken('The access token has no readable signature'));
      if (required === 'skipped') {
        expect(weak).toMatchObject({ status: 200, body: DONE });
        return;
      }
      const { acrValues, maxAge, scope } = required;
      expect(weak).toEqual(
        challenged({
          ...required,
          reasons: [
            ...(acrValues ? (['acr_unmet'] as const) : []),
            ...(maxAge !== undefined ? (['authentication_too_old'] as const) : []),
            ...(scope ? (['scope_missing'] as const) : []),
          ],
        }),
      );
      expect(done).not.toHaveBeenCalled();

      const enough = await send({ path, token: await accessToken({ acr: acrValues?.[0], scope: scope ?? 'openid' }) });
      expect(enough).toMatchObject({ status: 200, body: DONE });
      expect(done).toHaveBeenCalledTimes(1);
    });
  });

  it('routes() shows each handler of each class with what it requires, in words', async () => {
    send = await serve(types);
    expect(send.app.get(StepUpService).routes()).toEqual(
      cases.map(({ served, path = '/handle', required, shown }) => ({
        name: `${served.name}.${path.slice(1)}`,
        triggers: [expect.stringMatching(/^GET \//)],
        dynamic: false,
        ...(typeof required === 'string' ? { access: required } : { access: 'required', requirements: required }),
        ...(required !== 'public' && required !== 'open' && { enforcedBy: 'handler' }),
        ...shown,
      })),
    );
  });

  describe('with AccessTokenGuard on every route', () => {
    beforeAll(async () => {
      send = await serve({
        controllers: types,
        configure: (app) => void app.useGlobalGuards(app.get(AccessTokenGuard)),
      });
    });

    it.each(cases)('a token is needed, unless the handler is public: $title', async (one) => {
      const status = one.required === 'public' ? 200 : 401;
      expect(await send({ path: pathOf(one) })).toMatchObject({ status });
      expect(await send({ path: pathOf(one), token: 'no.such.token' })).toMatchObject({ status });
    });
  });
});
