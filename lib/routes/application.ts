import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/**
 * The members of a Nest application that this command uses. Nest is that of the application: this file does not import
 * it.
 */
interface Application {
  useWebSocketAdapter(adapter: unknown): unknown;
  init(): Promise<unknown>;
  get(token: unknown, options: { strict: false }): { routes(): readonly RouteDescription[] };
  close(): Promise<void>;
}

/** The part of the route description of the main entry that the command prints. */
export interface RouteDescription {
  readonly name: string;
  readonly triggers?: readonly string[];
  readonly access: string;
  readonly requirements?: { readonly acrValues?: readonly string[]; readonly maxAge?: number; readonly scope?: string };
  readonly dynamic: boolean;
  readonly enforcedBy?: string;
}

/** The application cannot be read. The command prints the message. */
export class ApplicationError extends Error {}

export interface ApplicationOptions {
  /** The compiled file with the root module. */
  readonly file: string;
  /** The name of the export that is the root module. Default is `AppModule`, or the only module of the file. */
  readonly module: string | undefined;
  /** The name of an exported function that sets up the application as its main file does. Default is none. */
  readonly setUp: string | undefined;
  /** Called for each warning and error that Nest logs. */
  readonly warn: (text: string) => void;
}

type Exports = Readonly<Record<string, unknown>>;

/**
 * Boots an application without listening, and returns what each of its handlers requires. Runs the hooks of its
 * modules, and closes the application afterwards.
 *
 * @throws ApplicationError if there is no such module, or if the application does not boot
 */
export async function routesOf({
  file,
  module,
  setUp,
  warn,
}: ApplicationOptions): Promise<readonly RouteDescription[]> {
  const exports = await load(file);
  const root = rootModule(exports, module, file);
  const configure = setUp !== undefined && Object.hasOwn(exports, setUp) ? exports[setUp] : undefined;
  if (setUp !== undefined && typeof configure !== 'function') {
    throw new ApplicationError(`${file} exports no function "${setUp}"; there are ${namesOf(exports)}`);
  }
  const require = createRequire(file);
  const { NestFactory } = await importFrom(require, '@nestjs/core');
  const { StepUpService } = await importFrom(require, 'nestjs-step-up');
  const logger = { log() {}, debug() {}, verbose() {}, warn, error: warn, fatal: warn };
  const options = { logger, abortOnError: false };
  const { create } = NestFactory as { create(...parameters: unknown[]): Promise<Application> };
  const app = await create.call(NestFactory, root, ...(await httpAdapter(require)), options).catch(explain);
  try {
    const WsAdapter = await webSocketAdapter(require);
    if (WsAdapter !== undefined) app.useWebSocketAdapter(new WsAdapter(app));
    if (typeof configure === 'function') await configure(app);
    await app.init().catch(explain);
    return app.get(StepUpService, { strict: false }).routes();
  } finally {
    await app.close().catch(() => undefined);
  }
}

async function load(file: string): Promise<Exports> {
  if (/\.[cm]?tsx?$/.test(file))
    throw new ApplicationError(`${file} is TypeScript; give the compiled file, such as dist/app.module.js`);
  try {
    const exports: Exports = await import(pathToFileURL(file).href);
    // The exports of CommonJS are there twice.
    return { ...(exports['default'] as Exports | undefined), ...exports };
  } catch (error) {
    throw new ApplicationError(`${file} cannot be loaded: ${messageOf(error)}`);
  }
}

function rootModule(exports: Exports, name: string | undefined, file: string): unknown {
  if (name !== undefined) {
    if (Object.hasOwn(exports, name) && typeof exports[name] === 'function') return exports[name];
    throw new ApplicationError(`${file} exports no class "${name}"; there are ${namesOf(exports)}`);
  }
  const modules = [...new Set(Object.values(exports).filter(isModule))];
  const found = isModule(exports['AppModule']) ? exports['AppModule'] : modules[0];
  if (found !== undefined && (modules.length === 1 || found === exports['AppModule'])) return found;
  throw new ApplicationError(
    `${file} exports ${modules.length === 0 ? 'no module' : 'several modules'}; name one by --module`,
  );
}

/** What `@Module()` leaves on a class: a bundle can change its name. */
const MODULE_METADATA = ['imports', 'controllers', 'providers', 'exports'];

function isModule(value: unknown): boolean {
  if (typeof value !== 'function') return false;
  const { hasMetadata } = Reflect as { hasMetadata?: (key: string, target: object) => boolean };
  return /Module$/.test(value.name) || MODULE_METADATA.some((key) => hasMetadata?.(key, value) === true);
}

/**
 * Returns the Fastify adapter if Express is not installed and Fastify is. Else returns none, so that Nest loads
 * Express.
 */
async function httpAdapter(require: NodeJS.Require): Promise<readonly unknown[]> {
  if (isThere(require, '@nestjs/platform-express') || !isThere(require, '@nestjs/platform-fastify')) return [];
  const { FastifyAdapter } = await importFrom(require, '@nestjs/platform-fastify');
  return [new (FastifyAdapter as new () => object)()];
}

async function webSocketAdapter(require: NodeJS.Require): Promise<(new (app: unknown) => object) | undefined> {
  if (isThere(require, '@nestjs/platform-socket.io') || !isThere(require, '@nestjs/platform-ws')) return undefined;
  return (await importFrom(require, '@nestjs/platform-ws'))['WsAdapter'] as new (
    app: unknown,
  ) => object;
}

function isThere(require: NodeJS.Require, name: string): boolean {
  try {
    return require.resolve(name) !== '';
  } catch {
    return false;
  }
}

async function importFrom(require: NodeJS.Require, name: string): Promise<Exports> {
  if (!isThere(require, name)) throw new ApplicationError(`"${name}" is not installed where the application is`);
  const exports: Exports = await import(pathToFileURL(require.resolve(name)).href);
  return { ...(exports['default'] as Exports | undefined), ...exports };
}

function explain(error: unknown): never {
  throw new ApplicationError(`the application does not boot: ${messageOf(error)}`);
}

/** Anything can be thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function namesOf(exports: Exports): string {
  return Object.keys(exports)
    .filter((name) => name !== 'default' && name !== 'module.exports')
    .join(', ');
}
