// Measures what the client half costs a page: bundled, minified and gzipped. Prints the number and fails above the limit.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const LIMIT = 8 * 1024;
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const entry = join(root, 'dist', 'esm', 'client', 'index.js');

// for the browser, so that whatever reaches for Node fails the build
const { outputFiles } = await build({
  entryPoints: [entry],
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  write: false,
});
const minified = outputFiles[0].contents;
const size = gzipSync(minified, { level: 9 }).length;
console.log(`nestjs-step-up/client: ${size} bytes minified and gzipped (${minified.length} minified), limit ${LIMIT}`);
process.exitCode = size <= LIMIT ? 0 : 1;
