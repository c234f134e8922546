// A server as a process of its own on the loopback interface, ended by its id.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const STOPS_WITHIN = 10;

/** Characters of what it prints that are kept: of the beginning, and of the end. */
const KEPT = 4_000;

export class ServerProcess {
  #child;
  #ended;
  #beginning = '';
  #end = '';
  // also where an exception ends this process
  #kill = () => this.#signal('SIGKILL');

  constructor(command, options, { env = {}, cwd } = {}) {
    // a process group of its own: a script may run its server as a child
    this.#child = spawn(command, options, {
      detached: true,
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (chunk) => {
        // where it fails it says why first, and then that it has failed
        if (this.#beginning.length < KEPT) this.#beginning += chunk;
        else this.#end = `${this.#end}${chunk}`.slice(-KEPT);
      });
    }
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', resolve);
      this.#child.once('exit', resolve);
    });
    process.once('exit', this.#kill);
  }

  /**
   * Starts a server, and waits until it answers at each address.
   *
   * @throws Error with what it printed where it does not answer `within` so many seconds
   */
  static async start({ name, command, options, addresses, within, ...further }) {
    const server = new ServerProcess(command, options, further);
    try {
      const deadline = Date.now() + within * 1_000;
      for (const address of addresses) await server.#ready(name, address, deadline);
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** The process that was started, whose children a script may have. */
  get pid() {
    return this.#child.pid;
  }

  async #ready(name, address, deadline) {
    while (Date.now() < deadline && this.#child.exitCode === null && this.#child.signalCode === null) {
      const left = Math.max(1, deadline - Date.now());
      const response = await fetch(address, { signal: AbortSignal.timeout(left) }).catch(() => undefined);
      await response?.body?.cancel();
      if (response?.ok) return;
      await sleep(250);
    }
    throw new Error(`${name} did not start. What it printed:\n${this.#beginning}\n${this.#end}`);
  }

  async stop() {
    this.#signal('SIGTERM');
    const late = sleep(STOPS_WITHIN * 1_000, 'late', { ref: false });
    if ((await Promise.race([this.#ended, late])) === 'late') this.#signal('SIGKILL');
    await this.#ended;
    process.off('exit', this.#kill);
  }

  #signal(signal) {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
}

/** Ports that are free now. All are held until the last is found, so that they differ. */
export async function freePorts(count) {
  const held = [];
  for (let index = 0; index < count; index += 1) {
    const server = createServer();
    await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
    held.push(server);
  }
  const ports = held.map((server) => server.address().port);
  await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
