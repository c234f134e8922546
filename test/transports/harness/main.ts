// @ts-nocheck: see tokens.ts
// One process for one version of Nest: runs the tables one after the other, and prints a line of JSON for each cell.
import { createTestAuthorizationServer } from 'nestjs-step-up/testing';
import { badInput } from '../tables/bad-input';
import { matrix } from '../tables/matrix';
import { tokenGuard } from '../tables/token-guard';
import { createTokens } from './tokens';

const { version, only, brokers, proto } = JSON.parse(process.argv[2]);

async function main() {
  const authorizationServer = await createTestAuthorizationServer();
  const { issuer, audience, jwksUri } = authorizationServer;
  const acr = { mfa: 'urn:example:mfa', pwd: 'urn:example:pwd' };
  const environment = {
    version,
    brokers,
    proto,
    authorizationServer,
    tokens: await createTokens(authorizationServer),
    server: { issuer, audience, jwksUri, acr },
    /** Leaves out rows that are not chosen, whose broker was not started, or whose library this version cannot run. */
    tries: ({ name, needs, without = [] }) =>
      name.toLowerCase().includes(only.toLowerCase()) &&
      (needs === undefined || brokers[needs] !== undefined) &&
      !without.includes(version),
    tell: (cell) => process.stdout.write(`${JSON.stringify({ version, ...cell })}\n`),
  };
  for (const table of [matrix, badInput, tokenGuard]) await table(environment);
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(70);
});
