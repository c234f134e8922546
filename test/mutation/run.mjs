// npm run mutation -- [core|token|guards] [files]: changes a room of lib in many small ways, and says which changes no test
// notices. See README.md. Keeps what it knows in .report, so that only what has changed is run again.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const root = join(folder, '..', '..');
const ROOMS = { core: 'lib/core/**/*.ts', token: 'lib/token/**/*.ts', guards: 'lib/nest/guards/**/*.ts' };
const [room = 'core', ...files] = process.argv.slice(2);
if (!Object.hasOwn(ROOMS, room)) {
  console.error(`Usage: npm run mutation -- [${Object.keys(ROOMS).join('|')}] [files of that room]`);
  process.exit(2);
}

const stryker = join(folder, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
const mutate = [...(files.length > 0 ? files : [ROOMS[room]]), '!lib/**/index.ts'].join(',');
const { status } = spawnSync(
  process.execPath,
  [stryker, 'run', join(folder, 'stryker.config.json'), '--mutate', mutate],
  {
    cwd: root,
    env: { ...process.env, STEP_UP_ROOM: room },
    stdio: 'inherit',
  },
);
if (status !== 0) process.exit(status ?? 1);

const report = JSON.parse(readFileSync(join(folder, '.report', 'mutation.json'), 'utf8'));
console.log('| file | killed | survived | without a test | score |\n| --- | --- | --- | --- | --- |');
for (const [file, { mutants }] of Object.entries(report.files)) {
  const count = (...statuses) => mutants.filter((mutant) => statuses.includes(mutant.status)).length;
  const [killed, survived, uncovered] = [count('Killed', 'Timeout'), count('Survived'), count('NoCoverage')];
  const all = killed + survived + uncovered;
  if (all === 0) continue;
  console.log(`| \`${file}\` | ${killed} | ${survived} | ${uncovered} | ${((killed / all) * 100).toFixed(1)} % |`);
}
