// The packed package, or a copy of the project, beside one version of Nest, in a folder that is kept between runs of this
// checkout.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transformFileSync } from '@swc/core';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** Folders of a checkout that a fresh clone does not have. */
const NO_SOURCE = /^(?:\.git|\.stryker-tmp|node_modules|coverage|dist(?:-\w+)?)$/;

/** Opens the folder of a suite; `fresh` empties it first. Two runs would exchange the package under each other. */
export function openWorkshop(suite, { fresh = false } = {}) {
  const workshop = join(tmpdir(), `nestjs-step-up-${suite}-${hashOf(root)}`);
  if (fresh) rmSync(workshop, { recursive: true, force: true });
  mkdirSync(workshop, { recursive: true });
  const running = join(workshop, 'running');
  const other = existsSync(running) ? Number(readFileSync(running, 'utf8')) : undefined;
  if (other !== undefined && isRunning(other)) throw new Error(`Process ${other} runs test:${suite} of this checkout`);
  writeFileSync(running, String(process.pid));
  process.on('exit', () => rmSync(running, { force: true }));
  return workshop;
}

/** Builds and packs the package, and gives the file. */
export async function pack(workshop) {
  const packing = join(workshop, `pack-${process.pid}`);
  mkdirSync(packing);
  process.on('exit', () => rmSync(packing, { recursive: true, force: true }));
  await run('npm', ['run', 'build', '--silent'], root);
  const packed = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', packing], root);
  return join(packing, JSON.parse(packed)[0].filename);
}

/** A folder with these dependencies and the packed package; only the latter is replaced from run to run. */
export async function install(workshop, tarball, version, wanted) {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const folder = join(workshop, `${version}-${hashOf([dependencies, wanted])}`);
  const installed = join(folder, 'node_modules', 'nestjs-step-up');
  if (existsSync(join(folder, 'complete'))) {
    rmSync(installed, { recursive: true });
    mkdirSync(installed);
    await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'], folder);
    return folder;
  }
  mkdirSync(folder, { recursive: true });
  const manifest = { private: true, dependencies: { ...wanted, 'nestjs-step-up': `file:${tarball}` } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  // of some of these versions the peer ranges exclude each other by a patch
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--legacy-peer-deps'], folder);
  writeFileSync(join(folder, 'complete'), '');
  return folder;
}

/**
 * A copy of the sources as they are now, with the packages of the lock file but for those of another version. Only the
 * sources are replaced from run to run.
 */
export async function copyProject(workshop, version, wanted) {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const folder = join(workshop, `${version}-${hashOf([lock, wanted])}`);
  removeBut(workshop, [basename(folder), 'running']);
  mkdirSync(folder, { recursive: true });
  removeBut(folder, ['node_modules', 'complete']);
  const filter = (path) => !NO_SOURCE.test(basename(path));
  for (const name of readdirSync(root).filter(filter)) {
    cpSync(join(root, name), join(folder, name), { recursive: true, filter });
  }
  if (existsSync(join(folder, 'complete'))) return folder;
  const exact = Object.entries(wanted).map(([name, of]) => `${name}@${of}`);
  const options = ['--no-save', '--prefer-offline', '--no-audit', '--no-fund', '--legacy-peer-deps'];
  await run('npm', ['install', ...options, ...exact], folder);
  writeFileSync(join(folder, 'complete'), '');
  return folder;
}

function removeBut(folder, kept) {
  for (const name of readdirSync(folder)) {
    if (!kept.includes(name)) rmSync(join(folder, name), { recursive: true });
  }
}

/** Compiles the TypeScript below a folder to CommonJS, as Nest compiles an application. */
export function compile(source, target) {
  rmSync(target, { recursive: true, force: true });
  for (const name of readdirSync(source, { recursive: true })) {
    if (!name.endsWith('.ts')) continue;
    const { code } = transformFileSync(join(source, name), {
      jsc: {
        target: 'es2022',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
        keepClassNames: true,
      },
      module: { type: 'commonjs' },
      sourceMaps: 'inline',
    });
    const file = join(target, relative(source, join(source, dirname(name))), `${basename(name, '.ts')}.js`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, code);
  }
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function hashOf(value) {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 8);
}

async function run(command, parameters, cwd) {
  const { stdout } = await promisify(execFile)(command, parameters, { cwd, maxBuffer: 1e8 });
  return stdout;
}
