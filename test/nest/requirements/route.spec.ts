import { Controller, Get, type INestApplication } from '@nestjs/common';
import {
  AccessTokenGuard,
  type AuthenticationRequirements,
  Public,
  RequireAcr,
  SkipStepUp,
  type StepUpModuleOptions,
  StepUpService,
} from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { adapters, captureLog, type RunningApplication, startApplication } from '../../support/application.js';

let ran: string[] = [];
const done = (name: string) => {
  ran.push(name);
  return { done: true };
};

@Controller('class')
@RequireAcr('mfa', { maxAge: 600, scope: 'bank' })
class LevelsController {
  @Get('inherits')
  inherits() {
    return done('inherits');
  }

  @Get('acr')
  @RequireAcr('phr')
  acr() {
    return done('acr');
  }

  @Get('age')
  @RequireAcr({ maxAge: 60 })
  age() {
    return done('age');
  }

  @Get('now')
  @RequireAcr({ maxAge: 0 })
  now() {
    return done('now');
  }

  @Get('less')
  @RequireAcr('pwd', { maxAge: 6000 })
  less() {
    return done('less');
  }

  @Get('undefined')
  @RequireAcr({ acrValues: ['phr'], maxAge: undefined, scope: undefined } as unknown as AuthenticationRequirements)
  erasesNothing() {
    return done('erasesNothing');
  }

  @Get('scope')
  @RequireAcr({ scope: 'transfer bank' })
  scope() {
    return done('scope');
  }

  @Get('skipped')
  @SkipStepUp()
  skipped() {
    return done('skipped');
  }

  @Get('public')
  @Public()
  public() {
    return done('public');
  }

  @Get('function')
  @RequireAcr(() => ({ acrValues: ['phr'], scope: 'transfer' }))
  function() {
    return done('function');
  }

  @Get('nothing')
  @RequireAcr(() => undefined)
  nothing() {
    return done('nothing');
  }
}

@Controller('public')
@Public()
class PublicController {
  @Get('open')
  open() {
    return done('open');
  }

  @Get('required')
  @RequireAcr('mfa')
  required() {
    return done('required');
  }
}

@Controller('skipped')
@SkipStepUp()
class SkippedController {
  @Get('inherits')
  inherits() {
    return done('inherits');
  }

  @Get('required')
  @RequireAcr({ maxAge: 60 })
  required() {
    return done('required');
  }
}

@Controller('plain')
class PlainController {
  @Get('open')
  open() {
    return done('open');
  }

  @Get('required')
  @RequireAcr('mfa', { scope: 'bank' })
  required() {
    return done('required');
  }
}

// the base class is the outer level; the handler is one function in three routes
@RequireAcr('mfa', { maxAge: 600 })
class BaseController {
  @Get('list')
  list() {
    return done('list');
  }

  @Get('remove')
  @RequireAcr({ maxAge: 60 })
  remove() {
    return done('remove');
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
    return done('strict remove');
  }
}

@Controller('lenient')
@SkipStepUp()
class LenientController extends BaseController {}

const controllers = [
  LevelsController,
  PublicController,
  SkippedController,
  PlainController,
  HeirController,
  StrictController,
  LenientController,
];

type Row = [path: string, required: AuthenticationRequirements | 'skipped' | 'public' | 'open'];

