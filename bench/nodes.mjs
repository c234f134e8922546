// Measures on each version of Node that the package promises, and writes the tables of README.md.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { withNodes } from '../test/node-versions.mjs';

const run = fileURLToPath(new URL('run.mjs', import.meta.url));
await withNodes(['20', '22', '24'], (node, env) => {
  execFileSync(node, [run, '--write', ...process.argv.slice(2)], { env, stdio: 'inherit' });
});
