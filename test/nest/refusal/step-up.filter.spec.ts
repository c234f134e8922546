import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  HttpException,
  Module,
  Req,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { AccessTokenGuard, RequireAcr, StepUpContext, StepUpService } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { type ApplicationSetup, adapters, captureLog, startApplication } from '../../support/application.js';

/** What applications have: every error in one shape. */
@Catch()
class CatchAll implements ExceptionFilter {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(exception: unknown, host: ArgumentsHost) {
    const status = exception instanceof HttpException ? exception.getStatus() : 500;
    this.adapterHost.httpAdapter.reply(host.switchToHttp().getResponse(), { caught: status }, status);
  }
}

@Controller()
class BankController {
  constructor(private readonly stepUp: StepUpService) {}

  @Get('open')
  open() {}

  @Get('decorated')
  @RequireAcr('mfa')
  decorated() {}

  @Get('filter-above')
  @UseFilters(CatchAll)
  @RequireAcr('mfa')
  filterAbove() {}

  @Get('filter-below')
  @RequireAcr('mfa')
  @UseFilters(CatchAll)
  filterBelow() {}

  @Get('token-guard')
  @UseGuards(AccessTokenGuard)
  tokenGuard() {}

  @Get('filter-and-token-guard')
  @UseFilters(CatchAll)
  @UseGuards(AccessTokenGuard)
  filterAndTokenGuard() {}

  @Get('passport')
  @UseGuards(AuthGuard('jwt'))
  passport() {}

  @Get('filter-and-passport')
  @UseFilters(CatchAll)
  @UseGuards(AuthGuard('jwt'))
  filterAndPassport() {}

  @Get('filter-and-require')
  @UseFilters(CatchAll)
  @UseGuards(AccessTokenGuard)
  async filterAndRequire(@StepUpContext() at: ExecutionContext) {
    await this.stepUp.require(at, 'mfa');
  }

  @Get('filter-and-require-of-request')
  @UseFilters(CatchAll)
  @UseGuards(AccessTokenGuard)
  async filterAndRequireOfRequest(@Req() request: object) {
    await this.stepUp.require(request, 'mfa');
  }
}

const stepUp =
  'Bearer realm="api", error="insufficient_user_authentication", ' +
  'error_description="A different authentication is required", acr_values="mfa"';
const stepUpBody = {
  error: 'insufficient_user_authentication',
  error_description: 'A different authentication is required',
  acr_values: 'mfa',
  reasons: ['acr_unmet'],
};
const notSignedJwt =
  'Bearer realm="api", error="invalid_token", error_description="The access token is not a signed JWT"';
const notSignedJwtBody = { error: 'invalid_token', error_description: 'The access token is not a signed JWT' };
const caught = { caught: 401 };

@Module({ providers: [{ provide: APP_FILTER, useClass: CatchAll }] })
class CatchAllModule {}

/** Everywhere an application can put a filter that is not on the handler, and whether Nest prefers it to a global one of ours. */
const filters: [name: string, setup: Partial<ApplicationSetup>, winsOverGlobal: boolean][] = [
  [
    'app.useGlobalFilters()',
    { configure: (app) => app.useGlobalFilters(new CatchAll(app.get(HttpAdapterHost))) },
    true,
  ],
  ['APP_FILTER of a module imported before ours', { importsBefore: [CatchAllModule] }, false],
  ['APP_FILTER of a module imported after ours', { imports: [CatchAllModule] }, true],
  ['APP_FILTER of the root module', { providers: [{ provide: APP_FILTER, useClass: CatchAll }] }, false],
];

describe.each(adapters)('RS-03 a catch-all filter of the application loses no challenge, %s', (_, createAdapter) => {
  let server: TestAuthorizationServer;
  let log: ReturnType<typeof captureLog>;

  beforeAll(async () => {
    log = captureLog();
    server = await createTestAuthorizationServer();
  });
  afterAll(async () => {
    log.restore();
    await server?.close();
  });

  /** The answers to a request without token, with one that is none, and with one whose authentication is not enough. */
  async function answers(path: string, setup: Partial<ApplicationSetup> = {}) {
    const application = await startApplication({
      createAdapter,
      controllers: [BankController],
      ...setup,
      options: { authorizationServers: [{ issuer: server.issuer, audience: server.audience }], ...setup.options },
    });
    try {
      const sent = [
        await application.send(path),
        await application.send(path, { token: 'garbage' }),
        await application.send(path, { token: await server.accessToken({ acr: 'pwd' }) }),
      ];
      return sent.map(({ status, challenges, body, headers }) => ({
        status,
        challenges,
        body,
        stored: headers['cache-control']?.join() !== 'no-store',
      }));
    } finally {
      await application.close();
    }
  }

  const refusals = (bodies: Record<string, unknown>[]) =>
    ['Bearer realm="api"', notSignedJwt, stepUp].map((challenge, index) => ({
      status: 401,
      challenges: [challenge],
      body: bodies[index],
      stored: false,
    }));
  const ours = [{ statusCode: 401, message: 'Unauthorized' }, notSignedJwtBody, stepUpBody];
  const theirs = [caught, caught, caught];

  it.each([
    ['on a handler, above @RequireAcr', '/filter-above', theirs],
    ['on a handler, below @RequireAcr', '/filter-below', ours],
    ['on a handler that requires more itself', '/filter-and-require', theirs],
    ['on a handler that requires more itself, of the bare request', '/filter-and-require-of-request', theirs],
  ])('@UseFilters %s', async (_, path, bodies) => {
    expect(await answers(path)).toEqual(refusals(bodies));
  });

  it.each([
    ['AccessTokenGuard', '/filter-and-token-guard'],
    ["AuthGuard('jwt')", '/filter-and-passport'],
  ])('@UseFilters on a handler with %s', async (_, path) => {
    expect((await answers(path)).slice(0, 2)).toEqual(refusals(theirs).slice(0, 2));
  });

  describe.each(filters)('%s', (_, setup, winsOverGlobal) => {
    it('on a handler with @RequireAcr, which brings its filter', async () => {
      expect(await answers('/decorated', setup)).toEqual(refusals(ours));
    });

    it('on a handler that requires more itself', async () => {
      expect(await answers('/filter-and-require', setup)).toEqual(refusals(theirs));
    });

    it('on a handler that the module gives its requirement', async () => {
      const options = {
        authorizationServers: [{ issuer: server.issuer, audience: server.audience }],
        requirements: { acrValues: ['mfa'] },
      };
      expect(await answers('/open', { ...setup, options })).toEqual(refusals(winsOverGlobal ? theirs : ours));
    });

    it.each([
      ['AccessTokenGuard', '/token-guard'],
      ["AuthGuard('jwt')", '/passport'],
    ])('on a handler with %s', async (_, path) => {
      const expected = refusals(winsOverGlobal ? theirs : ours);
      expect((await answers(path, setup)).slice(0, 2)).toEqual(expected.slice(0, 2));
    });
  });
});
