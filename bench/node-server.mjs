import { Process } from './process.mjs';

/** A server of `servers/` in Node. */
export class NodeServer extends Process {
  constructor({ id, name, command: [file, ...parameters], rows }, { issuer, audience }) {
    super(`servers/${file}`, [...parameters, issuer, audience]);
    Object.assign(this, { id, name, rows });
  }

  static async start(one, authorizationServer) {
    const server = new NodeServer(one, authorizationServer);
    server.port = await server.heard();
    return server;
  }

  get pid() {
    return this.child.pid;
  }

  /** Returns a function that tells the microseconds of CPU from now on, of all threads. */
  async meter() {
    const before = await this.#cpu();
    return async () => (await this.#cpu()) - before;
  }

  async #cpu() {
    const { user, system } = await this.ask('cpu');
    return user + system;
  }
}
