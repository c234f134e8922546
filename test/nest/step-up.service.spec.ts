import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import {
  type ArgumentsHost,
  Body,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  Headers,
  Inject,
  Injectable,
  Post,
  Req,
  Scope,
} from '@nestjs/common';
import { HttpAdapterHost, REQUEST } from '@nestjs/core';

import {
  type Assessment,
  type AuthenticationRequirements,
  type ChallengeReport,
  Public,
  RequireAcr,
  SkipStepUp,
  StepUpContext,
  StepUpService,
} from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { adapters, captureLog, type RunningApplication, startApplication } from '../support/application.js';
import { bootedService } from '../support/boot.js';

type Required = Parameters<StepUpService['require']> extends [unknown, ...infer Arguments] ? Arguments : never;

/** A request as Node makes it. */
const requestWith = (headers: Record<string, string>) => Object.assign(new IncomingMessage(new Socket()), { headers });

let asked: unknown[] = ['phr'];
let done: string[] = [];
let assessment: Assessment | undefined;

@Injectable({ scope: Scope.REQUEST })
class TransferService {
  constructor(
    @Inject(REQUEST) private readonly request: object,
    private readonly stepUp: StepUpService,
  ) {}

  async transfer() {
    await this.stepUp.require(this.request, ...(asked as Required));
    done.push('injected request');
  }
}

@Controller('transfer')
@RequireAcr('mfa', { maxAge: 600 })
class TransferController {
  constructor(
    private readonly stepUp: StepUpService,
    private readonly transfers: TransferService,
  ) {}

  @Post('context')
  async context(@StepUpContext() at: ExecutionContext) {
    return this.#transfer(at);
  }

  @Post('request')
  async request(@Req() request: object) {
    return this.#transfer(request);
  }

  @Post('injected')
  async injected() {
    await this.transfers.transfer();
    return { done: true };
  }

  @Post('skipped')
  @SkipStepUp()
  async skipped(@StepUpContext() at: ExecutionContext) {
    return this.#transfer(at);
  }

  @Post('public')
  @Public()
  async public(@StepUpContext() at: ExecutionContext) {
    return this.#transfer(at);
  }

  @Post('dynamic')
  @RequireAcr(() => ({ scope: 'bank' }))
  async dynamic(@StepUpContext() at: ExecutionContext) {
    return this.#transfer(at);
  }

  @Post('assess')
  @RequireAcr({ maxAge: 6000 })
  async assess(@StepUpContext() at: ExecutionContext) {
    assessment = await this.stepUp.assess(at, ...(asked as Required));
    return { done: true };
  }

  @Post('nonsense')
  async nonsense(@Headers() headers: object) {
    return this.#transfer({ ...headers, user: 'alice' });
  }

  async #transfer(at: unknown) {
    await this.stepUp.require(at, ...(asked as Required));
    done.push('transfer');
    return { done: true };
  }
}

@Controller('open')
class OpenController {
  constructor(private readonly stepUp: StepUpService) {}

  @Post('transfer')
  async transfer(@StepUpContext() at: ExecutionContext, @Body() _body: unknown) {
    await this.stepUp.require(at, ...(asked as Required));
    done.push('open');
    return { done: true };
  }

  @Get('request')
  async request(@Req() request: object) {
    await this.stepUp.require(request, ...(asked as Required));
    done.push('open request');
    return { done: true };
  }
}

const log = captureLog();
afterAll(() => log.restore());

