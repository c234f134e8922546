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
  readonly #challenges = new Attachment<readonly string[]>();
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
    { challenge, alternative, retryAfter, nonce }: Refusal,
  ): void {
    const adapter = this.adapterHost.httpAdapter;
    if (response === undefined || adapter.isHeadersSent(response)) return;
    if (nonce !== undefined) this.writeNonce({ request, response }, nonce);
    if (retryAfter !== undefined) adapter.setHeader(response, 'Retry-After', String(retryAfter));
    if (challenge === undefined) return;

    const present: unknown = adapter.getHeader(response, 'WWW-Authenticate');
    // Otherwise the guard has written it, and the filter has nothing to add.
    if (present !== challenge || alternative !== undefined) {
      this.#add(response, linesOf(present), alternative === undefined ? [challenge] : [challenge, alternative]);
    }
    if (adapter.getHeader(response, 'Cache-Control') !== 'no-store') {
      adapter.setHeader(response, 'Cache-Control', 'no-store');
    }
    this.#expose('WWW-Authenticate', request, response);
  }

  #add(response: object, present: readonly string[], own: readonly string[]): void {
    if (isSame(present, own)) return;
    const replaced = this.#challenges.get(response);
    const others = replaced === undefined ? present : present.filter((line) => !replaced.includes(line));
    const lines = [...others, ...own];
    // Both adapters pass a list to Node, which writes one line for each member. Only the type of Nest is a string.
    this.adapterHost.httpAdapter.setHeader(
      response,
      'WWW-Authenticate',
      (lines.length === 1 ? lines[0] : lines) as string,
    );
    this.#challenges.set(response, own);
  }

  /**
   * Hands out the nonce for the next DPoP proof of a client, and keeps the response out of caches, which would hand it
   * out when it is old. Finds the response also where several invocations share it, as in GraphQL: the nonce belongs to
   * the request.
   *
   * @see [RFC 9449 §8.2](https://www.rfc-editor.org/rfc/rfc9449.html#section-8.2)
   */
  writeNonce(
    { request, response = this.#replies.get(request) ?? responseOf(request) }: RequestAndResponse,
    nonce: string,
  ): void {
    const adapter = this.adapterHost.httpAdapter;
    if (response === undefined || adapter.isHeadersSent(response)) return;
    adapter.setHeader(response, 'DPoP-Nonce', nonce);
    if (adapter.getHeader(response, 'Cache-Control') === undefined) {
      adapter.setHeader(response, 'Cache-Control', 'no-store');
    }
    this.#expose('DPoP-Nonce', request, response);
  }

  /** Lets scripts of another origin read a header. */
  #expose(name: string, request: RequestAndResponse['request'], response: object): void {
    if (request.headers?.['origin'] === undefined) return;
    const adapter = this.adapterHost.httpAdapter;
    const exposed = linesOf(adapter.getHeader(response, 'Access-Control-Expose-Headers')).flatMap((line) =>
      line.split(/\s*,\s*/),
    );
    if (exposed.some((known) => known.toLowerCase() === name.toLowerCase())) return;
    // Also next to `*`, which is a literal name for requests with credentials.
    adapter.setHeader(response, 'Access-Control-Expose-Headers', [...exposed, name].join(', '));
  }

  /** Sends status and body. Ends a response whose headers are sent already. */
  reply(response: object, body: string | object, status: number): void {
    const adapter = this.adapterHost.httpAdapter;
    if (adapter.isHeadersSent(response)) adapter.end(response);
    else adapter.reply(response, body, status);
  }
}

function isSame(lines: readonly string[], others: readonly string[]): boolean {
  return lines.length === others.length && lines.every((line, index) => line === others[index]);
}

const NONE: readonly string[] = [];

/** Returns each line of a field. */
function linesOf(value: unknown): readonly string[] {
  if (value === undefined || value === null) return NONE;
  return Array.isArray(value) ? value.map(String) : [String(value)];
}

/** Returns the response of an Express request. Other requests do not have it. */
export function responseOf(request: object): object | undefined {
  const response = 'res' in request ? request.res : undefined;
  return typeof response === 'object' && response !== null ? response : undefined;
}
