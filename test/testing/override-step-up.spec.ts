import {
  Body,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  Post,
  Req,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { Test } from '@nestjs/testing';
import {
  AccessTokenGuard,
  AcrGuard,
  Public,
  RequireAcr,
  SkipStepUp,
  StepUpContext,
  StepUpModule,
  type StepUpModuleOptions,
  StepUpService,
} from 'nestjs-step-up';
import { expectStepUpChallenge, overrideStepUp, type StepUpOverride } from 'nestjs-step-up/testing';
import { adapters, type CreateAdapter, captureLog } from '../support/application.js';

type WithUser = { user?: unknown };
const userOf = ({ user }: WithUser) => ({ user: user ?? null });

@Controller()
class BankController {
  constructor(private readonly stepUp: StepUpService) {}

  @Get('open')
  open(@Req() request: WithUser) {
    return userOf(request);
  }

  @Get('public')
  @Public()
  public(@Req() request: WithUser) {
    return userOf(request);
  }

  @Get('accounts')
  @UseGuards(AccessTokenGuard)
  accounts(@Req() request: WithUser) {
    return userOf(request);
  }

  @Get('passport')
  @UseGuards(AuthGuard('jwt'))
  passport(@Req() request: WithUser) {
    return userOf(request);
  }

  @Get('skipped')
  @SkipStepUp()
  skipped(@Req() request: WithUser) {
    return userOf(request);
  }

  @Get('transfer')
  @RequireAcr('mfa', { maxAge: 300, scope: 'pay' })
  transfer(@Req() request: WithUser) {
    return userOf(request);
  }

  @Get('recent')
  @RequireAcr({ maxAge: 60 })
  recent(@Req() request: WithUser) {
    return userOf(request);
  }

  @Get('second')
  @RequireAcr('eid')
  second(@Req() request: WithUser) {
    return userOf(request);
  }

  @Post('decided')
  @UseGuards(AccessTokenGuard)
  async decided(@StepUpContext() at: unknown, @Body() { amount }: { amount: number }) {
    const assessment = await this.stepUp.assess(at, 'mfa');
    if (amount > 100) await this.stepUp.require(at, 'mfa');
    return assessment;
  }

  @Get('assessed')
  @UseGuards(AccessTokenGuard)
  assessed(@StepUpContext() at: unknown) {
    return this.stepUp.assess(at, 'eid');
  }

  @Get('stored')
  @UseGuards(AccessTokenGuard)
  stored(@StepUpContext() at: unknown) {
    return this.stepUp.storedEvent(at);
  }

  @Get('misspelt')
  @UseGuards(AccessTokenGuard)
  misspelt(@StepUpContext() at: unknown) {
    return this.stepUp.assess(at, 'mfaa');
  }
}

@Injectable()
class GatewayGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    context.switchToHttp().getRequest<WithUser>().user = { sub: 'gateway' };
    return true;
  }
}

// port 9 answers nobody: a request to it would show as 503 or as an error at boot
const OPTIONS = {
  authorizationServers: [
    { issuer: 'http://127.0.0.1:9/a', audience: 'https://api.example', acr: { mfa: 'urn:a:mfa' } },
    { issuer: 'http://127.0.0.1:9/b', audience: 'https://api.example', acr: { eid: 'urn:b:eid' } },
  ],
} satisfies StepUpModuleOptions;
const log = captureLog();
afterAll(() => log.restore());

async function startOverridden(
  createAdapter: CreateAdapter,
  override: StepUpOverride,
  { options = OPTIONS as StepUpModuleOptions, guards = [] as Type[] } = {},
) {
  const builder = Test.createTestingModule({
    imports: [StepUpModule.forRoot(options)],
    controllers: [BankController],
    providers: guards.map((useClass) => ({ provide: APP_GUARD, useClass })),
  });
  const testing = await overrideStepUp(builder, override).compile();
  const app = testing.createNestApplication(createAdapter());
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const get = (path: string) => fetch(`${url}/${path}`);
  const decide = (amount: number) =>
    fetch(`${url}/decided`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ amount }),
    });
  return { app, get, decide, service: testing.get(StepUpService) };
}

type Overridden = Awaited<ReturnType<typeof startOverridden>>;
let overridden: Overridden;
afterEach(() => overridden?.app.close());

const PATHS = ['accounts', 'passport', 'skipped', 'transfer', 'recent', 'second'];

