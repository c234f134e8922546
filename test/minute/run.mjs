// A stranger's minute: `nest new`, `nest add nestjs-step-up` from the packed tarball, `serve`, and curl with a weak and a
// strong token, on fresh applications of Nest 11 and 12, CommonJS and ESM, Express and Fastify. Prints how long each took.
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startRegistry } from './registry.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const workshop = mkdtempSync(join(tmpdir(), 'nestjs-step-up-minute-'));
const exec = promisify(execFile);

const applications = [
  { name: 'Nest 11, CommonJS, Express', cli: '11.0.24' },
  { name: 'Nest 11, ESM, Fastify', cli: '11.0.24', prepare: [toEsModules, toFastify('11')] },
  { name: 'Nest 12, ESM, Express', cli: '12.0.8' },
  { name: 'Nest 12, CommonJS, Fastify', cli: '12.0.8', type: 'cjs', prepare: [toFastify('12')] },
];
const chosen = applications.filter(({ name }) => process.argv.slice(2).every((word) => name.includes(word)));

let failed = 0;
let registry;
try {
  await run('npm', ['run', 'build', '--silent'], root);
  const packed = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', workshop], root);
  registry = await startRegistry({
    tarball: join(workshop, JSON.parse(packed)[0].filename),
    manifest: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')),
    upstream: (await run('npm', ['config', 'get', 'registry'], root)).trim(),
  });
  for (const application of chosen) {
    console.log(application.name);
    await play(application).catch((error) => {
      failed += 1;
      console.log(`  FAILED ${error.message}\n${error.stdout ?? ''}${error.stderr ?? ''}`);
    });
  }
} finally {
  await registry?.close();
  // Four node_modules can take minutes to delete; nobody has to wait for that.
  spawn('rm', ['-rf', workshop], { detached: true, stdio: 'ignore' }).unref();
}
console.log(failed === 0 ? 'A minute was enough in all of them.' : `${failed} failed.`);
process.exitCode = failed === 0 ? 0 : 1;

async function play({ name, cli, type, prepare = [] }) {
  const parent = join(workshop, name.replace(/\W+/g, '-'));
  const folder = join(parent, 'app');
  const nest = join(folder, 'node_modules', '.bin', 'nest');
  await timed('nest new', () => create(parent, cli, type));
  for (const change of prepare) await change(folder);
  await timed('nest add', () => run(nest, ['add', 'nestjs-step-up', '--route'], folder));
  await timed('npm run build', () => run('npm', ['run', 'build'], folder));
  await timed('npx prettier --check', () => run('npx', ['prettier', '--check', 'src/**/*.ts', 'test/**/*.ts'], folder));
  await testEndToEnd(folder, name);

  const [port, issuerPort] = [await freePort(), await freePort()];
  const issuer = `http://127.0.0.1:${issuerPort}`;
  const command = join(folder, 'node_modules', '.bin', 'nestjs-step-up');
  const server = await timed('serve', () =>
    start(command, ['serve', '--port', String(issuerPort)], folder, {}, /^Stop with/m),
  );
  try {
    const variables = { STEP_UP_ISSUER: issuer, STEP_UP_AUDIENCE: 'https://api.example', PORT: String(port) };
    const entry = ['dist/main.js', 'dist/src/main.js'].find((file) => existsSync(join(folder, file)));
    const app = await timed('start', () => start(process.execPath, [entry], folder, variables, /successfully started/));
    try {
      const tokenOf = (level) => new RegExp(`^export ${level}=(\\S+)$`, 'm').exec(server.output())[1];
      const url = `http://localhost:${port}/protected`;
      const weak = await timed('curl weak', () => curl(url, tokenOf('WEAK')));
      expect(weak.startsWith('HTTP/1.1 401'), `the weak token gets\n${weak}`);
      const challenge = /^www-authenticate: (.*)$/im.exec(weak)?.[1];
      expect(challenge?.includes('error="insufficient_user_authentication"'), `the challenge is ${challenge}`);
      console.log(`    ${challenge.trim()}`);
      const strong = await timed('curl strong', () => curl(url, tokenOf('STRONG')));
      expect(strong.startsWith('HTTP/1.1 200'), `the strong token gets\n${strong}`);
      const printed = await run(command, ['token', '--port', String(issuerPort), '--acr', 'urn:example:mfa'], folder);
      expect((await curl(url, printed.trim())).startsWith('HTTP/1.1 200'), 'the token of "token" is refused');
    } finally {
      await app.stop();
    }
  } finally {
    await server.stop();
  }
}

