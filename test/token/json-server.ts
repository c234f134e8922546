import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers a path with JSON, or as the listener likes; counts the requests for it. */
export class JsonServer {
  /** What each path answers; 404 where nothing is set. */
  readonly answers = new Map<string, RequestListener>();
  /** The paths that were asked for, in order. */
  readonly requests: string[] = [];
  origin = '';

  readonly #server = createServer((request, response) => {
    const path = request.url ?? '';
    this.requests.push(path);
    const answer = this.answers.get(path);
    if (answer === undefined) response.writeHead(404).end();
    else answer(request, response);
  });

  /** Starts on a free loopback port, without answers and requests from before. */
  async listen(): Promise<this> {
    this.answers.clear();
    this.requests.length = 0;
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  json(path: string, value: unknown): void {
    this.text(path, JSON.stringify(value));
  }

  text(path: string, body: string, status = 200, headers: Record<string, string> = {}): void {
    this.answers.set(path, (_request, response) => response.writeHead(status, headers).end(body));
  }

  hits(path: string): number {
    return this.requests.filter((request) => request === path).length;
  }

  /** Waits until a path is asked for. */
  async receives(path: string): Promise<void> {
    while (this.hits(path) === 0) await new Promise((resolve) => setImmediate(resolve));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A server that each test of this file starts and closes. */
export function serverOfEachTest(): JsonServer {
  const server = new JsonServer();
  beforeEach(async () => {
    await server.listen();
  });
  afterEach(() => server.close());
  return server;
}

/** Bodies that no client should read to their end, and answers that are no document. */
export const unusableAnswers: readonly { name: string; reason: string; answer: RequestListener }[] = [
  {
    name: 'status 500',
    reason: 'is answered with status 500',
    answer: (_, response) => response.writeHead(500).end('{}'),
  },
  {
    name: 'status 201',
    reason: 'is answered with status 201',
    answer: (_, response) => response.writeHead(201).end('{}'),
  },
  {
    name: 'a redirect',
    reason: 'is answered with a redirect, which is not followed',
    answer: (_, response) => response.writeHead(302, { location: '/elsewhere' }).end(),
  },
  {
    name: 'HTML',
    reason: 'is not a JSON object',
    answer: (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>'),
  },
  { name: 'an empty body', reason: 'is not a JSON object', answer: (_, response) => response.end() },
  { name: 'a JSON array', reason: 'is not a JSON object', answer: (_, response) => response.end('[]') },
  { name: 'JSON null', reason: 'is not a JSON object', answer: (_, response) => response.end('null') },
  {
    name: 'a body without end',
    reason: 'is larger than 1024 KiB',
    answer: (_, response) => {
      const chunk = Buffer.alloc(65_536, ' ');
      const write = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', write);
      write();
    },
  },
  {
    name: 'a connection that breaks off',
    reason: 'cannot be reached (UND_ERR_SOCKET)',
    answer: (_, response) => response.destroy(),
  },
];

/** Never answers in full: once before the headers, once within the body. */
export const slowAnswers: readonly { name: string; answer: RequestListener }[] = [
  { name: 'no answer', answer: () => undefined },
  { name: 'an answer that stops midway', answer: (_, response) => void response.write('{"keys":[') },
];

/**
 * Replaces `AbortSignal.timeout` by timeouts that no clock ends: they have run out once `expire` is called.
 * `jest.restoreAllMocks()` undoes it.
 */
export function manualTimeouts(): { readonly milliseconds: readonly number[]; expire(): void } {
  const controllers: AbortController[] = [];
  const milliseconds: number[] = [];
  jest.spyOn(AbortSignal, 'timeout').mockImplementation((delay) => {
    const controller = new AbortController();
    controllers.push(controller);
    milliseconds.push(delay);
    return controller.signal;
  });
  return {
    milliseconds,
    expire() {
      for (const controller of controllers) controller.abort(new DOMException('timed out', 'TimeoutError'));
    },
  };
}
