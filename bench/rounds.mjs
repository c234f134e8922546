// Servers under load, one after the other in each round, and what they use for it.
import { createRequire } from 'node:module';
import { Process } from './process.mjs';

const require = createRequire(import.meta.url);

/** In each round, in this order. */
const ROWS = ['open', 'floor', 'missing', 'warm', 'fresh', 'challenge'];

const KNOWN_TOKENS = 20;

/**
 * Starts servers, and loads them in turn. Returns for each its rows: microseconds of CPU, requests per second, and requests
 * for keys, of each round that is counted. The servers take turns forwards and backwards.
 *
 * First sends `warmUp.requests` of each row but that of new tokens, and then does not count `warmUp.rounds`.
 *
 * `start` gives a server of a description, and `meter` a function that tells what a server has used since.
 */
export async function inTurn(descriptions, { start, meter, rounds, warmUp, requests }) {
  const { createTestAuthorizationServer } = require('../dist/testing/test-authorization-server.js');
  const authorizationServer = await createTestAuthorizationServer({ algorithm: 'RS256' });
  const load = new Process('load.mjs');
  const servers = [];
  try {
    for (const one of descriptions) servers.push(await start(one, authorizationServer));
    const measured = Object.fromEntries(descriptions.map(({ id, name, rows }) => [id, { name, rows: emptyOf(rows) }]));
    for (let round = 0; round < rounds; round += 1) {
      const tokens = await tokensOfRound(authorizationServer, requests);
      for (const row of ROWS) {
        for (const server of round % 2 === 0 ? servers : servers.toReversed()) {
          if (server.rows[row] === undefined) continue;
          const used = await usedFor(row, server, {
            load,
            tokens,
            before: Math.ceil(requests / 10) + (round === 0 ? warmUp.requests : 0),
            requests,
            meter,
            authorizationServer,
          });
          if (round < warmUp.rounds) continue;
          for (const [what, value] of Object.entries(used)) measured[server.id].rows[row][what].push(value);
        }
      }
    }
    return measured;
  } finally {
    await Promise.all([load, ...servers].map((one) => one.end()));
    await authorizationServer.close();
  }
}

/** Each round has its own tokens: those of the first would be too old in the last. */
async function tokensOfRound(authorizationServer, requests) {
  const signed = (count, acr) =>
    Promise.all(Array.from({ length: count }, () => authorizationServer.accessToken({ acr })));
  return {
    warm: await signed(KNOWN_TOKENS, 'mfa'),
    weak: await signed(KNOWN_TOKENS, 'pwd'),
    fresh: await signed(requests, 'mfa'),
  };
}

/** @param before requests that are not counted, lest the first ones pay for what another server has left in the processor */
async function usedFor(row, server, { load, tokens, before, requests, meter, authorizationServer }) {
  const { path, expected, tokens: kind, isKnown } = server.rows[row];
  const send = async (count) => {
    const task = { port: server.port, path, expected, requests: count, tokens: tokens[kind] };
    const { seconds, error } = await load.ask(task);
    if (error !== undefined) throw new Error(`${server.name}: ${error}`);
    return seconds;
  };
  if (isKnown) await send(KNOWN_TOKENS);
  if (kind !== 'fresh') await send(before);
  const keysBefore = authorizationServer.keyRequests;
  const used = await meter(server);
  const seconds = await send(requests);
  return {
    cpu: (await used()) / requests,
    perSecond: requests / seconds,
    keyRequests: authorizationServer.keyRequests - keysBefore,
  };
}

function emptyOf(rows) {
  return Object.fromEntries(Object.keys(rows).map((row) => [row, { cpu: [], perSecond: [], keyRequests: [] }]));
}
