// CPU that an application with a thousand routes needs to start: a process of its own each time, in turn.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { median, quartiles } from './statistics.mjs';

const SERVER = fileURLToPath(new URL('servers/thousand-routes.mjs', import.meta.url));
/** The first two are without the module, the second with guards of its own in place of ours. */
export const APPLICATIONS = ['plain', 'guards', 'open', 'protected'];

async function started(application, adapter, routes) {
  const child = fork(SERVER, [application, adapter, String(routes)]);
  const [microseconds] = await once(child, 'message');
  await once(child, 'exit');
  return microseconds / 1000;
}

/** Returns for each application the milliseconds of CPU, and their ratio to the one without the module. */
export async function startup(adapter, { rounds, routes }) {
  const measured = Object.fromEntries(APPLICATIONS.map((application) => [application, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const application of APPLICATIONS) measured[application].push(await started(application, adapter, routes));
  }
  return APPLICATIONS.map((application) => ({
    application,
    milliseconds: median(measured[application]),
    spread: quartiles(measured[application]),
    ratio: median(measured[application].map((one, round) => one / measured.plain[round])),
  }));
}
