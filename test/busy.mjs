// npm run test:busy -- [--runs 10] [--workers 2] [jest arguments]: runs the suite again and again beside processes that keep
// every core busy, and prints which tests failed in which run. A test that fails in some of them watches the clock.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const given = process.argv.slice(2);
/** Takes an option out of the arguments; the rest is for Jest. */
function numberOf(name, fallback) {
  const index = given.indexOf(`--${name}`);
  if (index < 0) return fallback;
  const value = Number(given.splice(index, 2)[1]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a number of at least 1`);
  return value;
}
const runs = numberOf('runs', 10);
const workers = numberOf('workers', availableParallelism());

const busy = Array.from({ length: workers }, () =>
  spawn(
    process.execPath,
    [
      '-e',
      'process.on("disconnect", () => process.exit()); (function work() { const until = Date.now() + 50; while (Date.now() < until); setImmediate(work); })()',
    ],
    {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  ),
);
const folder = mkdtempSync(join(tmpdir(), 'nestjs-step-up-busy-'));
const failures = new Map();
let redRuns = 0;
try {
  for (let run = 1; run <= runs; run += 1) {
    const file = join(folder, `${run}.json`);
    const jest = [
      join('node_modules', 'jest', 'bin', 'jest.js'),
      '--json',
      `--outputFile=${file}`,
      '--silent',
      ...given,
    ];
    const { status } = spawnSync(process.execPath, jest, { cwd: root, stdio: ['ignore', 'ignore', 'ignore'] });
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(file, 'utf8'));
    console.log(`run ${run}: ${numPassedTests} passed, ${numFailedTests} failed`);
    if (status !== 0) redRuns += 1;
    for (const { name, message, assertionResults } of testResults) {
      const failed = assertionResults.filter((one) => one.status === 'failed').map(({ fullName }) => fullName);
      if (failed.length === 0 && message !== '' && assertionResults.length === 0) failed.push('cannot be run');
      for (const test of failed) {
        const title = `${name.slice(root.length + 1)}: ${test}`;
        failures.set(title, [...(failures.get(title) ?? []), run]);
      }
    }
  }
} finally {
  for (const child of busy) child.disconnect();
  rmSync(folder, { recursive: true });
}
for (const [title, inRuns] of failures) console.log(`FAILED in run ${inRuns.join(', ')}: ${title}`);
console.log(`${runs - redRuns} of ${runs} runs beside ${workers} busy processes are green.`);
process.exitCode = redRuns === 0 ? 0 : 1;
