// Runs the suite of `npm test` on the other versions of Node that the package promises, which npm's package "node" brings.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const VERSIONS = ['22', '24'];

const workshop = mkdtempSync(join(tmpdir(), 'nestjs-step-up-nodes-'));
let failed = 0;
try {
  for (const version of VERSIONS) {
    const folder = join(workshop, version);
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    const options = ['--no-audit', '--no-fund', '--loglevel=error'];
    execFileSync('npm', ['install', ...options, `node@${version}`], { cwd: folder, stdio: 'inherit' });
    const bin = join(folder, 'node_modules', 'node', 'bin');
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
    const node = join(bin, 'node');
    console.log(`\nNode ${execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()}`);
    const { status } = spawnSync(node, [join('node_modules', 'jest', 'bin', 'jest.js'), ...process.argv.slice(2)], {
      cwd: root,
      env,
      stdio: 'inherit',
    });
    if (status !== 0) failed += 1;
  }
} finally {
  rmSync(workshop, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