const withoutModuleLevel: Row[] = [
  ['class/inherits', { acrValues: ['mfa'], maxAge: 600, scope: 'bank' }],
  ['class/acr', { acrValues: ['phr'], maxAge: 600, scope: 'bank' }],
  ['class/age', { acrValues: ['mfa'], maxAge: 60, scope: 'bank' }],
  ['class/now', { acrValues: ['mfa'], maxAge: 0, scope: 'bank' }],
  ['class/less', { acrValues: ['pwd'], maxAge: 6000, scope: 'bank' }],
  ['class/undefined', { acrValues: ['phr'], maxAge: 600, scope: 'bank' }],
  ['class/scope', { acrValues: ['mfa'], maxAge: 600, scope: 'bank transfer' }],
  ['class/skipped', 'skipped'],
  ['class/public', 'public'],
  ['class/function', { acrValues: ['phr'], maxAge: 600, scope: 'bank transfer' }],
  ['class/nothing', { acrValues: ['mfa'], maxAge: 600, scope: 'bank' }],
  ['public/open', 'public'],
  ['public/required', { acrValues: ['mfa'] }],
  ['skipped/inherits', 'skipped'],
  ['skipped/required', { maxAge: 60 }],
  ['plain/open', 'open'],
  ['plain/required', { acrValues: ['mfa'], scope: 'bank' }],
  ['heir/list', { acrValues: ['mfa'], maxAge: 600 }],
  ['heir/remove', { acrValues: ['mfa'], maxAge: 60 }],
  ['strict/list', { acrValues: ['phr'], maxAge: 600, scope: 'admin' }],
  ['strict/remove', 'skipped'],
  ['lenient/list', 'skipped'],
  ['lenient/remove', { maxAge: 60 }],
];

const withModuleLevel: Row[] = [
  ['class/inherits', { acrValues: ['mfa'], maxAge: 600, scope: 'api bank' }],
  ['class/age', { acrValues: ['mfa'], maxAge: 60, scope: 'api bank' }],
  ['class/scope', { acrValues: ['mfa'], maxAge: 600, scope: 'api bank transfer' }],
  ['class/skipped', 'skipped'],
  ['class/public', 'public'],
  ['class/function', { acrValues: ['phr'], maxAge: 600, scope: 'api bank transfer' }],
  ['public/open', 'public'],
  ['skipped/inherits', 'skipped'],
  ['skipped/required', { maxAge: 60 }],
  ['plain/open', { acrValues: ['pwd'], maxAge: 3600, scope: 'api' }],
  ['plain/required', { acrValues: ['mfa'], maxAge: 3600, scope: 'api bank' }],
  ['heir/list', { acrValues: ['mfa'], maxAge: 600, scope: 'api' }],
  ['lenient/list', 'skipped'],
];

const moduleLevel: AuthenticationRequirements = { acrValues: ['pwd'], maxAge: 3600, scope: 'api' };

const log = captureLog();
afterAll(() => log.restore());

