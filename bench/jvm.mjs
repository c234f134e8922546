// npm run bench:jvm: the module beside Spring Security and Quarkus in one run, see README.md. Exit code 2: something is
// missing that has to be installed.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Missing } from '../test/interop/missing.mjs';
import { checkJava, javaVersion } from '../test/interop/setup/java.mjs';
import { buildOf, JavaServer } from './java-server.mjs';
import { NodeServer } from './node-server.mjs';
import { checkRefusals } from './refusals.mjs';
import { inserted, rowsOf, sideBySide } from './report.mjs';
import { inTurn } from './rounds.mjs';
import { BESIDE_JVM } from './rows.mjs';
import { threadMeter } from './thread-meter.mjs';

/** Rounds that are not counted: the compiler of the JVM is at work. */
const WARM_UP = 5;

const { values: options } = parseArgs({
  options: { write: { type: 'boolean' }, rounds: { type: 'string' }, requests: { type: 'string' } },
});
const counted = Number(options.rounds ?? 10);
const requests = Number(options.requests ?? 3_000);

// leaving by `exit` ends the servers
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

async function run() {
  if (process.platform !== 'linux') throw new Missing('Linux was not found; the CPU of a JVM is read from its /proc.');
  const java = checkJava('the bench');
  const projects = new Set(BESIDE_JVM.flatMap(({ project }) => project ?? []));
  const builds = new Map([...projects].map((project) => [project, buildOf(project)]));

  const measured = await inTurn(BESIDE_JVM, {
    start: async (one, authorizationServer) => {
      const server = one.project
        ? await JavaServer.start(one, { java, jar: builds.get(one.project).jar }, authorizationServer)
        : await NodeServer.start(one, authorizationServer);
      await checkRefusals(server, authorizationServer);
      console.error(`${server.name} is up, and refuses what it has to`);
      return server;
    },
    meter: ({ pid }) => threadMeter(pid),
    rounds: WARM_UP + counted,
    warmUp: { rounds: WARM_UP, requests: 10_000 },
    requests,
  });

  const versions = [
    `Node ${process.versions.node}`,
    `Java ${javaVersion(java)}`,
    ...[...builds].map(([{ framework }, { version }]) => `${framework} ${version}`),
  ];
  const lines = [
    `${versions.join(', ')}, ${new Date().toISOString().slice(0, 10)}, ${counted} rounds of ${requests} requests.`,
    '',
    ...rowsOf('side by side', measured),
    '',
    ...sideBySide(measured),
  ];
  console.log(lines.join('\n'));
  const readme = new URL('README.md', import.meta.url);
  const [major] = process.versions.node.split('.');
  if (options.write) writeFileSync(readme, inserted(readFileSync(readme, 'utf8'), `jvm ${major}`, lines));
}

try {
  await run();
} catch (error) {
  if (!(error instanceof Missing)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
