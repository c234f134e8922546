// CPU that a server uses for a request, and its throughput: each server a process, the load another, round by round in turn.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { FIELDS } from './rows.mjs';
import { WARM_UP } from './statistics.mjs';

const require = createRequire(import.meta.url);
const pathOf = (file) => fileURLToPath(new URL(file, import.meta.url));

class Process {
  constructor(file, parameters = []) {
    this.child = fork(pathOf(file), parameters, { env: { ...process.env, NODE_ENV: 'production' } });
    this.exited = once(this.child, 'exit').then(([code]) =>
      Promise.reject(new Error(`${file} has ended with ${code}`)),
    );
    this.exited.catch(() => undefined);
  }

  async heard() {
    const [message] = await Promise.race([once(this.child, 'message'), this.exited]);
    return message;
  }

  ask(message) {
    const heard = this.heard();
    this.child.send(message);
    return heard;
  }

  end() {
    this.child.disconnect();
  }
}

class UnderLoad extends Process {
  constructor({ id, name, command: [file, ...parameters], rows }, server) {
    super(`servers/${file}`, [...parameters, server.issuer, server.audience]);
    this.id = id;
    this.name = name;
    this.rows = rows;
    this.measured = Object.fromEntries(
      Object.keys(rows).map((row) => [row, { cpu: [], perSecond: [], keyRequests: 0 }]),
    );
  }

  async cpu() {
    const { user, system } = await this.ask('cpu');
    return user + system;
  }
}

/** Measures the servers of a field. Returns for each server its rows: microseconds of CPU, requests per second, key requests. */
async function measure(servers, { load, tokensFor, rounds, requests, keyRequests }) {
  for (let round = 0; round < rounds; round += 1) {
    const tokens = await tokensFor(round);
    for (const row of ['open', 'floor', 'missing', 'warm', 'fresh', 'challenge']) {
      for (const server of servers) {
        if (server.rows[row] === undefined) continue;
        const { path, expected, tokens: kind } = server.rows[row];
        const keysBefore = keyRequests();
        const before = await server.cpu();
        const task = { port: server.port, path, expected, requests, tokens: tokens[kind] };
        const { seconds, error } = await load.ask(task);
        if (error !== undefined) throw new Error(`${server.name}: ${error}`);
        const used = (await server.cpu()) - before;
        if (round < WARM_UP) continue;
        const measured = server.measured[row];
        measured.cpu.push(used / requests);
        measured.perSecond.push(requests / seconds);
        measured.keyRequests += keyRequests() - keysBefore;
      }
    }
  }
  return Object.fromEntries(servers.map(({ id, name, measured }) => [id, { name, rows: measured }]));
}

/** Runs the servers of Express, or of Fastify, against each other. */
export async function http(field, { rounds, requests, peers }) {
  const { createTestAuthorizationServer } = require('../dist/testing/test-authorization-server.js');
  const server = await createTestAuthorizationServer({ algorithm: 'RS256' });
  const signed = (count, acr) => Promise.all(Array.from({ length: count }, () => server.accessToken({ acr })));
  const warm = await signed(20, 'mfa');
  const weak = await signed(20, 'pwd');
  const load = new Process('load.mjs');
  const servers = FIELDS[field]
    .filter(({ isPeer }) => peers || isPeer !== true)
    .map((one) => new UnderLoad(one, server));
  try {
    for (const one of servers) one.port = await one.heard();
    return await measure(servers, {
      load,
      tokensFor: async () => ({ warm, weak, fresh: await signed(requests, 'mfa') }),
      rounds,
      requests,
      keyRequests: () => server.keyRequests,
    });
  } finally {
    for (const one of [load, ...servers]) one.end();
    await server.close();
  }
}
