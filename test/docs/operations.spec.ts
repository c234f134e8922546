import { unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Logger as NestLogger, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { metrics } from '@opentelemetry/api';
import type { MeterProvider, ViewOptions } from '@opentelemetry/sdk-metrics';
import { Logger } from 'nestjs-pino';
import { DECISION_CHANNEL, RequireAcr, StepUpModule, type StepUpModuleOptions, StepUpService } from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { pino } from 'pino';
import ts from 'typescript';
import { ATTRIBUTES } from '../../lib/opentelemetry/attributes.js';
import { adapters, type CreateAdapter } from '../support/application.js';
import { handler } from '../support/handler.js';

const page = readFileSync(join(__dirname, '../../docs/operations.md'), 'utf8');

/** Runs the snippet below a heading, and returns what it exports. `given` is what the snippet declares as yours. */
function run<Exports>(heading: string, given: Record<string, unknown> = {}): Exports {
  const [, section = ''] = page.split(new RegExp(`^#+ ${heading}$`, 'm'));
  const [, source = ''] = /^```ts\n(.*?)^```$/ms.exec(section) ?? [];
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
    },
  });
  const exported = {} as Exports;
  new Function('exports', 'require', ...Object.keys(given), outputText)(exported, require, ...Object.values(given));
  return exported;
}

/** A line of JSON, as pino and nestjs-pino write it. */
interface LogLine {
  readonly msg?: string;
  readonly req?: { readonly id: unknown };
}

/** One for all tests, as nestjs-pino has one logger for a process. */
const log = { lines: [] as LogLine[], write: (line: string) => void log.lines.push(JSON.parse(line)) };

describe.each(adapters)('docs/operations.md, over %s', (_, createAdapter: CreateAdapter) => {
  let server: TestAuthorizationServer;
  let options: StepUpModuleOptions;
  const close: (() => unknown)[] = [];
  beforeAll(async () => {
    server = await createTestAuthorizationServer();
    const { issuer, audience } = server;
    options = { authorizationServers: [{ issuer, audience, acr: { mfa: 'urn:example:mfa' } }] };
  });
  beforeEach(() => {
    log.lines.length = 0;
  });
  afterEach(async () => {
    for (const one of close.splice(0).reverse()) await one();
  });
  afterAll(() => server.close());

  /** Serves a handler that requires `mfa`, with a user who has a password alone, and returns the application. */
  async function challenge(imports: Type[], providers: Type[] = []) {
    const given = imports.length === 0 ? [StepUpModule.forRoot(options)] : imports;
    const controllers = [handler(RequireAcr('mfa'))];
    const testing = await Test.createTestingModule({ imports: given, controllers, providers }).compile();
    const app = testing.createNestApplication(createAdapter());
    close.push(() => app.close());
    return {
      app,
      async send() {
        if (app.getHttpServer().listening !== true) await app.listen(0, '127.0.0.1');
        const authorization = `Bearer ${await server.accessToken({ acr: 'urn:example:pwd', subject: 'alice' })}`;
        const { status } = await fetch(await app.getUrl(), { headers: { authorization } });
        expect(status).toBe(401);
      },
    };
  }
  const decision = () =>
    expect.objectContaining({
      outcome: 'challenged',
      reasons: ['acr_unmet'],
      issuer: server.issuer,
      transport: 'http',
    });

  it('Decisions: each is a line of the log', async () => {
    const logged = jest.spyOn(NestLogger.prototype, 'log').mockReturnValue();
    close.push(() => logged.mockRestore());
    const { DecisionLog } = run<{ DecisionLog: Type }>('Decisions');
    const { send } = await challenge([], [DecisionLog]);
    await send();
    const decided = logged.mock.calls.map(([line]) => String(line)).filter((line) => line.startsWith('{'));
    expect(decided.map((line) => JSON.parse(line))).toEqual([decision()]);
    expect(decided.join()).not.toContain('alice');
  });

  it('The diagnostics channel: counts outcomes', async () => {
    const { counts, count } = run<{ counts: object; count: () => void }>('The diagnostics channel');
    close.push(() => unsubscribe(DECISION_CHANNEL, count));
    await (await challenge([])).send();
    expect(counts).toEqual({ challenged: 1 });
  });

  it.each<[what: string, views: () => ViewOptions[], place: string]>([
    ['Prometheus', () => [], 'nestjs_step_up_route="HandlerController.handle",nestjs_step_up_transport="http"'],
    [
      'Fewer series',
      () => [run<{ withoutRoute: ViewOptions }>('Fewer series').withoutRoute],
      'nestjs_step_up_transport="http"',
    ],
  ])('Metrics, %s: the exporter is read over HTTP', async (__, views, place) => {
    const start = run<{ startMetrics(port: number, views: ViewOptions[]): MeterProvider }>('Prometheus').startMetrics;
    const port = await freePort();
    const provider = start(port, views());
    close.push(() => provider.shutdown());
    close.push(() => metrics.disable());
    const { AppModule } = run<{ AppModule: Type }>('Metrics', { options });
    await (await challenge([AppModule])).send();
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const decided = `nestjs_step_up_outcome="challenged",nestjs_step_up_issuer="${server.issuer}",${place}`;
    const scope = 'otel_scope_name="nestjs-step-up"';
    expect(text.split('\n')).toContain(`nestjs_step_up_decisions_total{${decided},${scope}} 1`);
  });

  it('pino: each decision is a line of JSON, with the level of its outcome', async () => {
    type LogDecisions = (stepUp: StepUpService, logger: ReturnType<typeof pino>) => () => void;
    const { logDecisions } = run<{ logDecisions: LogDecisions }>('pino');
    const { app, send } = await challenge([]);
    const end = logDecisions(app.get(StepUpService), pino({ level: 'debug' }, log));
    await send();
    expect(log.lines).toMatchObject([{ level: 30, msg: 'step-up decision', stepUp: decision() }]);
    expect(JSON.stringify(log.lines)).not.toContain('alice');
    end();
    await send();
    expect(log.lines).toHaveLength(1);
  });

  it('nestjs-pino: each decision has the id of its request, and the lines of the package are JSON', async () => {
    const logging = { pinoHttp: { stream: log, level: 'info' } };
    const { AppModule } = run<{ AppModule: Type }>('nestjs-pino', { options, logging });
    const { app, send } = await challenge([AppModule]);
    app.useLogger(app.get(Logger));
    await send();
    const [decided, ...more] = log.lines.filter(({ msg }) => msg === 'step-up decision');
    expect(more).toEqual([]);
    expect(decided).toMatchObject({ level: 30, context: 'Decisions', stepUp: decision() });
    const completed = log.lines.find(({ msg }) => msg === 'request completed');
    expect(decided?.req).toMatchObject({ id: completed?.req?.id });
    expect(log.lines).toContainEqual(
      expect.objectContaining({ context: 'StepUp', msg: expect.stringMatching(/^\[acr_unknown\] /) }),
    );
  });
});

test('docs/operations.md lists each attribute', () => {
  const listed = page.match(/^\| `nestjs_step_up\.[\w.]+`/gm)?.map((cell) => cell.slice(3, -1)) ?? [];
  expect(listed).toEqual(expect.arrayContaining(Object.values(ATTRIBUTES)));
});

/** The exporter for Prometheus takes no 0 for a free port. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