describe.each(adapters)('StepUpService, %s', (_, createAdapter) => {
  let server: TestAuthorizationServer;
  let application: RunningApplication;
  let service: StepUpService;
  const post = (path: string, token?: string) =>
    application.send(path, { method: 'POST', ...(token !== undefined && { token }) });

  beforeAll(async () => {
    server = await createTestAuthorizationServer();
    application = await startApplication({
      createAdapter,
      controllers: [TransferController, OpenController],
      providers: [TransferService],
      options: {
        authorizationServers: [
          { issuer: server.issuer, audience: server.audience, acr: { mfa: 'urn:mfa', phr: ['urn:phr', 'urn:key'] } },
        ],
      },
    });
    service = application.app.get(StepUpService);
  });
  beforeEach(() => {
    asked = ['phr'];
    done = [];
    assessment = undefined;
    log.lines.length = 0;
  });
  afterAll(async () => {
    await application?.close();
    await server?.close();
  });

  const challenge = (parameters: string) =>
    `Bearer realm="api", error="insufficient_user_authentication", ` +
    `error_description="A different authentication is required", ${parameters}`;

  it.each<[path: string, parameters: string]>([
    ['/transfer/context', 'acr_values="urn:phr urn:key", max_age="600"'],
    ['/transfer/request', 'acr_values="urn:phr urn:key", max_age="600"'],
    ['/transfer/injected', 'acr_values="urn:phr urn:key", max_age="600"'],
    ['/transfer/dynamic', 'acr_values="urn:phr urn:key", max_age="600"'],
    ['/transfer/skipped', 'acr_values="urn:phr urn:key"'],
    ['/transfer/public', 'acr_values="urn:phr urn:key"'],
    ['/open/transfer', 'acr_values="urn:phr urn:key"'],
  ])(
    'RS-06 require on %s challenges for the requirements merged with the route’s, before any side effect',
    async (path, parameters) => {
      const token = await server.accessToken({ acr: 'urn:mfa', scope: 'bank' });
      const answer = await post(path, token);
      expect([answer.status, answer.challenges]).toEqual([401, [challenge(parameters)]]);
      expect(answer.body['reasons']).toEqual(['acr_unmet']);
      expect(done).toEqual([]);
    },
  );

  it.each(['/transfer/context', '/transfer/request', '/transfer/injected', '/transfer/skipped', '/open/transfer'])(
    'require on %s lets through what is enough',
    async (path) => {
      asked = [{ maxAge: 60 }];
      expect((await post(path, await server.accessToken({ acr: 'urn:mfa' }))).status).toBe(201);
      expect(done).toHaveLength(1);
    },
  );

  it('require judges what the route required before, too', async () => {
    asked = [{ scope: 'transfer' }];
    const authTime = Math.floor(Date.now() / 1000) - 300;
    const answer = await post('/transfer/context', await server.accessToken({ acr: 'urn:mfa', authTime }));
    expect([answer.status, answer.body['error'], answer.body['scope']]).toEqual([
      403,
      'insufficient_scope',
      'transfer',
    ]);
    asked = [{ maxAge: 60, scope: 'transfer' }];
    const old = await post('/transfer/context', await server.accessToken({ acr: 'urn:mfa', authTime }));
    expect(old.challenges).toEqual([
      'Bearer realm="api", error="insufficient_user_authentication", ' +
        'error_description="More recent authentication is required", acr_values="urn:mfa", max_age="60", scope="transfer"',
    ]);
    expect(done).toEqual([]);
  });

  it.each(['/open/transfer', '/transfer/public'])('RS-25 require on %s needs a token', async (path) => {
    const without = await post(path);
    expect([without.status, without.challenges]).toEqual([401, ['Bearer realm="api"']]);
    const refused = await post(path, 'no.such.token');
    expect([refused.status, refused.body['error']]).toEqual([401, 'invalid_token']);
    expect(done).toEqual([]);
  });

  it.each<[what: string, asked: unknown[], status: number]>([
    ['a word', ['mfa'], 201],
    ['a list', [['phr', 'mfa']], 201],
    ['a word with more', ['mfa', { maxAge: 60 }], 201],
    ['an object', [{ acrValues: ['mfa'] }], 201],
    ['a function', [() => ({ acrValues: ['mfa'] })], 201],
    ['a function for later', [async () => ({ acrValues: ['phr'] })], 401],
    [
      'a function of the context',
      [(at: ExecutionContext) => ({ acrValues: [at.getHandler().name === 'context' ? 'mfa' : 'phr'] })],
      201,
    ],
    ['a function that adds nothing', [() => undefined], 201],
    ['nothing', [], 500],
    ['undefined', [undefined], 500],
    ['null', [null], 500],
    ['an empty list', [[]], 500],
    ['an unknown word', ['mfaa'], 500],
    ['an unknown key', [{ maxage: 60 }], 500],
    ['a maxAge of null', ['mfa', { maxAge: null }], 500],
    ['a function that gives null', [() => null], 500],
    ['a function that gives nothing in particular', [() => ({})], 500],
    ['a function that gives an unknown key', [() => ({ maxage: 60 })], 500],
    ['a function that gives an empty list', [() => ({ acrValues: [] })], 500],
    ['a function that gives an unknown word', [async () => ({ acrValues: ['mfaa'] })], 500],
    ['a function that rejects', [() => Promise.reject(new Error('no database'))], 500],
    ['a function beside more', [() => ({ acrValues: ['mfa'] }), { maxAge: 60 }], 500],
  ])('require takes %s as @RequireAcr does: %j is %s', async (_what, required, status) => {
    asked = required;
    const answer = await post('/transfer/context', await server.accessToken({ acr: 'urn:mfa' }));
    expect(answer.status).toBe(status);
    expect(done).toEqual(status === 201 ? ['transfer'] : []);
    expect(log.lines.filter((line) => line.startsWith('[misconfigured]'))).toHaveLength(status === 500 ? 1 : 0);
  });

  it('answers 500 for something that is no request', async () => {
    const answer = await post('/transfer/nonsense', await server.accessToken({ acr: 'urn:mfa' }));
    expect([answer.status, done]).toEqual([500, []]);
  });

  it.each<[asked: unknown[], expected: Assessment]>([
    [['mfa'], { met: true }],
    [[['phr', 'mfa']], { met: true }],
    [['phr'], { met: false, reasons: ['acr_unmet'] }],
    [
      ['phr', { maxAge: 60, scope: 'transfer' }],
      { met: false, reasons: ['acr_unmet', 'authentication_too_old', 'scope_missing'] },
    ],
    [[() => undefined], { met: true }],
  ])('assess tells, and refuses nothing: %j', async (required, expected) => {
    asked = required;
    const authTime = Math.floor(Date.now() / 1000) - 300;
    const answer = await post('/transfer/assess', await server.accessToken({ acr: 'urn:mfa', authTime }));
    expect([answer.status, assessment]).toEqual([201, expected]);
  });

  it('assess tells, as require does, that nothing is met by somebody who acts for the user', async () => {
    const token = await server.accessToken({ acr: 'urn:mfa', claims: { act: { sub: 'support' } } });
    const at = requestWith({ authorization: `Bearer ${token}` });
    expect(await service.assess(at, 'mfa')).toEqual({ met: false, reasons: [] });
    await expect(service.require(at, 'mfa')).rejects.toMatchObject({ status: 403 });
  });

  it('tells listeners of each refusal, until they are taken off', async () => {
    const heard: ChallengeReport[] = [];
    const silence = service.onChallenged((event) => heard.push(event));
    await post('/transfer/context', await server.accessToken({ acr: 'urn:pwd' }));
    await post('/transfer/context', await server.accessToken({ acr: 'urn:mfa' }));
    await post('/transfer/context');
    await post('/transfer/context', 'no.such.token');
    silence();
    await post('/transfer/context', await server.accessToken({ acr: 'urn:pwd' }));
    expect(heard).toEqual([
      {
        route: 'TransferController.context',
        issuer: server.issuer,
        requirements: { acrValues: ['urn:mfa'], maxAge: 600 },
        reasons: ['acr_unmet'],
        reported: false,
      },
      {
        route: 'TransferController.context',
        issuer: server.issuer,
        requirements: { acrValues: ['urn:phr', 'urn:key'], maxAge: 600 },
        reasons: ['acr_unmet'],
        reported: false,
      },
    ]);
  });

  it('authenticates a token that comes without a request', async () => {
    const authenticated = await service.authenticate(await server.accessToken({ acr: 'urn:mfa', subject: 'bob' }));
    expect(authenticated.user).toMatchObject({ sub: 'bob' });
    expect(authenticated.event).toMatchObject({ acr: 'urn:mfa', issuer: server.issuer, subject: 'bob' });
    await expect(service.authenticate('no.such.token')).rejects.toMatchObject({ status: 401 });
  });

  it('keeps the challenge of require(request) through a catch-all filter of the application', async () => {
    @Catch()
    class CatchAllFilter implements ExceptionFilter {
      constructor(private readonly host: HttpAdapterHost) {}

      catch(error: { getStatus?: () => number }, host: ArgumentsHost) {
        this.host.httpAdapter.reply(host.switchToHttp().getResponse(), { caught: true }, error.getStatus?.() ?? 500);
      }
    }
    const catching = await startApplication({
      createAdapter,
      controllers: [TransferController, OpenController],
      providers: [TransferService],
      configure: (app) => app.useGlobalFilters(new CatchAllFilter(app.get(HttpAdapterHost))),
      options: { authorizationServers: [{ issuer: server.issuer, audience: server.audience }] },
    });
    const answer = await catching.send('/open/request', { token: await server.accessToken({ acr: 'mfa' }) });
    await catching.close();
    expect([answer.status, answer.body, answer.challenges]).toEqual([
      401,
      { caught: true },
      [challenge('acr_values="phr"')],
    ]);
  });
});

describe('StepUpService at boot', () => {
  it('routes() is frozen, in words, and stays after the boot', async () => {
    const booted = await bootedService({ controllers: [TransferController], providers: [TransferService] });
    const routes = booted.routes();
    expect(Object.isFrozen(routes)).toBe(true);
    expect(routes.map(({ name, access, dynamic }) => [name, access, dynamic])).toEqual([
      ['TransferController.context', 'required', false],
      ['TransferController.request', 'required', false],
      ['TransferController.injected', 'required', false],
      ['TransferController.skipped', 'skipped', false],
      ['TransferController.public', 'public', false],
      ['TransferController.dynamic', 'required', true],
      ['TransferController.assess', 'required', false],
      ['TransferController.nonsense', 'required', false],
    ]);
    expect(routes[6]?.requirements).toEqual({ acrValues: ['mfa'], maxAge: 6000 } satisfies AuthenticationRequirements);
  });

  it('authenticate() needs tokens of our own verifying', async () => {
    const booted = await bootedService({ options: { passport: 'existing' } });
    await expect(booted.authenticate('token')).rejects.toThrow(
      new TypeError('authenticate() needs "passport": \'register\'; tokens are verified by a strategy of yours'),
    );
  });
});
