import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UsageError } from './usage-error.js';

interface Awaited {
  readonly state: string;
  readonly receive: (callback: URL) => void;
}

const HEADERS = {
  'content-type': 'text/plain; charset=utf-8',
  'cache-control': 'no-store',
  // the address of this page carries the code
  'referrer-policy': 'no-referrer',
  connection: 'close',
};

/**
 * The redirect URI of the doctor, which nobody but this machine can reach. Accepts one answer to each authorization
 * request, which it knows by its `state`; whatever else arrives is turned away.
 *
 * @see [RFC 8252 §7.3](https://www.rfc-editor.org/rfc/rfc8252.html#section-7.3)
 */
export class LoopbackRedirect {
  #awaited: Awaited | undefined;
  #hasTurnedAway = false;

  private constructor(
    private readonly server: Server,
    /** Has to be registered for the client. */
    readonly uri: string,
  ) {
    server.on('request', (request, response) => this.#answer(request, response));
  }

  /** @throws UsageError where the port cannot be had */
  static async listen(port: number): Promise<LoopbackRedirect> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    }).catch((error: NodeJS.ErrnoException) => {
      throw new UsageError(`Port ${port} of 127.0.0.1 cannot be used (${error.code}): choose another by "--port"`);
    });
    return new LoopbackRedirect(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`);
  }

  /**
   * Waits for the answer to an authorization request.
   *
   * @param seconds to wait at most
   * @returns `undefined` where none came in time
   */
  answerTo(state: string, seconds: number): Promise<URL | undefined> {
    return new Promise((resolve) => {
      const settle = (callback: URL | undefined) => {
        clearTimeout(timer);
        this.#awaited = undefined;
        resolve(callback);
      };
      const timer = setTimeout(settle, seconds * 1000, undefined);
      this.#awaited = { state, receive: settle };
    });
  }

  /** Whether something came that had not the `state` of the request. */
  get hasTurnedAway(): boolean {
    return this.#hasTurnedAway;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const callback = new URL(this.uri);
    const [path, ...query] = (request.url ?? '').split('?');
    callback.search = query.join('?');
    if (request.method !== 'GET' || path !== callback.pathname) {
      response.writeHead(404, HEADERS).end('There is nothing here.');
    } else if (this.#awaited === undefined || callback.searchParams.get('state') !== this.#awaited.state) {
      this.#hasTurnedAway = true;
      response.writeHead(400, HEADERS).end('This belongs to no sign-in that is under way.');
    } else {
      const { receive } = this.#awaited;
      this.#awaited = undefined;
      // the page first: what follows may close the server
      response.once('close', () => receive(callback));
      response.writeHead(200, HEADERS).end('Received. Go back to the terminal; this page can be closed.');
    }
  }
}
