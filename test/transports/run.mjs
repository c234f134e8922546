// Packs the package, installs it beside the lowest and the newest Nest, and tries every transport there with real clients.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compile, install, openWorkshop, pack } from '../support/installation.mjs';
import { aptLine, brokers, installBrokers, missing, startBrokers, stopBrokers } from './brokers.mjs';
import { pageOf, printReport } from './report.mjs';
import { versions } from './versions.mjs';

/** Milliseconds without a cell, and in all, after which a version is given up. */
const PATIENCE = 60_000;
const LIMIT = 240_000;
const here = dirname(fileURLToPath(import.meta.url));
const proto = join(here, '..', 'nest', 'transports', 'bank.proto');
const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    version: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
    install: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
    tarball: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});

const wanted = options.quick ? [] : Object.keys(brokers);
const absent = (await missing()).filter((name) => wanted.includes(name));
if (absent.length > 0 && !options.install) {
  console.error(
    `Not there: ${absent.map((name) => brokers[name].program).join(', ')}. Install them:\n\n    ${aptLine(absent)}\n\n` +
      'or let this command do it (--install), or leave their rows out (--quick).',
  );
  process.exit(1);
}
if (absent.length > 0) await installBrokers(absent);

const started = Date.now();
const workshop = openWorkshop('transports', options);
const chosen = Object.keys(versions).filter((version) => version.startsWith(options.version));
const tarball = options.tarball ?? (await pack(workshop));
const ports = await startBrokers(wanted);
const cells = [];
await Promise.all(chosen.map(runVersion));
await stopBrokers();
const left = options.quick ? Object.keys(brokers) : [];
const passed = printReport(inOrder(), { versions: chosen, seconds: (Date.now() - started) / 1000, left });
const isWhole = passed && left.length === 0 && options.only === '' && options.version === '';
process.exit(passed && (!isWhole || isPageInStep()) ? 0 : 1);

/** A whole run writes the page of the documentation, or says that it has become another one. */
function isPageInStep() {
  const file = join(here, '..', '..', 'docs', 'transports-matrix.md');
  const page = pageOf(inOrder(), chosen);
  if (options.write) writeFileSync(file, page);
  if (readFileSync(file, 'utf8') === page) return true;
  console.error('docs/transports-matrix.md says something else; npm run test:transports -- --write');
  return false;
}

/** Versions run at the same time. */
function inOrder() {
  return chosen.flatMap((version) => cells.filter((cell) => cell.version === version));
}

async function runVersion(version) {
  const folder = await install(workshop, tarball, version, versions[version]);
  compile(here, join(folder, 'transports'));
  const given = JSON.stringify({ version, only: options.only, brokers: ports, proto });
  const child = spawn(
    process.execPath,
    ['--enable-source-maps', '--no-warnings', 'transports/harness/main.js', given],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint = (complaint + chunk).slice(-2000);
    if (options.verbose) process.stderr.write(chunk);
  });
  const begun = Date.now();
  let seen = begun;
  const watch = setInterval(() => {
    if (Date.now() - seen > PATIENCE || Date.now() - begun > LIMIT) child.kill('SIGKILL');
  }, 5_000);
  const ended = new Promise((resolve) => child.on('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    seen = Date.now();
    if (line.startsWith('{"version"')) cells.push(JSON.parse(line));
  }
  const code = await ended;
  clearInterval(watch);
  if (code === 0) return;
  const last = cells.findLast((cell) => cell.version === version);
  const row = `the run ended with ${code} after "${last?.row}"`;
  cells.push({ version, table: 'tokens', row, column: 'none', received: '', faults: [`BROKEN ${complaint}`] });
}
