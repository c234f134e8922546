// The load, a process of its own. Sends requests over connections that stay open, and reports the seconds that they took.
import { connect } from 'node:net';

const CONNECTIONS = 16;

/** One connection. Sends a request at a time, and returns the status of its response. */
class Connection {
  #received = '';
  #waiting;

  constructor(port) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text) => this.#read(text));
    this.socket.on('error', (error) => this.#waiting?.reject(error));
    this.socket.on('close', () => this.#waiting?.reject(new Error('the connection was closed')));
  }

  send(request) {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.socket.write(request, 'latin1');
    });
  }

  #read(text) {
    this.#received += text;
    const end = this.#received.indexOf('\r\n\r\n');
    if (end === -1) return;
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#received.slice(0, end))?.[1];
    if (length === undefined) return this.#waiting.reject(new Error('a response has no Content-Length'));
    if (this.#received.length < end + 4 + Number(length)) return;
    const status = Number(this.#received.slice(9, 12));
    this.#received = '';
    const { resolve } = this.#waiting;
    this.#waiting = undefined;
    resolve(status);
  }
}

async function load({ port, path, tokens, expected, requests }) {
  const connections = Array.from({ length: CONNECTIONS }, () => new Connection(port));
  const head = `GET ${path} HTTP/1.1\r\nHost: api.example\r\nAccept: application/json\r\n`;
  const texts = tokens?.map((token) => `${head}Authorization: Bearer ${token}\r\n\r\n`) ?? [`${head}\r\n`];
  let sent = 0;
  let isUnderWay = true;
  // To wake a process costs the one that writes to it: a slow server, for which the load waits longer, would pay for more.
  const stayAwake = () => isUnderWay && setImmediate(stayAwake);
  stayAwake();
  const started = performance.now();
  await Promise.all(
    connections.map(async (connection) => {
      while (sent < requests) {
        const text = texts[sent % texts.length];
        sent += 1;
        const status = await connection.send(text);
        if (status !== expected) throw new Error(`${path}: ${status} instead of ${expected}`);
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  isUnderWay = false;
  for (const { socket } of connections) socket.destroy();
  return seconds;
}

process.on('message', async (task) => {
  try {
    process.send({ seconds: await load(task) });
  } catch (error) {
    process.send({ error: String(error) });
  }
});
process.on('disconnect', () => process.exit());
