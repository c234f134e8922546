// An API of the soak, seen from outside.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const FILE = fileURLToPath(new URL('api.mjs', import.meta.url));
/** Milliseconds after which a process that has closed everything has ended, on a busy machine too. */
const ENDS_WITHIN = 20_000;

export class Api {
  sent = 0;
  faults = [];
  logged = [];
  samples = [];

  /** @param interpreted compiles no function to machine code, so that the heap has none */
  constructor(name, setUp, { interpreted }) {
    this.name = name;
    this.child = fork(FILE, [JSON.stringify({ api: name, ...setUp })], {
      execArgv: ['--expose-gc', ...(interpreted ? ['--no-opt', '--no-sparkplug'] : [])],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.on('data', (chunk) => this.faults.push(`prints ${String(chunk).trim()}`));
    }
    this.exited = once(this.child, 'exit');
    this.child.on('message', ({ fault, logged }) => {
      if (fault !== undefined) this.faults.push(fault);
      if (logged !== undefined) this.logged.push(logged);
    });
  }

  async start() {
    this.port = (await this.#heard('port')).port;
  }

  async sample() {
    const { answer } = await this.#ask('sample');
    this.samples.push({ ...answer, requests: this.sent });
    return answer;
  }

  /** Closes the application. What it has left open keeps its process from ending. */
  async stop() {
    await this.#ask('close');
    const late = new Promise((resolve) => setTimeout(() => resolve(['late']), ENDS_WITHIN).unref());
    const [code, signal] = await Promise.race([this.exited, late]);
    if (code === 'late') {
      this.faults.push('does not end: something is open after app.close()');
      this.child.kill('SIGKILL');
    } else if (code !== 0) {
      this.faults.push(`ends with ${code ?? signal}`);
    }
  }

  async #ask(command) {
    const heard = this.#heard('answer');
    this.child.send(command);
    return heard;
  }

  #heard(member) {
    return new Promise((resolve, reject) => {
      const hear = (message) => {
        if (message[member] === undefined) return;
        this.child.off('message', hear);
        resolve(message);
      };
      this.child.on('message', hear);
      this.exited.then(([code]) =>
        reject(new Error([`${this.name} has ended with ${code}`, ...this.faults].join('\n'))),
      );
    });
  }
}
