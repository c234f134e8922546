// The tests of the client half and of its grammar, in plain Node and in Chromium: the same tests pass in both.
// Not here, as they need Node: step-up-fetch-http and misbehaving-servers (they start servers) and
// step-up-fetch-users (AsyncLocalStorage). find-step-up-challenge-property takes longer than a page is given.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromiumPath, launch, NO_CHROMIUM } from './chromium.mjs';
import { bundle } from './client-suite-bundle.mjs';

const FILES = [
  'test/client/authorization-error.spec.ts',
  'test/client/authorization-parameters.spec.ts',
  'test/client/challenge-body.spec.ts',
  'test/client/challenge.spec.ts',
  'test/client/find-step-up-challenge.spec.ts',
  'test/client/pending-step-ups.spec.ts',
  'test/client/platforms.spec.ts',
  'test/client/prompt-policy.spec.ts',
  'test/client/request-attributes.spec.ts',
  'test/client/sign-in.spec.ts',
  'test/client/step-up-fetch-parallel.spec.ts',
  'test/client/step-up-fetch-session.spec.ts',
  'test/client/step-up-fetch.spec.ts',
  'test/client/step-ups.spec.ts',
  'test/client/verify-step-up.spec.ts',
  'test/core/assessment.spec.ts',
  'test/core/challenge.spec.ts',
  'test/core/requirements.spec.ts',
  'test/core/www-authenticate.spec.ts',
];

const root = fileURLToPath(new URL('../..', import.meta.url));
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');

async function inNode() {
  const command = [jest, '--selectProjects', 'unit', '--json', '--silent', '--runTestsByPath', ...FILES];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, command, { cwd: root, maxBuffer: 2 ** 27 })
    // Jest ends with an error if a test fails. Its report is on stdout all the same
    .catch((error) => error);
  assert.ok(stdout, `Jest did not run: ${stderr}`);
  const files = JSON.parse(stdout).testResults.map(({ name, message, assertionResults }) => {
    const tests = assertionResults.map(({ fullName, status, failureMessages }) => ({
      name: fullName,
      failures: status === 'passed' ? [] : [status, ...failureMessages],
    }));
    return [relative(root, name), tests.length > 0 ? tests : [{ name: '(the file)', failures: [message] }]];
  });
  return Object.fromEntries(files);
}

/** Each file in a page of its own, as with Jest each has globals of its own. */
async function inChromium(browser) {
  // a page of 127.0.0.1 is a secure context, as those of applications are
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html>'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const files = {};
  try {
    for (const file of FILES) {
      const page = await browser.newPage();
      const errors = [];
      page.on('pageerror', ({ stack }) => errors.push({ name: '(the page)', failures: [stack] }));
      await page.goto(`http://127.0.0.1:${server.address().port}/`);
      await page.addScriptTag({ content: await bundle(file) });
      files[file] = [...(await page.evaluate(() => globalThis.runTests())), ...errors];
      await page.close();
    }
  } finally {
    server.close();
  }
  return files;
}

function failures(files, where) {
  return Object.entries(files).flatMap(([file, tests]) =>
    tests.filter(({ failures }) => failures.length > 0).map((one) => ({ where, file, ...one })),
  );
}

const names = (files) =>
  Object.fromEntries(FILES.map((file) => [file, (files[file] ?? []).map(({ name }) => name).sort()]));

const count = (files) => Object.values(files).flat().length;

if (chromiumPath === undefined) {
  console.error(NO_CHROMIUM);
  process.exit(1);
}

test('the client suite: the same tests pass in Node and in Chromium', async (t) => {
  const browser = await launch();
  t.after(() => browser.close());
  // one after the other, as some tests measure time
  const node = await inNode();
  const chromium = await inChromium(browser);
  assert.deepEqual([...failures(node, 'Node'), ...failures(chromium, 'Chromium')], []);
  assert.deepEqual(names(chromium), names(node));
  for (const file of FILES) assert.ok(chromium[file].length > 0, `${file} has no test`);
  const [major] = browser.version().split('.');
  console.log(
    `client suite: ${count(node)} tests in Node ${process.versions.node}, the same ${count(chromium)} in Chromium ${major}`,
  );
});