describe.each(adapters)('requirements of several levels, %s', (_, createAdapter) => {
  let server: TestAuthorizationServer;

  beforeAll(async () => {
    server = await createTestAuthorizationServer();
  });
  beforeEach(() => {
    ran = [];
    log.lines.length = 0;
  });
  afterAll(async () => {
    await server?.close();
  });

  function start(more: Partial<StepUpModuleOptions> = {}, configure?: (app: INestApplication) => void) {
    return startApplication({
      createAdapter,
      controllers,
      options: { authorizationServers: [{ issuer: server.issuer, audience: server.audience }], ...more },
      ...(configure !== undefined && { configure }),
    });
  }

  describe.each<[levels: string, more: Partial<StepUpModuleOptions>, rows: Row[]]>([
    ['class and handler', {}, withoutModuleLevel],
    ['module, class and handler', { requirements: moduleLevel }, withModuleLevel],
    ['a module function, class and handler', { requirements: async () => moduleLevel }, withModuleLevel],
  ])('%s', (_levels, more, rows) => {
    let application: RunningApplication;

    beforeAll(async () => {
      application = await start(more);
    });
    afterAll(() => application?.close());

    it.each(rows)('RS-06 /%s requires %j', async (path, required) => {
      const old = Math.floor(Date.now() / 1000) - 100_000;
      const weak = await application.send(`/${path}`, {
        token: await server.accessToken({ acr: 'none', authTime: old, scope: 'none' }),
      });
      const without = await application.send(`/${path}`);
      const refused = await application.send(`/${path}`, { token: 'no.such.token' });

      if (required === 'public' || required === 'open') {
        expect([weak.status, without.status, refused.status]).toEqual([200, 200, 200]);
        return;
      }
      expect(without.challenges).toEqual(['Bearer realm="api"']);
      expect(refused.body['error']).toBe('invalid_token');
      if (required === 'skipped') {
        expect([weak.status, without.status, refused.status]).toEqual([200, 401, 401]);
        return;
      }
      expect([weak.status, without.status, refused.status]).toEqual([401, 401, 401]);
      expect(weak.body).toMatchObject({ error: 'insufficient_user_authentication' });
      expect({
        acrValues: weak.body['acr_values'],
        maxAge: weak.body['max_age'],
        scope: weak.body['scope'],
      }).toEqual({ acrValues: required.acrValues?.join(' '), maxAge: required.maxAge, scope: required.scope });
      expect(ran).toEqual([]);

      const enough = await application.send(`/${path}`, {
        token: await server.accessToken({ acr: required.acrValues?.[0], scope: required.scope ?? 'openid' }),
      });
      expect(enough.status).toBe(200);
      expect(ran).toHaveLength(1);
    });
  });

  it('routes() shows each handler of each class with what it requires, in words', async () => {
    const application = await start();
    try {
      const routes = application.app.get(StepUpService).routes();
      const of = (name: string) => routes.filter((route) => route.name === name);
      expect(of('HeirController.list')).toEqual([
        {
          name: 'HeirController.list',
          access: 'required',
          dynamic: false,
          enforcedBy: 'handler',
          requirements: { acrValues: ['mfa'], maxAge: 600 },
        },
      ]);
      expect(of('StrictController.list')).toEqual([
        {
          name: 'StrictController.list',
          access: 'required',
          dynamic: false,
          enforcedBy: 'handler',
          requirements: { acrValues: ['phr'], maxAge: 600, scope: 'admin' },
        },
      ]);
      expect(of('LevelsController.less')).toEqual([
        {
          name: 'LevelsController.less',
          access: 'required',
          dynamic: false,
          enforcedBy: 'handler',
          requirements: { acrValues: ['pwd'], maxAge: 6000, scope: 'bank' },
        },
      ]);
      expect(of('LevelsController.function')).toEqual([
        {
          name: 'LevelsController.function',
          access: 'required',
          dynamic: true,
          enforcedBy: 'handler',
          requirements: { acrValues: ['mfa'], maxAge: 600, scope: 'bank' },
        },
      ]);
      expect(of('LevelsController.skipped')).toEqual([
        { name: 'LevelsController.skipped', access: 'skipped', dynamic: false, enforcedBy: 'handler' },
      ]);
      expect(of('LevelsController.public')).toEqual([
        { name: 'LevelsController.public', access: 'public', dynamic: false },
      ]);
      expect(of('PlainController.open')).toEqual([{ name: 'PlainController.open', access: 'open', dynamic: false }]);
      expect(routes).toHaveLength(withoutModuleLevel.length);
    } finally {
      await application.close();
    }
  });

  describe('with AccessTokenGuard on every route', () => {
    let application: RunningApplication;

    beforeAll(async () => {
      application = await start({}, (app) => app.useGlobalGuards(app.get(AccessTokenGuard)));
    });
    afterAll(() => application?.close());

    it.each(withoutModuleLevel)('/%s, which is %j, needs a token unless it is public', async (path, required) => {
      const without = await application.send(`/${path}`);
      const refused = await application.send(`/${path}`, { token: 'no.such.token' });
      const expected = required === 'public' ? 200 : 401;
      expect([without.status, refused.status]).toEqual([expected, expected]);
    });
  });

  describe('isPublic, a mark of the application', () => {
    let application: RunningApplication;

    beforeAll(async () => {
      application = await start({ requirements: moduleLevel, isPublic: () => true }, (app) =>
        app.useGlobalGuards(app.get(AccessTokenGuard)),
      );
    });
    afterAll(() => application?.close());

    it.each([
      ['plain/open', 200],
      // nearer than the application's own mark can be
      ['plain/required', 401],
      ['class/inherits', 401],
      ['skipped/inherits', 401],
    ])('/%s without a token: %s', async (path, status) => {
      expect((await application.send(`/${path}`)).status).toBe(status);
    });
  });
});
