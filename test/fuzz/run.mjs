// npm run fuzz -- [--seconds 30] [--target name] [--seed n]: gives each target of targets/ inputs that reach more and more of
// the package, and ends with 1 at the first that breaks what it must hold. Needs a build.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Coverage, instrumentBelow } from './coverage.mjs';
import { atFixedTime } from './fixed-time.mjs';
import { search } from './search.mjs';
import { TARGETS } from './targets/index.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    target: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const seconds = Number(values.seconds);
const seed = Number(values.seed);
const targets = TARGETS.filter(({ name }) => values.target === undefined || name === values.target);
if (targets.length === 0) throw new Error(`--target is one of ${TARGETS.map(({ name }) => name).join(', ')}`);
if (!(seconds > 0)) throw new Error('--seconds must be more than 0');

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
instrumentBelow(dist);
const require = createRequire(import.meta.url);
require('reflect-metadata');
const load = (path) => require(`${dist}/${path}.js`);

console.log(`${seconds} seconds for each target, seed ${seed}, Node ${process.versions.node}`);
const monotonic = () => Number(process.hrtime.bigint()) / 1e9;
for (const target of targets) {
  const prepared = { ...target, run: await target.prepare(load) };
  const coverage = new Coverage();
  const until = monotonic() + seconds;
  const { inputs, corpus, failure } = await atFixedTime(() =>
    search(prepared, { seed, coverage, mayGoOn: () => monotonic() < until }),
  );
  const { reached, all } = coverage.reached;
  console.log(
    `${target.name.padEnd(20)} ${String(inputs).padStart(8)} inputs, ${corpus.length - target.seeds.length} of them kept next to ` +
      `${target.seeds.length} seeds, ${coverage.features} features, ${reached} of ${all} statements and branches of what is loaded`,
  );
  if (failure === undefined) continue;
  console.error(`FAULT ${target.name}: ${failure.error.stack}\ninput: ${JSON.stringify(failure.input)}`);
  process.exitCode = 1;
}
