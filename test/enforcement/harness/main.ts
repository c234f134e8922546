// @ts-nocheck: see types.ts
// One process for one version of Nest: runs the rows one after the other, and prints one line of JSON for each cell.
import { createTestAuthorizationServer } from 'nestjs-step-up/testing';
import { rows } from '../rows';
import { runCell } from './cell';

const [version, only = ''] = process.argv.slice(2);
const major = Number(version.split('.')[0]);

async function main() {
  const authorizationServer = await createTestAuthorizationServer();
  const issue = (options) => authorizationServer.accessToken(options);
  const { issuer, audience, jwksUri } = authorizationServer;
  const acr = { phr: 'urn:example:phr', mfa: 'urn:example:mfa', pwd: 'urn:example:pwd' };
  const server = { issuer, audience, jwksUri, acr };
  const tokens = {
    good: await issue({ acr: acr.phr, expiresIn: 3600 }),
    weak: await issue({ acr: acr.pwd, expiresIn: 3600 }),
    expired: await issue({ acr: acr.phr, expiresIn: -60 }),
  };
  for (const row of rows()) {
    if (!`${row.rule} ${row.name}`.toLowerCase().includes(only.toLowerCase())) continue;
    if (row.versions?.(version) === false) continue;
    for (const adapter of row.adapters) {
      const environment = { version, major, adapter, tokens, server, issue, authorizationServer };
      const started = Date.now();
      const cell = await runCell(row, environment);
      process.stdout.write(`${JSON.stringify({ version, ...cell, milliseconds: Date.now() - started })}\n`);
    }
  }
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(70);
});
