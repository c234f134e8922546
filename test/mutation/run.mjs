// npm run mutation -- [core|token|guards] [files] [--concurrency n]: changes a room of lib in many small ways, and says
// which changes no test notices. See README.md. Keeps what it knows in .report: only what has changed is run again.
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mutatedFiles, ROOMS } from './rooms.mjs';

const folder = dirname(fileURLToPath(import.meta.url));
const root = join(folder, '..', '..');
process.chdir(root);

const {
  values: { concurrency },
  positionals: [room = 'core', ...files],
} = parseArgs({ allowPositionals: true, options: { concurrency: { type: 'string', default: '1' } } });
if (!Object.hasOwn(ROOMS, room)) {
  console.error(`Usage: npm run mutation -- [${Object.keys(ROOMS).join('|')}] [files of that room] [--concurrency n]`);
  process.exit(2);
}

const report = join('test', 'mutation', '.report', `${room}.json`);
const stryker = join(folder, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
const started = Date.now();
const { status } = spawnSync(
  process.execPath,
  [
    ...[stryker, 'run', join(folder, 'stryker.config.json'), '--incrementalFile', report],
    ...['--mutate', (files.length > 0 ? files : mutatedFiles(room)).join(','), '--concurrency', concurrency],
  ],
  { env: { ...process.env, STEP_UP_ROOM: room }, stdio: 'inherit' },
);
// Stryker ends with 0 too if a test fails without a change
const written = statSync(report, { throwIfNoEntry: false })?.mtimeMs ?? 0;
if (status !== 0 || written < started) process.exit(status || 1);

console.log('| file | killed | survived | without a test | score |\n| --- | --- | --- | --- | --- |');
const row = (name, mutants) => {
  const count = (...statuses) => mutants.filter((mutant) => statuses.includes(mutant.status)).length;
  const [killed, survived, uncovered] = [count('Killed', 'Timeout'), count('Survived'), count('NoCoverage')];
  const all = killed + survived + uncovered;
  if (all > 0)
    console.log(`| ${name} | ${killed} | ${survived} | ${uncovered} | ${((killed / all) * 100).toFixed(1)} % |`);
};
const judged = Object.entries(JSON.parse(readFileSync(report, 'utf8')).files).sort(([a], [b]) => (a < b ? -1 : 1));
for (const [file, { mutants }] of judged) row(`\`${file}\``, mutants);
row(
  'all of them',
  judged.flatMap(([, { mutants }]) => mutants),
);
