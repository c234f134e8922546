// Packs the package, installs it beside each version of Nest, runs the rows there, and prints one table of what happened.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compile, install, openWorkshop, pack } from '../support/installation.mjs';
import { printReport } from './report.mjs';
import { versions } from './versions.mjs';

// a row waits more than it computes
const AT_ONCE = 4;
const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    version: { type: 'string', default: '' },
    json: { type: 'string' },
    fresh: { type: 'boolean', default: false },
    tarball: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});

const started = Date.now();
const workshop = openWorkshop('enforcement', options);
const tarball = options.tarball ?? (await pack(workshop));
const chosen = Object.keys(versions).filter((version) => isChosen(version, options.version));
const cells = [];
await inTurns(chosen, async (version) => {
  const folder = await install(workshop, tarball, version, versions[version]);
  compile(here, join(folder, 'enforcement'));
  await runRows(version, folder);
});
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(cells, undefined, 1));
const passed = printReport(cells, { versions: chosen, seconds: (Date.now() - started) / 1000, ...options });
process.exitCode = passed ? 0 : 1;

/** A process that ends before its time has been ended by a row, which makes one red line. */
async function runRows(version, folder) {
  const child = spawn(
    process.execPath,
    ['--enable-source-maps', '--no-warnings', 'enforcement/harness/main.js', version, options.only],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint = (complaint + chunk).slice(-2000);
    if (options.verbose) process.stderr.write(chunk);
  });
  let seen = Date.now();
  const watch = setInterval(() => Date.now() - seen > 60_000 && child.kill('SIGKILL'), 5_000);
  const ended = new Promise((resolve) => child.on('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    seen = Date.now();
    if (!line.startsWith('{"version"')) continue;
    cells.push(JSON.parse(line));
  }
  const code = await ended;
  clearInterval(watch);
  if (code === 0) return;
  const last = cells.findLast((cell) => cell.version === version);
  cells.push({
    version,
    rule: 'The run itself',
    row: `ended with ${code} after "${last?.row}"`,
    adapter: '-',
    outcomes: {},
    holes: [],
    notServed: false,
    faults: [`loose: ${complaint.trim().split('\n').slice(-8).join(' | ')}`],
  });
}

async function inTurns(items, work) {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function isChosen(version, wanted) {
  return wanted === '' || version === wanted || version.startsWith(`${wanted}.`);
}
