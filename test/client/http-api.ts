import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came over HTTP. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type HttpAnswer = (request: HttpRequest, response: ServerResponse) => void;

export const STEP_UP = { 'WWW-Authenticate': 'Bearer error="insufficient_user_authentication", acr_values="mfa"' };

/** Refuses every token but one, with a step-up challenge. */
export function grants(token: string): HttpAnswer {
  return ({ headers }, response) => {
    if (headers.authorization?.endsWith(` ${token}`)) response.end('done');
    else response.writeHead(401, STEP_UP).end();
  };
}

/** An API over real HTTP that answers as it is told and remembers what it received. */
export class HttpApi {
  readonly requests: HttpRequest[] = [];
  origin = '';
  answer: HttpAnswer = grants('t2');

  readonly #server = createServer((request, response) => {
    read(request).then((body) => {
      const { method = '', url: path = '', headers } = request;
      const received = { method, path, headers, body };
      this.requests.push(received);
      this.answer(received, response);
    });
  });

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  get authorizations(): (string | undefined)[] {
    return this.requests.map(({ headers }) => headers.authorization);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}