/** `nest new` asks for the module system only in a terminal; the schematic behind it takes it as an option. */
async function create(parent, cli, type) {
  const tool = (command) => ['exec', '--yes', `--package=@nestjs/cli@${cli}`, '--', ...command];
  await exec('mkdir', ['-p', parent]);
  const options = ['--skip-git', '--package-manager', 'npm'];
  if (type === undefined) return run('npm', tool(['nest', 'new', 'app', ...options]), parent);
  // the runner of schematics is no command of the CLI's package
  writeFileSync(join(parent, 'package.json'), '{"private":true}');
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', `@nestjs/cli@${cli}`], parent);
  const schematics = join(parent, 'node_modules', '.bin', 'schematics');
  await run(schematics, ['@nestjs/schematics:application', '--name=app', `--type=${type}`, '--language=ts'], parent);
  return run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], join(parent, 'app'));
}

/** The template of Nest 11 is CommonJS. */
async function toEsModules(folder) {
  change(join(folder, 'package.json'), (text) => text.replace('{', '{\n  "type": "module",'));
  const sources = [join(folder, 'src'), join(folder, 'test')].flatMap((directory) =>
    readdirSync(directory).map((file) => join(directory, file)),
  );
  for (const file of sources.filter((one) => one.endsWith('.ts'))) {
    change(file, (text) =>
      text.replaceAll(/from '(\.[^']+)'/g, "from '$1.js'").replace('supertest/types', 'supertest/types.js'),
    );
  }
  // Jest runs CommonJS, so ts-jest compiles the sources and tests to that.
  const tsconfig = {
    module: 'commonjs',
    moduleResolution: 'node10',
    resolvePackageJsonExports: false,
    target: 'es2022',
    esModuleInterop: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
  };
  change(join(folder, 'test', 'jest-e2e.json'), (text) =>
    JSON.stringify({
      ...JSON.parse(text),
      moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
      transform: { '^.+\\.(t|j)s$': ['ts-jest', { tsconfig }] },
    }),
  );
}

function toFastify(version) {
  return async (folder) => {
    const install = ['--no-audit', '--no-fund', '--loglevel=error'];
    await run('npm', ['uninstall', ...install, '@nestjs/platform-express'], folder);
    await run('npm', ['install', ...install, `@nestjs/platform-fastify@${version}`], folder);
    const adapter = "import { FastifyAdapter } from '@nestjs/platform-fastify';\n";
    change(
      join(folder, 'src', 'main.ts'),
      (text) => adapter + text.replace('create(AppModule)', 'create(AppModule, new FastifyAdapter())'),
    );
    // the test of the template needs Express
    rmSync(join(folder, 'test', 'app.e2e-spec.ts'));
  };
}

async function testEndToEnd(folder, name) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const canRequire = major > 24 || (major === 24 && minor >= 9);
  if (name.includes('Nest 12, CommonJS') && !canRequire) {
    console.log('  npm run test:e2e         left out: Jest loads the ES modules of Nest 12 only from Node 24.9 on');
    return;
  }
  await timed('npm run test:e2e', () => run('npm', ['run', 'test:e2e'], folder));
}

/** Starts a process, and waits until it has printed something. */
function start(command, parameters, cwd, variables, ready) {
  const child = spawn(command, parameters, { cwd, env: environment(variables), stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const ended = new Promise((resolve) => child.once('close', resolve));
  return new Promise((resolve, reject) => {
    const read = (chunk) => {
      output += chunk;
      if (ready.test(output)) resolve({ output: () => output, stop: () => child.kill() && ended });
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    ended.then((code) => reject(new Error(`${command} ends with ${code}\n${output}`)));
  });
}

/** Nest says that an application has started before Fastify listens, so that the first attempts may find nobody. */
async function curl(url, token) {
  const options = ['--silent', '--include', '--retry', '30', '--retry-delay', '1', '--retry-connrefused'];
  try {
    return await run('curl', [...options, '--header', `Authorization: Bearer ${token}`, url], workshop);
  } catch ({ code }) {
    throw new Error(`curl ends with ${code}`);
  }
}

async function timed(what, attempt) {
  const started = performance.now();
  const result = await attempt();
  console.log(`  ${what.padEnd(24)} ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return result;
}

function environment(variables = {}) {
  // of the npm that runs this script
  const own = Object.entries(process.env).filter(([key]) => !/^npm_/i.test(key) && key !== 'NODE_ENV');
  return { ...Object.fromEntries(own), npm_config_registry: registry?.url, ...variables };
}

async function run(command, parameters, cwd) {
  const running = exec(command, parameters, { cwd, env: environment(), maxBuffer: 2 ** 26 });
  running.child.stdin?.end();
  return (await running).stdout;
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function change(file, edit) {
  writeFileSync(file, edit(readFileSync(file, 'utf8')));
}

function expect(isSo, message) {
  if (!isSo) throw new Error(message);
}