describe.each(adapters)('overrideStepUp(), %s', (_, createAdapter) => {
  const start = async (...parameters: [StepUpOverride, Parameters<typeof startOverridden>[2]?]) => {
    overridden = await startOverridden(createAdapter, ...parameters);
  };

  describe('{ met: true }', () => {
    it.each(PATHS)('{ met: true } lets a request without a token through to %s', async (path) => {
      await start({ met: true, user: { sub: 'alice' } });
      const response = await overridden.get(path);
      expect({ status: response.status, body: await response.json() }).toEqual({
        status: 200,
        body: { user: { sub: 'alice' } },
      });
    });

    it.each<[guards: Type[], onOpenRoutes: unknown]>([
      [[AcrGuard], null],
      [[AccessTokenGuard], { sub: 'test-user' }],
      [[AccessTokenGuard, AcrGuard], { sub: 'test-user' }],
    ])('{ met: true } serves the global guards %p', async (guards, onOpenRoutes) => {
      await start({ met: true }, { guards });
      expect(await (await overridden.get('open')).json()).toEqual({ user: onOpenRoutes });
      expect(await (await overridden.get('public')).json()).toEqual({ user: null });
      expect(await (await overridden.get('transfer')).json()).toEqual({ user: { sub: 'test-user' } });
    });

    it('{ met: true } meets what the module requires', async () => {
      await start({ met: true }, { options: { ...OPTIONS, requirements: { maxAge: 60 } } });
      expect(await (await overridden.get('open')).json()).toEqual({ user: { sub: 'test-user' } });
    });

    it('{ met: true } meets what a handler requires', async () => {
      await start({ met: true });
      const response = await overridden.decide(101);
      expect({ status: response.status, body: await response.json() }).toEqual({ status: 201, body: { met: true } });
      expect(await (await overridden.get('assessed')).json()).toEqual({ met: true });
    });

    it('{ met: true } authenticates a token that comes without a request', async () => {
      await start({ met: true, user: { sub: 'alice' } });
      await expect(overridden.service.authenticate('anything')).resolves.toMatchObject({ user: { sub: 'alice' } });
    });

    it('{ met: true } keeps the user that another guard has put on the request, unless it is given one', async () => {
      await start({ met: true }, { guards: [GatewayGuard, AccessTokenGuard] });
      expect(await (await overridden.get('transfer')).json()).toEqual({ user: { sub: 'gateway' } });
      await overridden.app.close();
      await start({ met: true, user: { sub: 'alice' } }, { guards: [GatewayGuard] });
      expect(await (await overridden.get('transfer')).json()).toEqual({ user: { sub: 'alice' } });
    });

    it('{ met: true } needs no authorization server with an existing strategy either', async () => {
      await start({ met: true }, { options: { ...OPTIONS, passport: 'existing' } });
      expect(await (await overridden.get('transfer')).json()).toEqual({ user: { sub: 'test-user' } });
    });
  });

  describe('{ met: false }', () => {
    it('{ met: false } refuses with the challenge of the application', async () => {
      await start({ met: false });
      const response = await overridden.get('transfer');
      expectStepUpChallenge(response, { acrValues: ['urn:a:mfa'], maxAge: 300, realm: 'api' });
      expect(await response.json()).toMatchObject({ reasons: ['acr_unmet', 'authentication_too_old'] });
      expectStepUpChallenge(await overridden.get('recent'), { maxAge: 60 });
    });

    it('{ met: false } challenges in the strings of a server that knows the word', async () => {
      await start({ met: false });
      expectStepUpChallenge(await overridden.get('second'), { acrValues: ['urn:b:eid'] });
    });

    it('{ met: false } refuses for the reasons that it is given and that can be', async () => {
      await start({ met: false, reasons: ['auth_time_missing'] });
      const response = await overridden.get('recent');
      expectStepUpChallenge(response, { maxAge: 60 });
      expect(await response.json()).toMatchObject({ reasons: ['auth_time_missing'] });
      expect((await overridden.get('second')).status).toBe(200);
    });

    it('{ met: false } refuses with 403 if the reason is the scope', async () => {
      await start({ met: false, reasons: ['scope_missing'] });
      const response = await overridden.get('transfer');
      expect(response.status).toBe(403);
      expect(response.headers.get('www-authenticate')).toBe(
        'Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a scope", scope="pay"',
      );
    });

    it('{ met: false } lets through what requires only a token', async () => {
      await start({ met: false });
      expect((await overridden.get('accounts')).status).toBe(200);
      expect((await overridden.get('skipped')).status).toBe(200);
    });

    it('{ met: false } refuses what a handler requires, and assess() returns it', async () => {
      await start({ met: false, reasons: ['acr_missing'] });
      expect(await (await overridden.decide(100)).json()).toEqual({ met: false, reasons: ['acr_missing'] });
      expectStepUpChallenge(await overridden.decide(101), { acrValues: ['urn:a:mfa'] });
    });
  });

  it.each<[what: string, override: StepUpOverride, subject: string]>([
    ['the user of the test', { met: true, user: { sub: 'bob' } }, 'bob'],
    ['a user without sub', { met: true, user: { id: 1 } }, 'test-user'],
    ['nobody in particular', { met: true }, 'test-user'],
  ])('an overridden application stores an event of %s, and decides on it', async (_, override, subject) => {
    const decided = { ...override };
    await start(decided);
    const event: unknown = await (await overridden.get('stored')).json();
    expect(event).toMatchObject({ subject });
    const at = { event, at: 'order' };
    expect(await overridden.service.assess(at, 'mfa', { maxAge: 0 })).toEqual({ met: true });
    decided.met = false;
    expect(await overridden.service.assess(at, 'mfa')).toEqual({ met: false, reasons: ['acr_unmet'] });
    await expect(overridden.service.require(at, 'mfa')).rejects.toMatchObject({ status: 401 });
  });

  it('a socket needs no token, stays open, and is renewed by anything', async () => {
    await start({ met: true, user: { sub: 'alice' } });
    const client = { close: jest.fn(), once: jest.fn() };
    expect(await overridden.service.handshake(client)).toBe(true);
    await overridden.service.renew(client, 'anything');
    expect((await overridden.service.authenticated(client)).user).toEqual({ sub: 'alice' });
    expect(client.close).not.toHaveBeenCalled();
  });

  it('a test may change the override', async () => {
    const override: StepUpOverride = { met: true };
    await start(override);
    expect((await overridden.get('transfer')).status).toBe(200);
    override.met = false;
    expect((await overridden.get('transfer')).status).toBe(401);
  });

  it.each<[what: string, changed: object]>([
    ['no reason', { reasons: [] }],
    ['a misspelt reason', { reasons: ['acr_unmett'] }],
    ['neither true nor false', { met: 'no' }],
  ])('an override that a test changes to %s lets nobody through', async (_, changed) => {
    const override: StepUpOverride = { met: false };
    await start(override);
    Object.assign(override, changed);
    expect((await overridden.get('transfer')).status).toBe(500);
  });

  it('an overridden application still finds a misspelt word', async () => {
    await start({ met: true });
    expect((await overridden.get('misspelt')).status).toBe(500);
  });

  it('an overridden application still knows its routes', async () => {
    await start({ met: true });
    expect(overridden.service.routes()).toContainEqual({
      name: 'BankController.recent',
      triggers: ['GET /recent'],
      access: 'required',
      dynamic: false,
      enforcedBy: 'handler',
      requirements: { maxAge: 60 },
    });
  });
});

