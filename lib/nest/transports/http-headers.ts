import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Exchange } from './invocation.js';

/** What an exception of ours wants to say in headers. */
export interface Answer {
  /** The value of `WWW-Authenticate`. */
  readonly challenge?: string | undefined;
  /** Seconds. */
  readonly retryAfter?: number | undefined;
}

interface FastifyInstance {
  addHook(name: 'onRequest', hook: (request: object, reply: object, done: () => void) => void): void;
}

/** Writes challenges into the headers of a response, on any HTTP adapter. */
@Injectable()
export class StepUpAnswer implements OnModuleInit {
  readonly #written = new WeakMap<object, string>();
  readonly #replies = new WeakMap<object, object>();

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  /** Passport gives a strategy the request alone, and on Fastify a request does not know its reply. */
  onModuleInit(): void {
    const adapter = this.adapterHost.httpAdapter;
    if (adapter?.getType() !== 'fastify') return;
    adapter.getInstance<FastifyInstance>().addHook('onRequest', (request, reply, done) => {
      this.#replies.set(request, reply);
      done();
    });
  }

  /**
   * Adds the challenge to those that others have set. Doing it again for the same response replaces ours, so that the
   * guard can write before it throws, lest another filter forget it, and our filter afterwards.
   */
  writeHeaders(exchange: Exchange, { challenge, retryAfter }: Answer): void {
    const { request, transport } = exchange;
    const response = transport === 'http' ? (exchange.response ?? this.#replies.get(request)) : undefined;
    const adapter = this.adapterHost.httpAdapter;
    if (response === undefined || adapter.isHeadersSent(response)) return;
    if (retryAfter !== undefined) adapter.setHeader(response, 'Retry-After', String(retryAfter));
    if (challenge === undefined) return;

    const replaced = this.#written.get(response);
    const others = this.#lines(response, 'WWW-Authenticate').filter((line) => line !== replaced);
    this.#written.set(response, challenge);
    this.#set(response, 'WWW-Authenticate', others.length === 0 ? challenge : [...others, challenge]);
    adapter.setHeader(response, 'Cache-Control', 'no-store');

    if (request.headers?.['origin'] === undefined) return;
    const exposed = this.#lines(response, 'Access-Control-Expose-Headers').flatMap((line) => line.split(/\s*,\s*/));
    if (exposed.some((name) => name.toLowerCase() === 'www-authenticate')) return;
    // beside '*', which counts as a literal name for requests with credentials
    adapter.setHeader(response, 'Access-Control-Expose-Headers', [...exposed, 'WWW-Authenticate'].join(', '));
  }

  #lines(response: object, name: string): string[] {
    const value: unknown = this.adapterHost.httpAdapter.getHeader(response, name);
    return value === undefined || value === null ? [] : [value].flat().map(String);
  }

  // both adapters hand lists on to Node, which writes one line for each; only Nest's type says string
  #set(response: object, name: string, value: string | string[]): void {
    this.adapterHost.httpAdapter.setHeader(response, name, value as string);
  }
}
