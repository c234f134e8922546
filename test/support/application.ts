import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type INestApplication, Logger, type ModuleMetadata, type Type } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  type StepUpExistingOptions,
  StepUpModule,
  type StepUpModuleOptions,
  type StepUpRegisterOptions,
} from 'nestjs-step-up';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import { deferred } from './deferred.js';

/** Both HTTP adapters of Nest. `describeOverHttp` runs its tests over both. */
export const adapters = [
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
] as const;

/** Module options to which a set-up adds the authorization servers. */
export type FurtherOptions = Partial<StepUpRegisterOptions> | StepUpExistingOptions;

export type CreateAdapter = (typeof adapters)[number][1];

export interface ApplicationSetup extends Pick<ModuleMetadata, 'imports' | 'providers'> {
  createAdapter: CreateAdapter;
  options: StepUpModuleOptions;
  controllers: Type[];
  /** Default is a free one. */
  port?: number;
  /** Imported before `StepUpModule`; `imports` come after it. */
  importsBefore?: ModuleMetadata['imports'];
  /** Runs before the application boots: global guards, filters, CORS. */
  configure?: (app: INestApplication) => void;
  /** Runs between `configure` and the boot. */
  beforeListen?: (app: INestApplication) => Promise<unknown>;
}

interface Answer {
  status: number;
  /** Each line of `WWW-Authenticate` by itself. */
  challenges: string[];
  headers: Record<string, string[]>;
  text: string;
  body: Record<string, unknown>;
}

interface Send {
  method?: string;
  token?: string;
  headers?: Record<string, string | string[]>;
  body?: string;
}

export interface RunningApplication {
  app: INestApplication;
  url: string;
  send(path: string, options?: Send): Promise<Answer>;
  close(): Promise<void>;
}

const running = new Set<RunningApplication>();
// A server that listens keeps the whole run from its end.
afterAll(() => Promise.all([...running].map((application) => application.close())));

/**
 * Boots an application with the module on a loopback port. What a test does not close, as it has failed, is closed after the
 * last one of its file.
 */
export async function startApplication(setup: ApplicationSetup): Promise<RunningApplication> {
  const { createAdapter, options, controllers, importsBefore = [], imports = [], providers = [], configure } = setup;
  const { port = 0, beforeListen } = setup;
  const testing = await Test.createTestingModule({
    imports: [...importsBefore, StepUpModule.forRoot({ metadataAudit: 'off', ...options }), ...imports],
    controllers,
    providers,
  }).compile();
  const app = testing.createNestApplication(createAdapter());
  configure?.(app);
  try {
    await beforeListen?.(app);
    await app.listen(port, '127.0.0.1');
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
  const url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  const application: RunningApplication = {
    app,
    url,
    send: (path, send) => exchange(url + path, send),
    close() {
      running.delete(application);
      return app.close();
    },
  };
  running.add(application);
  return application;
}

/**
 * Starts an authorization server, and on Express an application that accepts its tokens, for all tests of this file or
 * `describe`. Closes both behind them.
 */
export function applicationOfAllTests({
  options,
  ...setup
}: Partial<Omit<ApplicationSetup, 'options'>> & { options?: Partial<StepUpRegisterOptions> }): {
  server: TestAuthorizationServer;
  application: RunningApplication;
} {
  let server: TestAuthorizationServer | undefined;
  let application: RunningApplication | undefined;
  beforeAll(async () => {
    server = await createTestAuthorizationServer();
    const { issuer, audience } = server;
    application = await startApplication({
      createAdapter: adapters[0][1],
      controllers: [],
      ...setup,
      options: { authorizationServers: [{ issuer, audience }], ...options },
    });
  });
  afterAll(async () => {
    await application?.close();
    await server?.close();
  });
  return { server: deferred(() => server), application: deferred(() => application) };
}

/** Returns a port that nobody listens on, for an address that has to be known before. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function exchange(url: string, { method = 'GET', token, headers, body }: Send = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      url,
      { method, headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: response.statusCode as number,
            challenges: response.headersDistinct['www-authenticate'] ?? [],
            headers: response.headersDistinct as Record<string, string[]>,
            text,
            body: text.startsWith('{') ? JSON.parse(text) : {},
          });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Collects what the application logs, one string for each line, until `restore()`. Nothing reaches the terminal. */
export function captureLog(lines: string[] = []): { lines: string[]; restore(): void } {
  const keep = (...[message]: unknown[]) => {
    lines.push(String(message));
  };
  const spies = (['log', 'warn', 'error', 'debug', 'verbose'] as const).map((level) =>
    jest.spyOn(Logger.prototype, level).mockImplementation(keep),
  );
  return { lines, restore: () => spies.forEach((spy) => void spy.mockRestore()) };
}

/** Collects what is logged in each test of this file or `describe`, one string for each line. Nothing reaches the terminal. */
export function logOfEachTest(): readonly string[] {
  const lines: string[] = [];
  let captured: ReturnType<typeof captureLog>;
  beforeAll(() => {
    captured = captureLog(lines);
  });
  beforeEach(() => {
    lines.length = 0;
  });
  afterAll(() => captured.restore());
  return lines;
}
