// Plays the table of scenarios against each authorization server that has a folder here, or against those named on the
// command line, and writes what came of it into docs/interop.md. Exit code 0: everything is as expected, or as documented.
// 1: something is not. 2: something is missing that has to be installed or built, for a server that was named.
import { existsSync } from 'node:fs';
import { Missing } from './missing.mjs';
import { Record } from './record.mjs';
import { folders, loadServer, startServer } from './servers.mjs';

/** Plays one server; gives `missing`, `unexpected` or `played`. */
async function playServer(folder, record) {
  const { playAll } = await import('./play.mjs');
  try {
    const { name, setUp, differences, server } = await startServer(folder);
    try {
      const rows = await playAll(server, differences);
      record.keep(folder, { name, setUp, rows });
      return rows.some(({ verdict }) => verdict === 'unexpected') ? 'unexpected' : 'played';
    } finally {
      await server.stop();
    }
  } catch (error) {
    if (!(error instanceof Missing)) {
      console.error(error);
      return 'unexpected';
    }
    console.error(`${folder} is missing: ${error.message}`);
    return 'missing';
  }
}

async function run(named) {
  if (!existsSync(new URL('../../dist/esm/client/index.js', import.meta.url))) {
    console.error('The package is not built. Run `npm run build`, or all of it with `npm run test:interop`.');
    return 2;
  }
  const { scenarios } = await import('./scenarios.mjs');
  const record = new Record(scenarios);
  const ends = { played: [], unexpected: [], missing: [] };
  for (const folder of named.length > 0 ? named : folders) ends[await playServer(folder, record)].push(folder);

  const others = folders.filter((folder) => !ends.played.includes(folder));
  const stale = [];
  for (const folder of others) if (record.isStale(folder, await loadServer(folder))) stale.push(folder);
  const isWritten = record.write({ onlyCompare: process.env.CI === 'true' });

  for (const [end, which] of Object.entries(ends)) console.log(`${end}: ${which.join(', ') || 'none'}`);
  if (stale.length > 0)
    console.log(
      `not played since something about them has changed: ${stale.join(', ')}; so docs/interop.md is not true of them`,
    );
  if (!isWritten)
    console.log('docs/interop.md does not have these outcomes: run `npm run test:interop`, and commit it');
  if (ends.unexpected.length > 0 || stale.length > 0 || !isWritten) return 1;
  return named.length > 0 && ends.missing.length > 0 ? 2 : 0;
}

process.exitCode = await run(process.argv.slice(2));
