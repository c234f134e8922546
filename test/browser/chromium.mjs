import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The one that `CHROMIUM` names, or else the one of the system; `undefined` if there is none. */
export const chromiumPath = (process.env.CHROMIUM ? [process.env.CHROMIUM] : PLACES).find((path) => existsSync(path));

export const NO_CHROMIUM =
  'No Chromium was found. Install one with `apt-get install chromium`, or name yours with CHROMIUM=/path/to/chromium.';

export function launch(options = {}) {
  // without sandbox, as in containers there is often only root; all that is visited are our own loopback servers
  return chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
    ...options,
  });
}
