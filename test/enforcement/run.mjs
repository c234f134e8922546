// Packs the package, installs it beside each version of Nest, runs the rows there, and prints one table of what happened.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { transformFileSync } from '@swc/core';
import { printReport } from './report.mjs';
import { versions } from './versions.mjs';

// a row waits more than it computes
const AT_ONCE = 4;
const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
// kept between runs of this checkout; `--fresh` starts over
const workshop = join(tmpdir(), `nestjs-step-up-enforcement-${hashOf(root)}`);
const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    version: { type: 'string', default: '' },
    json: { type: 'string' },
    fresh: { type: 'boolean', default: false },
    tarball: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});

const started = Date.now();
if (options.fresh) rmSync(workshop, { recursive: true, force: true });
mkdirSync(workshop, { recursive: true });
lock(join(workshop, 'running'));
const tarball = options.tarball ?? (await pack());
const chosen = Object.keys(versions).filter((version) => isChosen(version, options.version));
const cells = [];
await inTurns(chosen, async (version) => {
  const folder = await install(version);
  compile(folder);
  await runRows(version, folder);
});
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(cells, undefined, 1));
const passed = printReport(cells, { versions: chosen, seconds: (Date.now() - started) / 1000, ...options });
process.exitCode = passed ? 0 : 1;

/** Two runs would exchange the package under each other. */
function lock(file) {
  const other = existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
  if (other !== undefined && isRunning(other)) {
    throw new Error(`Process ${other} runs the table of this checkout already`);
  }
  writeFileSync(file, String(process.pid));
  process.on('exit', () => rmSync(file, { force: true }));
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function pack() {
  const packing = join(workshop, `pack-${process.pid}`);
  mkdirSync(packing);
  process.on('exit', () => rmSync(packing, { recursive: true, force: true }));
  await run('npm', ['run', 'build', '--silent'], root);
  const packed = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', packing], root);
  return join(packing, JSON.parse(packed)[0].filename);
}

/** A folder with this version of Nest and the packed package; only the latter is replaced from run to run. */
async function install(version) {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const folder = join(workshop, `${version}-${hashOf([dependencies, versions[version]])}`);
  const installed = join(folder, 'node_modules', 'nestjs-step-up');
  if (existsSync(join(folder, 'complete'))) {
    rmSync(installed, { recursive: true });
    mkdirSync(installed);
    await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'], folder);
    return folder;
  }
  mkdirSync(folder, { recursive: true });
  const manifest = { private: true, dependencies: { ...versions[version], 'nestjs-step-up': `file:${tarball}` } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  // of some of these versions the peer ranges exclude each other by a patch
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--legacy-peer-deps'], folder);
  writeFileSync(join(folder, 'complete'), '');
  return folder;
}

function compile(folder) {
  const target = join(folder, 'enforcement');
  rmSync(target, { recursive: true, force: true });
  for (const name of readdirSync(here, { recursive: true })) {
    if (!name.endsWith('.ts')) continue;
    const { code } = transformFileSync(join(here, name), {
      jsc: {
        target: 'es2022',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
        keepClassNames: true,
      },
      module: { type: 'commonjs' },
      sourceMaps: 'inline',
    });
    const file = join(target, relative(here, join(here, dirname(name))), `${basename(name, '.ts')}.js`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, code);
  }
}

/** A process that ends before its time has been ended by a row, which makes one red line. */
async function runRows(version, folder) {
  const child = spawn(
    process.execPath,
    ['--enable-source-maps', '--no-warnings', 'enforcement/harness/main.js', version, options.only],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint = (complaint + chunk).slice(-2000);
    if (options.verbose) process.stderr.write(chunk);
  });
  let seen = Date.now();
  const watch = setInterval(() => Date.now() - seen > 60_000 && child.kill('SIGKILL'), 5_000);
  const ended = new Promise((resolve) => child.on('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    seen = Date.now();
    if (!line.startsWith('{"version"')) continue;
    cells.push(JSON.parse(line));
  }
  const code = await ended;
  clearInterval(watch);
  if (code === 0) return;
  const last = cells.findLast((cell) => cell.version === version);
  cells.push({
    version,
    rule: 'The run itself',
    row: `ended with ${code} after "${last?.row}"`,
    adapter: '-',
    outcomes: {},
    holes: [],
    notServed: false,
    faults: [`loose: ${complaint.trim().split('\n').slice(-8).join(' | ')}`],
  });
}

async function inTurns(items, work) {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function hashOf(value) {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 8);
}

function isChosen(version, wanted) {
  return wanted === '' || version === wanted || version.startsWith(`${wanted}.`);
}

async function run(command, parameters, cwd) {
  const { stdout } = await promisify(execFile)(command, parameters, { cwd, maxBuffer: 1e8 });
  return stdout;
}
