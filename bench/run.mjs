// npm run bench: see README.md. Ratios of one run on this machine. Not a test, except for what --quick checks.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { http } from './http.mjs';
import { inProcess } from './in-process.mjs';
import { inserted, ratiosOf, ratioTable, rowsOf, startupTable } from './report.mjs';
import { startup } from './startup.mjs';
import { WARM_UP } from './statistics.mjs';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    write: { type: 'boolean' },
    'no-peers': { type: 'boolean' },
    'in-process': { type: 'boolean' },
    rounds: { type: 'string' },
    requests: { type: 'string' },
  },
});
if (options.write && options['in-process']) throw new Error('--write needs the rows of the servers too');
const size = options.quick
  ? { rounds: 3, requests: 100, warmUpRequests: 0, startups: 1, routes: 100, inProcess: { warmUp: 8, rounds: 16 } }
  : {
      rounds: 12,
      requests: 1_500,
      warmUpRequests: 10_000,
      startups: 7,
      routes: 1_000,
      inProcess: { warmUp: 20, rounds: 60 },
    };
if (options.rounds !== undefined) {
  size.rounds = Math.max(WARM_UP + 1, Number(options.rounds));
  size.startups = Math.ceil(size.rounds / 2);
}
if (options.requests !== undefined) size.requests = Number(options.requests);

const [major] = process.versions.node.split('.');
const lines = [];
const faults = [];
const print = (...added) => {
  lines.push(...added);
  console.log(added.join('\n'));
};

print(
  `Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}, ${size.rounds - WARM_UP} rounds of ${size.requests} requests.`,
  '',
);
const ratios = [];
await inProcess(
  size.inProcess,
  ({ what, value, spread, budget, gate }) => {
    ratios.push({ what, value, spread, shown: `≤ ${budget}`, isKept: value <= budget });
    if (options.quick && gate !== undefined && gate.value > gate.most) {
      faults.push(`${what}: ${gate.value.toFixed(2)} in the quiet rounds, more than ${gate.most.toFixed(2)}`);
    }
  },
  (what, value) => {
    if (value !== 0) faults.push(`${what}: ${value}`);
  },
);
print(...ratioTable(ratios), '');

for (const field of options['in-process'] ? [] : ['express', 'fastify']) {
  const measured = await http(field, { ...size, peers: !options['no-peers'] });
  print(...rowsOf(field, measured), '', ...ratioTable(ratiosOf(field, measured)), '');
  for (const [row, { keyRequests }] of Object.entries(measured.module.rows)) {
    const asked = keyRequests.reduce((sum, one) => sum + one, 0);
    if (asked !== 0) faults.push(`${field}, ${row}: ${asked} requests for keys of a server whose keys are known`);
  }
  print(...startupTable(field, await startup(field, { rounds: size.startups, routes: size.routes })), '');
}

if (options.write) {
  const readme = new URL('README.md', import.meta.url);
  writeFileSync(readme, inserted(readFileSync(readme, 'utf8'), `node ${major}`, lines));
}
for (const fault of faults) console.error(`FAULT ${fault}`);
process.exitCode = faults.length === 0 ? 0 : 1;
