// Runs the suite of `npm test` on the other versions of Node that the package promises.
// On a version that is too old it shows that `npm start` and `npm test` say so.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withNodes } from './node-versions.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const jest = join('node_modules', 'jest', 'bin', 'jest.js');
let failed = 0;

withNodes(['18'], (node) => {
  for (const script of ['.ci/node-version.cjs', 'sample-app/build.mjs']) {
    const { status, stderr } = spawnSync(node, [script], { cwd: root, encoding: 'utf8' });
    const isRefused = status === 1 && stderr.includes('nestjs-step-up needs Node');
    console.log(`${script} ${isRefused ? 'says which Node is needed' : `FAILED\n${stderr}`}`);
    if (!isRefused) failed += 1;
  }
});
withNodes(['22', '24'], (node, env) => {
  const { status } = spawnSync(node, [jest, ...process.argv.slice(2)], { cwd: root, env, stdio: 'inherit' });
  if (status !== 0) failed += 1;
});
process.exitCode = failed === 0 ? 0 : 1;
