import type { INestApplication, ModuleMetadata, Type } from '@nestjs/common';
import {
  createTestAuthorizationServer,
  type TestAccessTokenOptions,
  type TestAuthorizationServer,
} from 'nestjs-step-up/testing';
import {
  type ApplicationSetup,
  adapters,
  captureLog,
  type FurtherOptions,
  type RunningApplication,
  startApplication,
} from './application.js';
import { deferred } from './deferred.js';
import { done } from './handler.js';

/** What the body of {@link describeOverHttp} works with. */
interface OverHttp {
  /**
   * Boots an application and returns what sends requests to it. Takes controllers, or a module if the application needs
   * more. The module options are added to one authorization server, which is `server`; an option replaces that.
   * What a test or `beforeEach` has booted is closed after the test, what `beforeAll` has booted after the last one.
   *
   * @throws what stops the boot
   */
  serve(served: Type | readonly Type[] | ServedModule, options?: FurtherOptions): Promise<Send>;
  /** Signs an access token of `server`, as if a user had just signed in. */
  accessToken(options?: TestAccessTokenOptions): Promise<string>;
  /** The authorization server. It has an issuer from the first `beforeAll` on, not while the tests are collected. */
  server: TestAuthorizationServer;
  /** What the application has logged in this test, one string for each line. */
  log: readonly string[];
}

/** A root module next to `StepUpModule`, with what its tests add to it before the boot. */
export interface ServedModule
  extends Pick<ModuleMetadata, 'controllers' | 'providers'>,
    Pick<ApplicationSetup, 'imports' | 'importsBefore' | 'configure' | 'beforeListen'> {}

export interface Request {
  /** Sent as `Authorization: Bearer`. Default is no such header. */
  token?: string | undefined;
  /** Default is `'/'`, the path of {@link handler}. */
  path?: string;
  /** Default is `'GET'`. */
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: string;
}

export interface Response {
  status: number;
  /** Each line of each field, without the fields that Node and the adapters add to every response. */
  headers: Record<string, string[]>;
  /** Parsed if the response says that it is JSON, otherwise the text. */
  body: unknown;
}

export interface Send {
  (request?: Request): Promise<Response>;
  app: INestApplication;
  /** Without a slash at the end. */
  url: string;
}

/**
 * Describes what an application does over HTTP: runs the tests of its body once for Express and once for Fastify, with an
 * authorization server that each of the two has for itself. Closes everything afterwards. Nothing is logged to the terminal.
 *
 * ```ts
 * describeOverHttp('guards next to a requirement', ({ serve, accessToken }) => {
 *   it('the token is judged, not the user that an earlier guard put on the request', async () => {
 *     const send = await serve(handler(RequireAcr('mfa'), UseGuards(impostorGuard({ acr: 'mfa' }))));
 *     const response = await send({ token: await accessToken({ acr: 'pwd' }) });
 *     expect(response).toEqual(challenged({ acrValues: ['mfa'], reasons: ['acr_unmet'] }));
 *   });
 * });
 * ```
 */
export function describeOverHttp(title: string, body: (http: OverHttp) => void): void {
  describe.each(adapters)(`${title}, over %s`, (_, createAdapter) => {
    const log: string[] = [];
    const running: { test: RunningApplication[]; all: RunningApplication[] } = { test: [], all: [] };
    let started: TestAuthorizationServer | undefined;
    let captured: ReturnType<typeof captureLog>;
    let within: keyof typeof running = 'all';

    beforeAll(async () => {
      captured = captureLog(log);
      started = await createTestAuthorizationServer();
    });
    beforeEach(() => {
      log.length = 0;
      done.mockClear();
      within = 'test';
    });

    const server = deferred(() => started);
    body({
      server,
      log,
      accessToken: (options) => server.accessToken(options),
      async serve(served, options) {
        const application = await startApplication({
          controllers: [],
          createAdapter,
          ...servedModule(served),
          options: options?.passport === 'existing' ? options : { ...accepting(server), ...options },
        });
        running[within].push(application);
        return sendTo(application);
      },
    });

    afterEach(async () => {
      within = 'all';
      for (const application of running.test.splice(0)) await application.close();
    });
    afterAll(async () => {
      for (const application of running.all.splice(0)) await application.close();
      await started?.close();
      captured.restore();
    });
  });
}

function servedModule(served: Type | readonly Type[] | ServedModule): ServedModule {
  if (typeof served === 'function') return { controllers: [served] };
  return 'length' in served ? { controllers: [...served] } : served;
}

const accepting = ({ issuer, audience }: TestAuthorizationServer) => ({
  authorizationServers: [{ issuer, audience }],
});

/** Fields that say nothing about the application. */
const EVERYWHERE = ['connection', 'content-length', 'date', 'etag', 'keep-alive', 'transfer-encoding', 'x-powered-by'];

function sendTo({ app, url, send }: RunningApplication): Send {
  const request = async ({ path = '/', token, ...rest }: Request = {}): Promise<Response> => {
    const { status, headers, text } = await send(path, { ...rest, ...(token !== undefined && { token }) });
    const isJson = text !== '' && /^application\/([a-z-]+\+)?json\b/.test(headers['content-type']?.[0] ?? '');
    return {
      status,
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !EVERYWHERE.includes(name))),
      body: isJson ? JSON.parse(text) : text,
    };
  };
  return Object.assign(request, { app, url });
}
