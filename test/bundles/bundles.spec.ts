import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { transformSync } from '@swc/core';
import { type BuildOptions, build } from 'esbuild';
import { createTestAuthorizationServer, type TestAuthorizationServer } from 'nestjs-step-up/testing';
import webpack from 'webpack';

jest.setTimeout(180_000);

const root = join(__dirname, '../..');
let folder: string;
let entry: string;
let server: TestAuthorizationServer;

/** Compiles lib and the application as a build of them does, so that a bundler sees what it sees of the package. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nestjs-step-up-bundles-'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const sources = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /^(core|token|authorization-servers|passport|nest|index)\b.*\.ts$/.test(file))
    .map((file) => ['lib', file] as const);
  for (const [from, file] of [...sources, ['test/bundles', 'application.ts'] as const]) {
    const { code } = transformSync(readFileSync(join(root, from, file), 'utf8'), {
      filename: file,
      jsc: {
        target: 'es2022',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
      },
      module: { type: 'commonjs' },
    });
    const target = join(folder, from, file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(
      target,
      code
        .replaceAll("'nestjs-step-up'", "'../../lib/index.js'")
        .replaceAll('"nestjs-step-up"', '"../../lib/index.js"'),
    );
  }
  entry = join(folder, 'test/bundles/application.js');
  server = await createTestAuthorizationServer();
});
afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Optional packages of Nest, which a bundle leaves to run time, and packages that are ESM alone. */
const EXTERNAL = [
  '@nestjs/microservices',
  '@nestjs/microservices/microservices-module',
  '@nestjs/websockets',
  '@nestjs/websockets/socket-module',
  '@nestjs/graphql',
  'class-transformer',
  'class-validator',
  'openid-client',
  '@fastify/static',
  '@fastify/view',
];

const isExternal = (request: string) =>
  EXTERNAL.some((name) => request === name || (name.startsWith('@nestjs/') && request.startsWith(`${name}/`)));

type Bundle = (outfile: string) => Promise<void>;

const esbuild = (outfile: string, further: BuildOptions) =>
  build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    external: EXTERNAL,
    logLevel: 'silent',
    ...further,
  });

const bundlers: [name: string, bundle: Bundle][] = [
  ['esbuild --minify', async (outfile) => void (await esbuild(outfile, {}))],
  [
    // dependencies as Bun resolves them: jose then comes in its build for browsers, whose keys are of another class
    'esbuild-for-bun, by the export condition "bun",',
    async (outfile) => {
      const { metafile } = await esbuild(outfile, { conditions: ['bun'], metafile: true });
      const builds = Object.keys(metafile?.inputs ?? {}).flatMap((file) => /\/jose\/dist\/(\w+)/.exec(file)?.[1] ?? []);
      expect([...new Set(builds)]).toEqual(['browser']);
    },
  ],
  [
    'webpack in production mode',
    (outfile) =>
      new Promise((resolve, reject) => {
        webpack(
          {
            entry,
            mode: 'production',
            target: 'node',
            output: { path: dirname(outfile), filename: 'webpack.js' },
            externals: [({ request = '' }) => Promise.resolve(isExternal(request) ? `commonjs ${request}` : undefined)],
            ignoreWarnings: [() => true],
          },
          (error, stats) => {
            if (error !== null || stats?.hasErrors() === true)
              reject(error ?? new Error(stats?.toString({ all: false, errors: true })));
            else resolve();
          },
        );
      }),
  ],
];

interface Running {
  url: string;
  routes: { access: string; enforcedBy?: string; triggers: string[] }[];
  log: string;
  process: ChildProcess;
}

async function start(file: string): Promise<Running> {
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, ISSUER: server.issuer },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (chunk) => {
    log += chunk;
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('READY ')) return { ...JSON.parse(line.slice(6)), log, process: child };
    log += `${line}\n`;
  }
  throw new Error(log);
}

describe.each(bundlers)('field RS-14 an application that %s has bundled', (name, bundle) => {
  let running: Running;
  beforeAll(async () => {
    const outfile = join(folder, `${name.split(/[ ,]/)[0]}.js`);
    await bundle(outfile);
    expect(readFileSync(outfile, 'utf8')).not.toMatch(/class AuthModuleOptions\b|class AcrGuard\b/);
    running = await start(outfile);
  });
  afterAll(() => void running?.process.kill());

  const send = async (path: string, token?: string, method = 'GET') => {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(`${running.url}/${path}`, { method, headers });
    return {
      status: response.status,
      challenge: response.headers.get('www-authenticate'),
      body: await response.text(),
    };
  };

  it('boots with the routes that it has unbundled', () => {
    expect(running.routes.map(({ access, enforcedBy, triggers }) => [triggers[0], access, enforcedBy])).toEqual([
      ['POST /bank/transfers', 'required', 'handler'],
      ['GET /bank/passport', 'required', 'handler'],
      ['GET /bank/accounts', 'token', undefined],
      ['GET /bank/inside', 'token', undefined],
      ['GET /bank/rates', 'public', undefined],
      ['GET /vault', 'required', 'handler'],
      ['GET /vault/door', 'skipped', 'handler'],
    ]);
  });

  it.each<[path: string, method: string]>([
    ['bank/transfers', 'POST'],
    ['bank/passport', 'GET'],
    ['bank/inside', 'GET'],
    ['vault', 'GET'],
  ])('%s challenges a token that is not enough, and the filter writes the body', async (path, method) => {
    const { status, challenge, body } = await send(path, await server.accessToken({ acr: 'pwd' }), method);
    expect({ status, challenge }).toEqual({ status: 401, challenge: expect.stringContaining('acr_values="gold"') });
    expect(JSON.parse(body)).toMatchObject({ error: 'insufficient_user_authentication', reasons: ['acr_unmet'] });
    expect((await send(path, await server.accessToken({ acr: 'gold' }), method)).status).toBeLessThan(300);
  });

  it.each(['bank/transfers', 'bank/passport', 'bank/accounts', 'bank/inside', 'vault', 'vault/door'])(
    '%s needs a token',
    async (path) => {
      const { status } = await send(path, undefined, path === 'bank/transfers' ? 'POST' : 'GET');
      expect(status).toBe(401);
    },
  );

  it('@Public needs none', async () => {
    expect(await send('bank/rates')).toMatchObject({ status: 200, body: 'rates' });
  });
});
