// Keycloak as a process: in development mode, everything in memory, on the loopback interface.
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Seconds within which it has to answer; the first start on a machine rebuilds it, which takes half a minute. */
const STARTS_WITHIN = 180;
const STOPS_WITHIN = 10;

export class KeycloakProcess {
  #child;
  #ended;
  #log = '';
  // also where an exception ends this process
  #kill = () => this.#signal('SIGKILL');

  constructor(home, port) {
    const options = ['--db=dev-mem', '--http-host=127.0.0.1', `--http-port=${port}`, '--import-realm'];
    this.url = `http://127.0.0.1:${port}`;
    // a process group of its own: kc.sh runs Java as a child at one time and becomes it at another
    this.#child = spawn('sh', [join(home, 'bin', 'kc.sh'), 'start-dev', ...options], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, JAVA_OPTS_KC_HEAP: '-Xms64m -Xmx512m' },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (chunk) => {
        this.#log = `${this.#log}${chunk}`.slice(-8_000);
      });
    }
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', resolve);
      this.#child.once('exit', resolve);
    });
    process.once('exit', this.#kill);
  }

  /**
   * Starts Keycloak with these realms, and waits until it answers for each.
   *
   * @throws Error with the end of its log where it does not answer in time
   */
  static async start(home, realms) {
    const directory = join(home, 'data', 'import');
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    for (const realm of realms) writeFileSync(join(directory, `${realm.realm}-realm.json`), JSON.stringify(realm));
    const keycloak = new KeycloakProcess(home, await freePort());
    try {
      for (const { realm } of realms) await keycloak.#ready(realm);
      return keycloak;
    } catch (error) {
      await keycloak.stop();
      throw error;
    }
  }

  async #ready(realm) {
    const deadline = Date.now() + STARTS_WITHIN * 1_000;
    while (Date.now() < deadline && this.#child.exitCode === null && this.#child.signalCode === null) {
      const response = await fetch(`${this.url}/realms/${realm}/.well-known/openid-configuration`).catch(
        () => undefined,
      );
      if (response?.ok) return;
      await sleep(250);
    }
    throw new Error(`Keycloak did not start. The end of its log:\n${this.#log}`);
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

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
