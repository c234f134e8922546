// CPU of a server process for one request, of routes beside each other. Express and Fastify, A B A B, with a control row.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const ROUNDS = 8;
const REQUESTS = 600;
const CONCURRENCY = 16;

function send(agent, url, token) {
  return new Promise((resolve, reject) => {
    request(url, { agent, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    })
      .on('error', reject)
      .end();
  });
}

async function load(agent, url, tokens, expected) {
  let sent = 0;
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      while (sent < REQUESTS) {
        const token = tokens?.[sent % tokens.length];
        sent += 1;
        const status = await send(agent, url, token);
        if (status !== expected) throw new Error(`${url}: ${status} instead of ${expected}`);
      }
    }),
  );
}

async function cpu(child, work) {
  const ask = async () => {
    child.send('cpu');
    const [usage] = await once(child, 'message');
    return usage.user + usage.system;
  };
  const before = await ask();
  await work();
  return ((await ask()) - before) / REQUESTS;
}

export async function http(report) {
  const { createTestAuthorizationServer } = require('../dist/testing/test-authorization-server.js');
  const server = await createTestAuthorizationServer({ algorithm: 'RS256' });
  const tokens = (count, acr) => Promise.all(Array.from({ length: count }, () => server.accessToken({ acr })));
  const warm = await tokens(20, 'mfa');
  const weak = await tokens(20, 'pwd');
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  const budgets = {
    express: { warm: 0.8, fresh: 0.5, challenge: 1.15, hand: 2.5 },
    fastify: { warm: 0.6, fresh: 0.25, challenge: 1.35, hand: 4 },
  };
  for (const adapter of ['express', 'fastify']) {
    const child = fork(fileURLToPath(new URL('server.mjs', import.meta.url)), [
      adapter,
      server.issuer,
      server.audience,
    ]);
    const [url] = await once(child, 'message');
    const fresh = await Promise.all(Array.from({ length: ROUNDS }, () => tokens(REQUESTS, 'mfa')));
    const times = { open: [], control: [], warm: [], fresh: [], challenge: [], hand: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      times.open.push(await cpu(child, () => load(agent, `${url}/open`, warm, 200)));
      times.warm.push(await cpu(child, () => load(agent, `${url}/protected`, warm, 200)));
      times.fresh.push(await cpu(child, () => load(agent, `${url}/protected`, fresh[round], 200)));
      times.challenge.push(await cpu(child, () => load(agent, `${url}/protected`, weak, 401)));
      times.hand.push(await cpu(child, () => load(agent, `${url}/by-hand`, warm, 200)));
      times.control.push(await cpu(child, () => load(agent, `${url}/open`, warm, 200)));
    }
    child.kill();
    const median = Object.fromEntries(
      Object.entries(times).map(([name, list]) => [name, list.slice(2).sort((a, b) => a - b)[(ROUNDS - 2) >> 1]]),
    );
    const budget = budgets[adapter];
    report(`${adapter}: control, open ÷ open`, median.open / median.control);
    report(`${adapter}: open ÷ protected, warm tokens`, median.open / median.warm, budget.warm, true);
    report(`${adapter}: open ÷ protected, new tokens`, median.open / median.fresh, budget.fresh, true);
    report(`${adapter}: challenge ÷ 200 of the same route`, median.challenge / median.warm, budget.challenge);
    report(`${adapter}: guard written by hand ÷ protected, warm`, median.hand / median.warm, budget.hand, true);
  }
  agent.destroy();
  await server.close();
}
