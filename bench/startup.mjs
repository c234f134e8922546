// CPU that an application with a thousand routes needs to start: a process of its own each time, in turn.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { median, medianOf, quartiles } from './statistics.mjs';

const SERVER = fileURLToPath(new URL('servers/thousand-routes.mjs', import.meta.url));

/** What is started in each round, in this order. The first is the one that the others are compared with. */
export const APPLICATIONS = ['plain', 'guards', 'open', 'shared', 'different', 'control'];

/**
 * V8 collects garbage and compiles in steps, each of which costs as much as a hundred routes. So that no application is
 * always just before such a step, or just behind it, the rounds have from 90 to 110 % of the routes.
 */
function routesOf(round, rounds, routes) {
  const share = rounds === 1 ? 1 : 0.9 + (0.2 * round) / (rounds - 1);
  return Math.round((routes * share) / 10) * 10;
}

async function started(application, adapter, routes) {
  const child = fork(SERVER, [application, adapter, String(routes)]);
  const [parts] = await once(child, 'message');
  await once(child, 'exit');
  return { ...parts, routes };
}

/** Returns for each application the milliseconds of CPU, their ratio to the first, and the microseconds of its parts. */
export async function startup(adapter, { rounds, routes }) {
  const measured = Object.fromEntries(APPLICATIONS.map((application) => [application, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const application of APPLICATIONS) {
      measured[application].push(await started(application, adapter, routesOf(round, rounds, routes)));
    }
  }
  const totals = (application) => measured[application].map(({ total }) => total / 1000);
  return APPLICATIONS.map((application) => ({
    application,
    milliseconds: median(totals(application)),
    spread: quartiles(totals(application)),
    ratio: medianOf((one, plain) => one / plain, totals(application), totals('plain')),
    /** Microseconds for each route. */
    parts: Object.fromEntries(
      ['declaring', 'nest', 'audit', 'table'].map((part) => [
        part,
        median(measured[application].map((one) => one[part] / one.routes)),
      ]),
    ),
  }));
}
