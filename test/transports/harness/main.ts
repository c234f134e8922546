// @ts-nocheck: see tokens.ts
// One process for one version of Nest: runs the tables one after the other, and prints a line of JSON for each cell.
import { createTestAuthorizationServer } from 'nestjs-step-up/testing';
import { badInput } from '../tables/bad-input';
import { globalGuard } from '../tables/global-guard';
import { matrix } from '../tables/matrix';
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
    isChosen: (name) => name.toLowerCase().includes(only.toLowerCase()),
    /** What a run without foreign servers leaves out. */
    isThere: (needs) => needs === undefined || brokers[needs] !== undefined,
    tell: (cell) => process.stdout.write(`${JSON.stringify({ version, ...cell })}\n`),
  };
  for (const table of [matrix, badInput, globalGuard]) await table(environment);
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(70);
});
