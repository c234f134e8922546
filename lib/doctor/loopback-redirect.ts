import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UsageError } from './usage-error.js';

interface PendingResponse {
  readonly state: string;
  readonly receive: (callback: URL) => void;
}

const HEADERS = {
  'content-type': 'text/plain; charset=utf-8',
  'cache-control': 'no-store',
  // The address of this page has the code.
  'referrer-policy': 'no-referrer',
  connection: 'close',
};

/**
 * The redirect URI of the doctor. Only this machine can reach it. Accepts one authorization response for each request,
 * by its `state`. Rejects everything else.
 *
 * @see [RFC 8252 §7.3](https://www.rfc-editor.org/rfc/rfc8252.html#section-7.3)
 */
export class LoopbackRedirect {
  #pending: PendingResponse | undefined;
  #hasRejected = false;

  private constructor(
    private readonly server: Server,
    /** The redirect URI to register for the client. */
    readonly uri: string,
  ) {
    server.on('request', (request, response) => this.#respond(request, response));
  }

  /** @throws UsageError if the port is not free */
  static async listen(port: number): Promise<LoopbackRedirect> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    }).catch((error: NodeJS.ErrnoException) => {
      throw new UsageError(`Port ${port} of 127.0.0.1 cannot be used (${error.code}): choose another one by "--port"`);
    });
    return new LoopbackRedirect(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`);
  }

  /**
   * Waits for the response to an authorization request.
   *
   * @param timeout seconds
   * @returns `undefined` after the timeout
   */
  responseTo(state: string, timeout: number): Promise<URL | undefined> {
    return new Promise((resolve) => {
      const settle = (callback: URL | undefined) => {
        clearTimeout(timer);
        this.#pending = undefined;
        resolve(callback);
      };
      const timer = setTimeout(settle, timeout * 1000, undefined);
      this.#pending = { state, receive: settle };
    });
  }

  /** Whether a response without the `state` of the request came. */
  get hasRejected(): boolean {
    return this.#hasRejected;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #respond(request: IncomingMessage, response: ServerResponse): void {
    const callback = new URL(this.uri);
    const [path, ...query] = (request.url ?? '').split('?');
    callback.search = query.join('?');
    if (request.method !== 'GET' || path !== callback.pathname) {
      response.writeHead(404, HEADERS).end('There is nothing here.');
    } else if (this.#pending === undefined || callback.searchParams.get('state') !== this.#pending.state) {
      this.#hasRejected = true;
      response.writeHead(400, HEADERS).end('No sign-in is waiting for this response.');
    } else {
      const { receive } = this.#pending;
      this.#pending = undefined;
      // The page is sent first, because the receiver can close the server.
      response.once('close', () => receive(callback));
      response.writeHead(200, HEADERS).end('Received. Go back to the terminal; this page can be closed.');
    }
  }
}
