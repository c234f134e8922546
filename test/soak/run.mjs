// npm run soak -- [--minutes 10] [--rate 150] [--seed n] [--interpreted]: see README.md. Needs a build.
import { parseArgs } from 'node:util';
import { randomOf } from '../fuzz/random.mjs';
import { Api } from './api-process.mjs';
import { AuthorizationServer, CLIENT, OUTAGES } from './authorization-server.mjs';
import { BAD } from './kinds.mjs';
import { Load } from './load.mjs';
import { brokenPromises } from './log-promise.mjs';
import { MOST_BYTES_PER_REQUEST, slope, WARM_UP } from './memory.mjs';
import { Redis } from './redis.mjs';
import { SETTINGS } from './settings.mjs';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '150' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    interpreted: { type: 'boolean', default: false },
  },
});
const duration = Number(values.minutes) * 60;
const rate = Number(values.rate);
if (!(duration >= 30 && rate > 0)) throw new Error('--minutes must be 0.5 or more, and --rate more than 0');

const server = new AuthorizationServer();
await server.start();
const redis = await Redis.startIfPresent();
const setUp = { origin: server.origin, client: CLIENT, settings: SETTINGS, redis: redis?.url };
const apis = ['express', 'fastify'].map((name) => new Api(name, setUp, values));
await Promise.all(apis.map((api) => api.start()));

const world = { server, redis, apis };
const load = new Load(world, { rate, random: randomOf(Number(values.seed)) });
console.log(
  `Soak of ${values.minutes} minutes, ${rate} requests a second over Express and Fastify, Node ${process.versions.node}, seed ${values.seed}.`,
);
if (redis === undefined)
  console.log('No redis-server: without Redis, so without its outages. Set REDIS_SERVER to its path.');

// What happens on the side, by the second of the run. The last seconds are without an outage.
const last = duration - 8;
const events = new Map();
const at = (second, act) => {
  if (second < duration) events.set(second, [...(events.get(second) ?? []), act]);
};
let rotations = 0;
for (let second = 3; second < duration; second += 25) {
  // As servers do it: in the document for longer than the cooldown before it signs, the former one for a while after.
  at(second, () => server.issuers.forEach((issuer) => void issuer.publish()));
  at(second + 12, () => server.issuers.forEach((issuer) => void issuer.signWithNewest()));
  at(second + 20, () => {
    rotations += 1;
    for (const issuer of server.issuers) {
      issuer.former = issuer.published.find((key) => key !== issuer.signing) ?? issuer.former;
      issuer.withdrawOthers();
    }
  });
}
for (let second = 12, index = 0; second + 8 < last; second += 35, index += 1) {
  const how = OUTAGES[index % OUTAGES.length];
  at(second, () => server.fail(how));
  at(second + 8, () => server.recover());
}
for (let second = 16; redis !== undefined && second + 5 < last; second += 29) {
  at(second, () => redis.fail());
  at(second + 5, () => redis.recover());
}
const sampleEvery = Math.max(2, Math.round(duration / 100));

const faults = [];
await load.prime();
load.start();
const startedAt = Date.now();
for (let second = 0; second < duration; second += 1) {
  for (const act of events.get(second) ?? []) await act();
  if (second > 0 && second % sampleEvery === 0) await Promise.all(apis.map((api) => api.sample()));
  await new Promise((resolve) => setTimeout(resolve, startedAt + (second + 1) * 1000 - Date.now()));
}
await load.stop();
await server.recover();
await redis?.recover();
for (const api of apis) await api.stop();
await server.stop();
await redis?.stop();

const seconds = (spans) => Math.round(spans.reduce((sum, { from, to }) => sum + to - from, 0));
const table = (counts) =>
  [...counts]
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => `  ${String(count).padStart(8)}  ${name}`);

console.log(
  `\n${load.sent} requests, ${load.heldBack} held back by a busy machine, ${load.aborted} given up by their client.`,
);
console.log(`Input:\n${table(load.kinds).join('\n')}`);
console.log(`Answers:\n${table(load.answers).join('\n')}`);
console.log(
  `${rotations} rotations of all keys; authorization server away ${server.outages.length} times, ${seconds(server.outages)} s; ` +
    `Redis away ${redis?.outages.length ?? 0} times, ${seconds(redis?.outages ?? [])} s; ` +
    `${server.requests.keys} requests for keys, ${server.requests.introspection} for introspection.`,
);
const bad =
  load.sent -
  (load.kinds.get('good') ?? 0) -
  (load.kinds.get('no guard') ?? 0) -
  (load.kinds.get('before the warm-up') ?? 0);
console.log(`Bad input: ${((bad / (load.sent - load.kinds.get('before the warm-up'))) * 100).toFixed(1)} %`);
for (const kind of Object.keys(BAD)) if (!load.kinds.has(kind)) faults.push(`no input of the kind "${kind}" was sent`);
if (load.wrong > 0) faults.push(`${load.wrong} wrong answers`, ...load.faults);
else faults.push(...load.faults);

for (const api of apis) {
  const warm = api.samples.slice(Math.floor(api.samples.length * WARM_UP));
  const growth = slope(warm.map(({ heap, external, requests }) => ({ x: requests, y: heap + external })));
  const [first, final] = [warm[0], warm.at(-1)];
  const mebibytes = ({ heap }) => (heap / 2 ** 20).toFixed(2);
  const open = (sample) => sample.resources.length;
  console.log(
    `${api.name}: ${api.sent} requests, ${final.cpu.toFixed(1)} s of CPU; heap ${mebibytes(first)} MiB after the warm-up, ` +
      `${mebibytes(final)} MiB at the end, slope ${growth.toFixed(2)} bytes a request (at most ${MOST_BYTES_PER_REQUEST}); ` +
      `${open(final)} open resources; ${api.logged.filter(({ context }) => context === 'StepUp').length} lines of log`,
  );
  console.log(`  heap in KiB: ${api.samples.map(({ heap }) => Math.round(heap / 1024)).join(' ')}`);
  if (!(growth <= MOST_BYTES_PER_REQUEST))
    faults.push(`${api.name}: memory grows by ${growth.toFixed(2)} bytes a request`);
  const about = (fault) => `${api.name}: ${fault}`;
  faults.push(...api.faults.map(about));
  faults.push(...brokenPromises(api.logged, [CLIENT.clientSecret]).map(about));
}
for (const fault of faults) console.error(`FAULT ${fault}`);
console.log(faults.length === 0 ? 'No faults.' : `${faults.length} faults.`);
process.exitCode = faults.length === 0 ? 0 : 1;
