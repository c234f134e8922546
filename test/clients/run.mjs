// The client with other libraries, in other runtimes and in the environments of test runners: installs them, plays every
// scenario with each, prints the table, and fails if a user is asked more often than needed. Needs the npm registry.
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startApi } from './api.mjs';
import { environments, files } from './environments.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const workshop = mkdtempSync(join(tmpdir(), 'nestjs-step-up-clients-'));

const dependencies = {
  '@angular/common': '21.2.26',
  '@angular/compiler': '21.2.26',
  '@angular/core': '21.2.26',
  '@apollo/client': '4.3.8',
  '@urql/core': '6.0.3',
  'abort-controller': '3.0.0',
  axios: '1.21.1',
  esbuild: '0.28.2',
  'flow-remove-types': '2.336.0',
  graphql: '16.15.0',
  'happy-dom': '21.0.4',
  jest: '30.5.2',
  'jest-environment-jsdom': '30.5.2',
  'jest-fixed-jsdom': '0.0.11',
  jsdom: '29.1.1',
  ky: '1.14.3',
  'node-fetch': '3.3.2',
  ofetch: '1.5.1',
  resolve: '1.22.11',
  rxjs: '7.8.2',
  vitest: '3.2.7',
  'whatwg-fetch': '3.6.20',
};

let failed = 0;
try {
  await prepare();
  const runtimes = { [`Node ${process.versions.node}`]: [process.execPath, []] };
  for (const major of [22, 24]) runtimes[`Node ${major}`] = [await installNode(major), []];
  for (const [name, [node, options]] of Object.entries(runtimes)) await playAll(name, node, options);
  await playAll('React Native 0.82', process.execPath, ['--import', './react-native.mjs'], 'fetch');
  await runEnvironments();
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
  for (const file of ['api.mjs', 'environment.cjs', 'libraries.mjs', 'react-native.mjs', 'scenarios.mjs']) {
    cpSync(join(here, file), join(workshop, file));
  }
  for (const [file, content] of Object.entries(files)) writeFileSync(join(workshop, file), content);
  // the client needs no Nest
  run('npm', ['install', '--no-audit', '--no-fund', '--legacy-peer-deps'], workshop);
  // its files alone: what it depends on builds applications
  run('npm', ['pack', '--silent', 'react-native@0.82.0'], workshop);
  const target = join(workshop, 'node_modules', 'react-native');
  run('mkdir', ['-p', target], workshop);
  run('tar', ['xzf', 'react-native-0.82.0.tgz', '-C', target, '--strip-components=1'], workshop);
}

async function installNode(major) {
  const prefix = join(workshop, `node-${major}`);
  run('npm', ['install', '--no-audit', '--no-fund', '--prefix', prefix, `node@${major}`], workshop);
  return join(prefix, 'node_modules', 'node', 'bin', 'node');
}

async function playAll(name, node, options, ...played) {
  const { stdout } = await promisify(execFile)(node, [...options, 'scenarios.mjs', ...played], { cwd: workshop });
  const outcomes = JSON.parse(stdout.trim().split('\n').at(-1));
  console.log(`\n${name}`);
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
