// The client with other libraries, in other runtimes and in the environments of test runners: installs them, plays every
// scenario with each, prints the table, and fails if a user is asked more often than needed. Has Bun serve the smallest
// example. Then has the libraries that sign users in make their requests. Needs the npm registry and Chromium.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { chromiumPath, NO_CHROMIUM } from '../browser/chromium.mjs';
import { startApi } from './api.mjs';
import { environments, files } from './environments.mjs';
import { playSignIn } from './sign-in.mjs';

if (chromiumPath === undefined) {
  console.error(NO_CHROMIUM);
  process.exit(1);
}

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const workshop = mkdtempSync(join(tmpdir(), 'nestjs-step-up-clients-'));

const dependencies = {
  '@angular/common': '21.2.26',
  '@angular/compiler': '21.2.26',
  '@angular/core': '21.2.26',
  '@angular/platform-browser': '21.2.26',
  '@angular/router': '21.2.26',
  '@apollo/client': '4.3.8',
  '@apollo/server': '5.5.1',
  '@as-integrations/express5': '1.1.2',
  '@auth0/auth0-spa-js': '2.28.3',
  '@azure/msal-browser': '5.30.0',
  '@nestjs/apollo': '14.0.3',
  '@nestjs/common': '12.5.1',
  '@nestjs/core': '12.5.1',
  '@nestjs/graphql': '14.0.3',
  '@nestjs/passport': '12.0.0',
  '@nestjs/platform-express': '12.5.1',
  '@nestjs/platform-socket.io': '12.1.1',
  '@nestjs/websockets': '12.1.1',
  '@okta/okta-auth-js': '8.0.1',
  '@tanstack/query-core': '5.108.0',
  '@urql/core': '6.0.3',
  'abort-controller': '3.0.0',
  'angular-auth-oidc-client': '21.0.1',
  axios: '1.21.1',
  esbuild: '0.28.2',
  'flow-remove-types': '2.336.0',
  graphql: '16.15.0',
  'graphql-ws': '6.3.0',
  'happy-dom': '21.0.4',
  jest: '30.5.2',
  'jest-environment-jsdom': '30.5.2',
  'jest-fixed-jsdom': '0.0.11',
  jsdom: '29.1.1',
  'keycloak-js': '26.2.4',
  ky: '1.14.3',
  'next-auth': '4.24.15',
  'node-fetch': '3.3.2',
  ofetch: '1.5.1',
  'oidc-client-ts': '3.5.0',
  passport: '0.7.0',
  react: '19.3.1',
  'reflect-metadata': '0.2.2',
  resolve: '1.22.11',
  rxjs: '7.8.2',
  'socket.io-client': '4.8.4',
  typescript: '6.0.3',
  vitest: '3.2.7',
  'whatwg-fetch': '3.6.20',
  ws: '8.22.0',
};
/** Runtimes that npm has: their packages and versions. */
const runtimes = {
  'Node 22': ['node', '22'],
  'Node 24': ['node', '24'],
  'Deno 2': ['deno', '2.9.6'],
  'Bun 1': ['bun', '1.4.5'],
};
const BUN = join(`bun-${runtimes['Bun 1'][1]}`, 'node_modules', '.bin', 'bun');
/** What a runtime needs to run a script. */
const OPTIONS = { deno: ['run', '--allow-all', '--node-modules-dir=manual'] };

let failed = 0;
try {
  await prepare();
  const nest = await startNest();
  try {
    await playAll(`Node ${process.versions.node}`, process.execPath, [], nest.origin);
    for (const [name, [runtime, version]] of Object.entries(runtimes)) {
      await playAll(name, install(runtime, version), OPTIONS[runtime] ?? [], nest.origin);
    }
  } finally {
    nest.close();
  }
  await serveAll('A server on Bun 1, where jose resolves to its build for browsers', join(workshop, BUN));
  await playAll('React Native 0.82', process.execPath, ['--import', './react-native.mjs'], '', 'fetch');
  await runEnvironments();
  run('npx', ['tsc', '-p', 'tsconfig.json'], workshop);
  report(
    'Signing in: the types of the libraries hold, and these are the requests in Chromium',
    await playSignIn(workshop),
  );
} finally {
  rmSync(workshop, { recursive: true, force: true });
}
console.log(failed === 0 ? '\nThe client works with all of them.' : `\n${failed} failed.`);
process.exitCode = failed === 0 ? 0 : 1;

