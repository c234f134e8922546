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
  type Type,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { AccessTokenGuard, RequireAcr, SkipStepUp, StepUpContext, StepUpService } from 'nestjs-step-up';
import type { FurtherOptions } from '../../support/application.js';
import { challenged, invalidToken, withoutToken } from '../../support/challenged.js';
import { describeOverHttp, type Response, type ServedModule } from '../../support/describe-over-http.js';
import { handler } from '../../support/handler.js';

/** What applications have: every error in one shape. */
@Catch()
class CatchAll implements ExceptionFilter {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(exception: unknown, host: ArgumentsHost) {
    const status = exception instanceof HttpException ? exception.getStatus() : 500;
    this.adapterHost.httpAdapter.reply(host.switchToHttp().getResponse(), { caught: status }, status);
  }
}

@Module({ providers: [{ provide: APP_FILTER, useClass: CatchAll }] })
class CatchAllModule {}

@Controller()
class RequiringController {
  constructor(private readonly stepUp: StepUpService) {}

  @Get('context')
  @UseFilters(CatchAll)
  @UseGuards(AccessTokenGuard)
  async ofContext(@StepUpContext() at: ExecutionContext) {
    await this.stepUp.require(at, 'mfa');
  }

  @Get('request')
  @UseFilters(CatchAll)
  @UseGuards(AccessTokenGuard)
  async ofRequest(@Req() request: object) {
    await this.stepUp.require(request, 'mfa');
  }
}

const noToken = withoutToken();
const garbage = invalidToken('The access token is not a signed JWT');
const acrUnmet = challenged({ acrValues: ['mfa'], reasons: ['acr_unmet'] });

/** Everywhere an application can put a filter that is not on the handler, and whether Nest prefers it to a global one of ours. */
const filters: [where: string, setup: ServedModule, winsOverGlobal: boolean][] = [
  [
    'app.useGlobalFilters()',
    { configure: (app) => app.useGlobalFilters(new CatchAll(app.get(HttpAdapterHost))) },
    true,
  ],
  ['APP_FILTER of a module imported before ours', { importsBefore: [CatchAllModule] }, false],
  ['APP_FILTER of a module imported after ours', { imports: [CatchAllModule] }, true],
  ['APP_FILTER of the root module', { providers: [{ provide: APP_FILTER, useClass: CatchAll }] }, false],
];

describeOverHttp('RS-03 a catch-all filter of the application loses no challenge', ({ serve, accessToken }) => {
  interface Served extends ServedModule {
    path?: string;
    options?: FurtherOptions;
  }
  /** Expects these responses in turn to no token, to garbage, and to an authentication that is not enough. */
  async function expectResponses(served: Type, expected: Response[], { path = '/', options, ...setup }: Served = {}) {
    const send = await serve({ ...setup, controllers: [served] }, options);
    const tokens = [undefined, 'garbage', await accessToken({ acr: 'pwd' })].slice(0, expected.length);
    const responses = [];
    for (const token of tokens) responses.push(await send({ path, token }));
    expect(responses).toEqual(expected);
  }
  const caught = (...responses: Response[]) => responses.map((response) => ({ ...response, body: { caught: 401 } }));

  describe('with "exceptionFilter": false it writes every body', () => {
    const off = { options: { exceptionFilter: false } };
    const everywhere: [where: string, setup: ServedModule][] = filters.map(([where, setup]) => [where, setup]);
    const handlers: [what: string, served: () => Type, responses: Response[]][] = [
      ['@RequireAcr', () => handler(RequireAcr('mfa')), [noToken, garbage, acrUnmet]],
      ['AccessTokenGuard', () => handler(UseGuards(AccessTokenGuard)), [noToken, garbage]],
      ["AuthGuard('jwt')", () => handler(UseGuards(AuthGuard('jwt'))), [noToken, garbage]],
      [
        'a filter of its own below @RequireAcr',
        () => handler(RequireAcr('mfa'), UseFilters(CatchAll)),
        [noToken, garbage, acrUnmet],
      ],
      [
        'a filter of its own above @RequireAcr',
        () => handler(UseFilters(CatchAll), RequireAcr('mfa')),
        [noToken, garbage, acrUnmet],
      ],
    ];
    it.each(
      everywhere.flatMap(([where, setup]) => handlers.map(([what, ...rest]) => [where, what, setup, ...rest] as const)),
    )('%s: a handler with %s', (_where, _what, setup, served, responses) =>
      expectResponses(served(), caught(...responses), { ...setup, ...off }),
    );

    it('also that of a token without a request', async () => {
      @Controller()
      @UseFilters(CatchAll)
      class RelayController {
        constructor(private readonly stepUp: StepUpService) {}

        @Get()
        @SkipStepUp()
        async relay() {
          await this.stepUp.authenticate('garbage');
        }
      }
      const send = await serve(RelayController, { exceptionFilter: false });
      expect(await send({ token: await accessToken() })).toMatchObject({ status: 401, body: { caught: 401 } });
    });

    it('and without a filter Nest writes what the exception has', () =>
      expectResponses(handler(RequireAcr('mfa')), [noToken, garbage, acrUnmet], off));
  });

  it('a filter on a handler above @RequireAcr writes the body', () =>
    expectResponses(handler(UseFilters(CatchAll), RequireAcr('mfa')), caught(noToken, garbage, acrUnmet)));

  it('a filter on a handler below @RequireAcr does not write the body', () =>
    expectResponses(handler(RequireAcr('mfa'), UseFilters(CatchAll)), [noToken, garbage, acrUnmet]));

  it.each(['context', 'request'])('a filter on a handler that requires more of its %s writes the body', (path) =>
    expectResponses(RequiringController, caught(noToken, garbage, acrUnmet), { path: `/${path}` }),
  );

  const guards: [name: string, guard: Parameters<typeof UseGuards>[0]][] = [
    ['AccessTokenGuard', AccessTokenGuard],
    ["AuthGuard('jwt')", AuthGuard('jwt')],
  ];
  it.each(guards)('a filter on a handler with %s writes the body', (_, guard) =>
    expectResponses(handler(UseFilters(CatchAll), UseGuards(guard)), caught(noToken, garbage)),
  );

  describe.each(filters)('%s', (_, setup, winsOverGlobal) => {
    const expected = (...responses: Response[]) => (winsOverGlobal ? caught(...responses) : responses);

    it('a handler with @RequireAcr brings its own filter', () =>
      expectResponses(handler(RequireAcr('mfa')), [noToken, garbage, acrUnmet], setup));

    it('a handler that requires more itself keeps the challenge', () =>
      expectResponses(RequiringController, caught(noToken, garbage, acrUnmet), { ...setup, path: '/context' }));

    it('a handler that the module gives its requirement keeps the challenge', () =>
      expectResponses(handler(), expected(noToken, garbage, acrUnmet), {
        ...setup,
        options: { requirements: { acrValues: ['mfa'] } },
      }));

    it('a handler with AccessTokenGuard keeps the challenge', () =>
      expectResponses(handler(UseGuards(AccessTokenGuard)), expected(noToken, garbage), setup));

    it("a handler with AuthGuard('jwt') keeps the challenge, and without a token it is Nest's guard that throws", () =>
      expectResponses(handler(UseGuards(AuthGuard('jwt'))), [...caught(noToken), ...expected(garbage)], setup));
  });
});
