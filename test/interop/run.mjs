// Plays the table of scenarios against each authorization server that has a folder here, or against those named on the
// command line, and prints it. Exit code 0: everything is as expected, or as documented. 1: something is not. 2: something
// is missing that has to be installed or built.
import { existsSync } from 'node:fs';
import { Missing } from './missing.mjs';
import { outcomeTable } from './outcome-table.mjs';
import { folders, startServer } from './servers.mjs';

async function run(names) {
  if (!existsSync(new URL('../../dist/esm/client/index.js', import.meta.url))) {
    throw new Missing('The package is not built. Run `npm run build`, or all of it with `npm run test:interop`.');
  }
  const { playAll } = await import('./play.mjs');
  const columns = [];
  for (const folder of names.length > 0 ? names : folders) {
    const { name, differences, server } = await startServer(folder);
    try {
      columns.push({ name, rows: await playAll(server, differences) });
    } finally {
      await server.stop();
    }
  }
  console.log(`\n${outcomeTable(columns)}`);
  return columns.every(({ rows }) => rows.every(({ verdict }) => verdict !== 'unexpected')) ? 0 : 1;
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Missing ? error.message : error);
  process.exitCode = error instanceof Missing ? 2 : 1;
}