it.each<[name: string, override: unknown]>([
  ['{ met: true }', undefined],
  ['{ met: true }', {}],
  ['"reasons"', { met: false, reasons: [] }],
  ['"reasons" must list at least one of acr_missing, ', { met: false, reasons: ['acr_unmett'] }],
  ['"reasons"', { met: false, reasons: ['acr_unmet', undefined] }],
  ['"reasons"', { met: false, reasons: 'acr_unmet' }],
  ['"reasons"', { met: false, reasons: ['toString'] }],
  ['"reason"; the closest is "reasons"', { met: false, reason: ['acr_unmet'] }],
])('a wrong override is a TypeError that names %s', (name, override) => {
  const builder = Test.createTestingModule({});
  expect(() => overrideStepUp(builder, override as StepUpOverride)).toThrow(TypeError);
  expect(() => overrideStepUp(builder, override as StepUpOverride)).toThrow(name);
});

it.each<[what: string, builder: () => unknown]>([
  ['a module', () => class AppModule {}],
  ['a compiled module', () => Test.createTestingModule({}).compile()],
  ['nothing', () => undefined],
])('%s in place of the builder is a TypeError that says what is needed', async (_, builder) => {
  const given = (await builder()) as Parameters<typeof overrideStepUp>[0];
  expect(() => overrideStepUp(given, { met: true })).toThrow(
    new TypeError('overrideStepUp() needs what Test.createTestingModule() returns, before compile()'),
  );
});
