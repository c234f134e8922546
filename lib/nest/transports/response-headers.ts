import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Attachment } from './attachment.js';
import type { Refusal } from './refusal.js';
import type { RequestAndResponse } from './request.js';

interface FastifyInstance {
  addHook(name: 'onRequest', hook: (request: object, reply: object, done: () => void) => void): void;
}

/** Writes refusals on HTTP responses, for any adapter. */
@Injectable()
export class ResponseHeaders implements OnModuleInit {
  readonly #challenges = new Attachment<string>();
  readonly #replies = new Attachment<object>();

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  /**
   * Records the reply of each Fastify request. Passport gives a strategy only the request, which does not have its
   * reply.
   */
  onModuleInit(): void {
    const adapter = this.adapterHost.httpAdapter;
    if (adapter?.getType() !== 'fastify') return;
    adapter.getInstance<FastifyInstance>().addHook('onRequest', (request, reply, done) => {
      this.#replies.set(request, reply);
      done();
    });
  }

  /**
   * Adds the challenge to those that other code has set. A second call for the same response replaces ours. The guard
   * writes before it throws, so that no other filter can lose the challenge. Our filter writes again afterwards.
   */
  write(
    { request, response = this.#replies.get(request) }: RequestAndResponse,
    { challenge, retryAfter }: Refusal,
  ): void {
    const adapter = this.adapterHost.httpAdapter;
    if (response === undefined || adapter.isHeadersSent(response)) return;
    if (retryAfter !== undefined) adapter.setHeader(response, 'Retry-After', String(retryAfter));
    if (challenge === undefined) return;

    const present: unknown = adapter.getHeader(response, 'WWW-Authenticate');
    // Otherwise the guard has written it, and the filter has nothing to add.
    if (present !== challenge) {
      const replaced = this.#challenges.get(response);
      const others = linesOf(present).filter((line) => line !== replaced);
      const field = others.length === 0 ? challenge : [...others, challenge];
      // Both adapters pass a list to Node, which writes one line for each member. Only the type of Nest is a string.
      adapter.setHeader(response, 'WWW-Authenticate', field as string);
      this.#challenges.set(response, challenge);
    }
    if (adapter.getHeader(response, 'Cache-Control') !== 'no-store') {
      adapter.setHeader(response, 'Cache-Control', 'no-store');
    }

    if (request.headers?.['origin'] === undefined) return;
    const exposed = linesOf(adapter.getHeader(response, 'Access-Control-Expose-Headers')).flatMap((line) =>
      line.split(/\s*,\s*/),
    );
    if (exposed.some((name) => name.toLowerCase() === 'www-authenticate')) return;
    // Also next to `*`, which is a literal name for requests with credentials.
    adapter.setHeader(response, 'Access-Control-Expose-Headers', [...exposed, 'WWW-Authenticate'].join(', '));
  }

  /** Sends status and body. Ends a response whose headers are sent already. */
  reply(response: object, body: string | object, status: number): void {
    const adapter = this.adapterHost.httpAdapter;
    if (adapter.isHeadersSent(response)) adapter.end(response);
    else adapter.reply(response, body, status);
  }
}

/** Returns each line of a field. */
function linesOf(value: unknown): string[] {
  return value === undefined || value === null ? [] : [value].flat().map(String);
}
