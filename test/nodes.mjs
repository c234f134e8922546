// Runs the suite of `npm test` on the other versions of Node that the package promises, which npm's package "node" brings.
// On a version that is too old it shows that `npm start` and `npm test` say so.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const VERSIONS = ['22', '24'];
const TOO_OLD = ['18'];

const workshop = mkdtempSync(join(tmpdir(), 'nestjs-step-up-nodes-'));
let failed = 0;
try {
  for (const version of TOO_OLD) {
    const { node } = install(version);
    for (const script of ['.ci/node-version.cjs', 'sample-app/build.mjs']) {
      const { status, stderr } = spawnSync(node, [script], { cwd: root, encoding: 'utf8' });
      const isRefused = status === 1 && stderr.includes('nestjs-step-up needs Node');
      console.log(`Node ${version}: ${script} ${isRefused ? 'says which Node is needed' : `FAILED\n${stderr}`}`);
      if (!isRefused) failed += 1;
    }
  }
  for (const version of VERSIONS) {
    const { bin, node } = install(version);
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
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

function install(version) {
  const folder = join(workshop, version);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const options = ['--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', ['install', ...options, `node@${version}`], { cwd: folder, stdio: 'inherit' });
  const bin = join(folder, 'node_modules', 'node', 'bin');
  return { bin, node: join(bin, 'node') };
}
