// What verifying and judging cost beside the bare signature check. Ratios of CPU time of all threads, A B A B in one run.
import { createPublicKey, verify } from 'node:crypto';
import { createRequire } from 'node:module';
import { JUDGING_NS, KNOWN_TOKEN, NEW_TOKEN, RULED_OUT_TOKEN } from './budgets.mjs';

const require = createRequire(import.meta.url);
const { checkAuthorizationServers } = require('../dist/authorization-servers/index.js');
const { assess } = require('../dist/core/index.js');
const { AccessTokenVerifier } = require('../dist/token/index.js');
const { createTestAuthorizationServer } = require('../dist/testing/test-authorization-server.js');

const ROUNDS = 14;
const TOKENS = 400;

/** Median CPU time of one call in microseconds, for each candidate, measured in turn. */
async function compare(candidates, inputs) {
  const times = Object.fromEntries(Object.keys(candidates).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, { prepare, run }] of Object.entries(candidates)) {
      await prepare?.();
      const before = process.cpuUsage();
      for (const input of inputs) {
        const result = run(input);
        if (result instanceof Promise) await result.catch(() => undefined);
      }
      const { user, system } = process.cpuUsage(before);
      if (round >= 4) times[name].push((user + system) / inputs.length);
    }
  }
  return Object.fromEntries(
    Object.entries(times).map(([name, list]) => [name, list.sort((a, b) => a - b)[list.length >> 1]]),
  );
}

async function verification(algorithm) {
  const server = await createTestAuthorizationServer({ algorithm });
  const servers = checkAuthorizationServers([{ issuer: server.issuer, audience: server.audience }]);
  const tokens = await Promise.all(
    Array.from({ length: TOKENS }, () =>
      server.accessToken({ acr: 'urn:example:mfa', claims: { amr: ['pwd', 'otp'] } }),
    ),
  );
  const expired = await server.accessToken({ expiresIn: -60 });
  const { keys } = await (await fetch(server.jwksUri)).json();
  const signingKey = createPublicKey({ key: keys[0], format: 'jwk' });
  const digest = { RS256: 'sha256', PS256: 'sha256', ES256: 'sha256' }[algorithm] ?? null;
  const key =
    algorithm === 'PS256'
      ? { key: signingKey, padding: 6, saltLength: 32 }
      : algorithm === 'ES256'
        ? { key: signingKey, dsaEncoding: 'ieee-p1363' }
        : signingKey;
  const raw = (token) => {
    const end = token.lastIndexOf('.');
    if (!verify(digest, Buffer.from(token.slice(0, end)), key, Buffer.from(token.slice(end + 1), 'base64url'))) {
      throw new Error('the raw check fails');
    }
  };
  let fresh;
  const warm = new AccessTokenVerifier(servers, 5);
  for (const token of tokens) await warm.verify(token);
  const requests = server.keyRequests;
  const times = await compare(
    {
      raw: { run: raw },
      'a new token': {
        // another verifier each round, so that it knows the keys but no token
        prepare: async () => {
          fresh = new AccessTokenVerifier(servers, 5);
          await fresh.verify(tokens[0]);
        },
        run: (token) => fresh.verify(token),
      },
      'a known token': { run: (token) => warm.verify(token) },
      'a token ruled out by its claims': {
        run: () => {
          try {
            return warm.verify(expired);
          } catch {
            return undefined;
          }
        },
      },
    },
    tokens,
  );
  await server.close();
  return { times, fetchesWhenWarm: server.keyRequests - requests - ROUNDS };
}

export async function inProcess(report) {
  for (const [algorithm, budget] of Object.entries(NEW_TOKEN)) {
    const { times, fetchesWhenWarm } = await verification(algorithm);
    const { raw } = times;
    report(`${algorithm}: a new token ÷ raw`, times['a new token'] / raw, budget);
    report(`${algorithm}: a known token ÷ raw`, times['a known token'] / raw, KNOWN_TOKEN);
    report(`${algorithm}: ruled out by claims ÷ raw`, times['a token ruled out by its claims'] / raw, RULED_OUT_TOKEN);
    report(`${algorithm}: key fetches when warm`, fetchesWhenWarm, 0);
  }
  const requirements = { acrValues: ['urn:example:phr', 'urn:example:mfa'], maxAge: 300 };
  const event = { acr: 'urn:example:mfa', authTime: Date.now() / 1000 };
  const inputs = Array.from({ length: 200_000 });
  const { judging } = await compare(
    { judging: { run: () => void assess(event, requirements, { now: Date.now() / 1000, clockTolerance: 5 }) } },
    inputs,
  );
  report('judging with the clock, ns', judging * 1000, JUDGING_NS);
}