async function prepare() {
  const packed = run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', workshop], root);
  const [{ filename }] = JSON.parse(packed);
  const manifest = { private: true, dependencies: { ...dependencies, 'nestjs-step-up': `file:${filename}` } };
  writeFileSync(join(workshop, 'package.json'), JSON.stringify(manifest));
  for (const file of [
    'api.mjs',
    'environment.cjs',
    'libraries.mjs',
    'react-native.mjs',
    'scenarios.mjs',
    'server.mjs',
    'sign-in-libraries.ts',
  ]) {
    cpSync(join(here, file), join(workshop, file));
  }
  const lib = ['es2023', 'dom', 'dom.iterable'];
  const compilerOptions = { module: 'esnext', moduleResolution: 'bundler', target: 'es2022', lib, types: [] };
  writeFileSync(
    join(workshop, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { ...compilerOptions, noEmit: true, strict: true, skipLibCheck: true },
      files: ['sign-in-libraries.ts'],
    }),
  );
  for (const [source, name] of [
    [join(here, 'nest-api.mts'), 'nest-api.mjs'],
    [join(root, 'docs/examples/smallest.ts'), 'smallest.mjs'],
  ]) {
    await build({
      entryPoints: [source],
      outfile: join(workshop, name),
      target: 'es2022',
      tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
    });
  }
  for (const [file, content] of Object.entries(files)) writeFileSync(join(workshop, file), content);
  // the peers of some ask for other versions of Angular and of Next
  run('npm', ['install', '--no-audit', '--no-fund', '--legacy-peer-deps'], workshop);
  // its files alone: what it depends on builds applications
  run('npm', ['pack', '--silent', 'react-native@0.82.0'], workshop);
  const target = join(workshop, 'node_modules', 'react-native');
  run('mkdir', ['-p', target], workshop);
  run('tar', ['xzf', 'react-native-0.82.0.tgz', '-C', target, '--strip-components=1'], workshop);
}

/** @returns the path of the runtime */
function install(runtime, version) {
  const prefix = join(workshop, `${runtime}-${version}`);
  run('npm', ['install', '--no-audit', '--no-fund', '--prefix', prefix, `${runtime}@${version}`], workshop);
  return join(prefix, 'node_modules', '.bin', runtime);
}

/** Starts the Nest application in a process of its own: its clients run in other runtimes than Node as well. */
async function startNest() {
  const child = spawn(process.execPath, ['nest-api.mjs'], { cwd: workshop, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('The Nest application did not start')));
  const [origin] = await Promise.race([once(child.stdout.setEncoding('utf8'), 'data'), ended]);
  ended.catch(() => undefined);
  return { origin: origin.trim(), close: () => child.kill() };
}

async function playAll(name, runtime, options, origin, ...played) {
  const env = { ...process.env, NEST_API: origin };
  const { stdout } = await promisify(execFile)(runtime, [...options, 'scenarios.mjs', ...played], {
    cwd: workshop,
    env,
  });
  report(name, JSON.parse(stdout.trim().split('\n').at(-1)));
}

/** Has a runtime serve the smallest example, once for each algorithm of tokens. */
async function serveAll(title, runtime) {
  const outcomes = {};
  for (const algorithm of ['ES256', 'RS256', 'PS256', 'EdDSA']) {
    const env = { ...process.env, ALGORITHM: algorithm };
    const { stdout } = await promisify(execFile)(runtime, ['server.mjs'], { cwd: workshop, env });
    outcomes[algorithm] = JSON.parse(stdout.trim().split('\n').at(-1));
  }
  report(title, outcomes);
}

/** Prints the outcomes, by library and scenario, and counts what failed. */
function report(title, outcomes) {
  console.log(`\n${title}`);
  console.table(outcomes);
  const all = Object.values(outcomes).flatMap((outcome) => Object.values(outcome));
  failed += all.filter((outcome) => outcome.startsWith('FAILED')).length;
}

async function runEnvironments() {
  const api = await startApi();
  const outcomes = {};
  for (const [name, [tool, ...parameters]] of Object.entries(environments)) {
    const command = tool === 'node' ? process.execPath : join(workshop, 'node_modules', '.bin', tool);
    const env = { ...process.env, API: api.origin, CI: 'true' };
    const failure = await promisify(execFile)(command, parameters, { cwd: workshop, env }).then(
      () => undefined,
      ({ stdout, stderr }) => `${stdout}\n${stderr}`,
    );
    outcomes[name] = { outcome: failure === undefined ? 'ok' : 'FAILED' };
    if (failure === undefined) continue;
    failed += 1;
    console.error(failure);
  }
  api.close();
  console.log();
  console.table(outcomes);
}

function run(command, parameters, cwd) {
  return execFileSync(command, parameters, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}
