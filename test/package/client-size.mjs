// Measures what the client half costs a page: bundled, minified and gzipped. Prints the numbers and fails above a limit.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const entry = './dist/esm/client/index.js';

const LIMITS = [
  { what: 'nestjs-step-up/client', contents: `export * from '${entry}';`, limit: 9 * 1024 },
  { what: 'findStepUpChallenge', contents: `export { findStepUpChallenge } from '${entry}';`, limit: 2.5 * 1024 },
];

for (const { what, contents, limit } of LIMITS) {
  // for the browser, so that whatever reaches for Node fails the build
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
  });
  const minified = outputFiles[0].contents;
  const size = gzipSync(minified, { level: 9 }).length;
  console.log(`${what}: ${size} bytes minified and gzipped (${minified.length} minified), limit ${limit}`);
  if (size > limit) process.exitCode = 1;
}
