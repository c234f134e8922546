import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Attachment } from './attachment.js';
import type { Refusal } from './refusal.js';
import type { RequestAndResponse } from './request.js';

interface FastifyInstance {
  addHook(name: 'onRequest', hook: (request: object, reply: object, done: () => void) => void): void;
}

/** Writes refusals on HTTP responses, on any adapter. */
@Injectable()
export class ResponseHeaders implements OnModuleInit {
  readonly #challenges = new Attachment<string>();
  readonly #replies = new Attachment<object>();

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
   * Adds the challenge to those that others have set. A second call for the same response replaces ours: the guard writes
   * before it throws, so that no other filter can lose the challenge, and our filter writes afterwards.
   */
  write(
    { request, response = this.#replies.get(request) }: RequestAndResponse,
    { challenge, retryAfter }: Refusal,
  ): void {
    const adapter = this.adapterHost.httpAdapter;
    if (response === undefined || adapter.isHeadersSent(response)) return;
    if (retryAfter !== undefined) adapter.setHeader(response, 'Retry-After', String(retryAfter));
    if (challenge === undefined) return;

    const replaced = this.#challenges.get(response);
    const others = this.#lines(response, 'WWW-Authenticate').filter((line) => line !== replaced);
    this.#challenges.set(response, challenge);
    this.#set(response, 'WWW-Authenticate', others.length === 0 ? challenge : [...others, challenge]);
    adapter.setHeader(response, 'Cache-Control', 'no-store');

    if (request.headers?.['origin'] === undefined) return;
    const exposed = this.#lines(response, 'Access-Control-Expose-Headers').flatMap((line) => line.split(/\s*,\s*/));
    if (exposed.some((name) => name.toLowerCase() === 'www-authenticate')) return;
    // next to '*', which counts as a literal name for requests with credentials
    adapter.setHeader(response, 'Access-Control-Expose-Headers', [...exposed, 'WWW-Authenticate'].join(', '));
  }

  /** Sends status and body, unless somebody has answered already. */
  reply(response: object, body: string | object, status: number): void {
    const adapter = this.adapterHost.httpAdapter;
    if (!adapter.isHeadersSent(response)) adapter.reply(response, body, status);
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
