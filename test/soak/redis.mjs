// A Redis of the soak's own, on loopback, without anything on disk. `undefined` where there is no redis-server.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { now } from './moments.mjs';

const PROGRAM = process.env.REDIS_SERVER ?? 'redis-server';

export class Redis {
  /** `{ from, to }` of each outage, until it answers again. */
  outages = [];
  #child;

  static async startIfPresent() {
    const redis = new Redis();
    redis.port = await freePort();
    redis.url = `redis://127.0.0.1:${redis.port}`;
    return (await redis.#spawn()) ? redis : undefined;
  }

  async #spawn() {
    const options = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    this.#child = spawn(PROGRAM, options, { stdio: ['ignore', 'pipe', 'ignore'] });
    const failed = once(this.#child, 'error').then(() => false);
    let said = '';
    for (;;) {
      const heard = await Promise.race([failed, once(this.#child.stdout, 'data')]);
      if (heard === false) return false;
      said += heard[0];
      if (said.includes('Ready to accept connections')) break;
    }
    this.#child.stdout.resume();
    return true;
  }

  async fail() {
    this.outages.push({ from: now(), to: Number.POSITIVE_INFINITY });
    await this.stop();
  }

  async recover() {
    if (this.outages.at(-1)?.to !== Number.POSITIVE_INFINITY) return;
    await this.#spawn();
    this.outages.at(-1).to = now();
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
