// Builds the package and the sample, unless what they are built from has not changed since.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

createRequire(import.meta.url)('../.ci/node-version.cjs');

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const STAMP = join(root, 'dist-sample', '.built-from.json');
const FOLDERS = ['lib', 'sample-app'];
const FILES = ['package.json', 'package-lock.json', 'tsconfig.json', 'nest-cli.json'];
const BUILT = ['dist/index.js', 'dist/esm/package.json', 'dist-sample/main.js'];

function filesOf(folder) {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Returns what the build depends on, and when its results were written: another build can have replaced them. */
function state() {
  const hash = createHash('sha256');
  for (const file of [...FOLDERS.flatMap(filesOf), ...FILES.map((name) => join(root, name))].sort()) {
    hash.update(`${file}\0`).update(readFileSync(file)).update('\0');
  }
  const written = BUILT.map((name) => join(root, name)).map((file) => existsSync(file) && statSync(file).mtimeMs);
  return JSON.stringify({ inputs: hash.digest('hex'), written });
}

if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === state()) {
  console.log('Nothing has changed since the last build.');
} else {
  for (const [what, script] of [
    ['package', 'build'],
    ['sample', 'build:sample'],
  ]) {
    const started = performance.now();
    process.stdout.write(`Building the ${what} … `);
    try {
      execFileSync('npm', ['run', '--silent', script], {
        cwd: root,
        stdio: 'pipe',
        shell: process.platform === 'win32',
      });
    } catch (error) {
      console.log(`failed\n${error.stdout}${error.stderr}`);
      process.exit(1);
    }
    console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`);
  }
  writeFileSync(STAMP, state());
}
