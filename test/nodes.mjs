// Runs the suite of `npm test` on the other versions of Node that the package promises, on both at the same time.
// On a version that is too old it shows that `npm start` and `npm test` say so.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { withNodes } from './node-versions.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const jest = join('node_modules', 'jest', 'bin', 'jest.js');
let failed = 0;

await withNodes(['18'], (node) => {
  for (const script of ['.ci/node-version.cjs', 'sample-app/build.mjs']) {
    const { status, stderr } = spawnSync(node, [script], { cwd: root, encoding: 'utf8' });
    const isRefused = status === 1 && stderr.includes('nestjs-step-up needs Node');
    console.log(`${script} ${isRefused ? 'says which Node is needed' : `FAILED\n${stderr}`}`);
    if (!isRefused) failed += 1;
  }
});
await withNodes(['22', '24'], async (node, env, version) => {
  const suite = spawn(node, [jest, ...process.argv.slice(2)], { cwd: root, env, stdio: ['ignore', 'inherit', 'pipe'] });
  // Jest reports on stderr. Two reports at a time could not be read.
  const [report, [status]] = await Promise.all([text(suite.stderr), once(suite, 'close')]);
  console.log(`\nNode ${version}\n${report}`);
  if (status !== 0) failed += 1;
});
process.exitCode = failed === 0 ? 0 : 1;
