// Runs the browser tests in the Chromium of this machine, against the sample as it is built. Installs nothing.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromiumPath, NO_CHROMIUM } from './chromium.mjs';
import { SCREENSHOTS } from './screenshots.mjs';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

function stop(reason) {
  console.error(reason);
  process.exit(1);
}

if (chromiumPath === undefined) {
  stop(NO_CHROMIUM);
}
if (!existsSync(at('../../dist-sample/sample.js')) || !existsSync(at('../../dist/esm/client/index.js'))) {
  stop(
    'The sample is not built. Run `npm run build && npm run build:sample`, or all of it with `npm run test:browser`.',
  );
}

rmSync(SCREENSHOTS, { recursive: true, force: true });
mkdirSync(SCREENSHOTS, { recursive: true });
const files = [
  'bank.browser.mjs',
  'bank-ways.browser.mjs',
  'passkeys.browser.mjs',
  'bff.browser.mjs',
  'accessibility.browser.mjs',
  'client.browser.mjs',
  'client-pages.browser.mjs',
  'client-suite.mjs',
].map(at);
const { status } = spawnSync(process.execPath, ['--test', '--test-reporter=spec', ...files], { stdio: 'inherit' });
console.log(`Screenshots: ${SCREENSHOTS}`);
process.exitCode = status ?? 1;
