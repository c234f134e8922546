import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { BankPage } from './bank-page.mjs';
import { launch } from './chromium.mjs';
import { SCREENSHOTS } from './screenshots.mjs';

const { startSample } = createRequire(import.meta.url)('../../dist-sample/sample.js');

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/**
 * A test with a sample and a browser of its own, since one-time codes count once. Fails for any exception in a page too.
 * A screenshot is left if it fails.
 */
export function scenario(name, play, contextOptions = {}) {
  const file = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  test(name, { timeout: 45_000 }, async () => {
    const sample = await startSample();
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      reducedMotion: 'reduce',
      ...contextOptions,
    });
    context.setDefaultTimeout(8_000);
    const exceptions = [];
    context.on('weberror', (error) => exceptions.push(error.error().message));
    const open = async () => {
      const page = await context.newPage();
      const tab = context.pages().length;
      return new BankPage(page, sample, join(SCREENSHOTS, tab === 1 ? file : `${file}-tab-${tab}`));
    };
    const bank = await open();
    try {
      await play({ bank, sample, context, open });
      assert.deepEqual(exceptions, []);
    } catch (error) {
      await bank.page.screenshot({ path: join(SCREENSHOTS, `FAILED-${file}.png`), fullPage: true }).catch(() => {});
      throw error;
    } finally {
      await context.close();
      await sample.close();
    }
  });
}
