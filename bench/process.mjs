import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A program of this folder as a process, with which messages are exchanged. It ends with its channel. */
export class Process {
  constructor(file, parameters = []) {
    this.child = fork(fileURLToPath(new URL(file, import.meta.url)), parameters, {
      env: { ...process.env, NODE_ENV: 'production' },
    });
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
    if (this.child.connected) this.child.disconnect();
  }
}
