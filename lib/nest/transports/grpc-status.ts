import type { ArgumentsHost } from '@nestjs/common';
import type { Refusal } from './refusal.js';

/** The metadata of a gRPC call, of `@grpc/grpc-js`. */
interface Metadata {
  get(name: string): readonly unknown[];
  set(name: string, value: string): void;
  getMap(): object;
}

/** Status codes of gRPC for what a refusal says over HTTP; `13`, internal, for all others. */
const CODES: ReadonlyMap<number, number> = new Map([
  [400, 3],
  [401, 16],
  [403, 7],
  [503, 14],
]);

/** A gRPC call, of `@grpc/grpc-js`. Calls of every kind have `write`. */
interface Call {
  getPeer?: unknown;
  readonly call?: InnerCall;
}

/** The call below interceptors, and the one that they wrap. */
interface InnerCall {
  readonly nextCall?: InnerCall;
  readonly handler?: { readonly type?: unknown };
}

/** The kinds of methods whose server streams. */
const STREAMS: ReadonlySet<unknown> = new Set(['serverStream', 'bidi']);

/** Returns the metadata of a call if this invocation came over gRPC. */
export function grpcMetadataOf(host: ArgumentsHost): Metadata | undefined {
  const [, metadata, call] = host.getArgs<[unknown, Partial<Metadata> | undefined, Call | undefined]>();
  const isGrpc = typeof metadata?.getMap === 'function' && typeof call?.getPeer === 'function';
  return isGrpc ? (metadata as Metadata) : undefined;
}

/** Returns whether the server is known to stream in this invocation, which came over gRPC. */
export function isGrpcStream(host: ArgumentsHost): boolean {
  if (grpcMetadataOf(host) === undefined) return false;
  let inner = host.getArgByIndex<Call>(2).call;
  while (inner?.nextCall !== undefined) inner = inner.nextCall;
  return STREAMS.has(inner?.handler?.type);
}

/**
 * Returns a refusal as the error of a gRPC call: a status code that clients know, and the challenge in the trailing
 * metadata `www-authenticate`.
 *
 * @param received the metadata of the call, whose class makes the trailing ones
 */
export function grpcStatus(refusal: Refusal, received: Metadata): object {
  const metadata = new (received.constructor as new () => Metadata)();
  if (refusal.challenge !== undefined) metadata.set('www-authenticate', refusal.challenge);
  if (refusal.retryAfter !== undefined) metadata.set('retry-after', String(refusal.retryAfter));
  return { code: CODES.get(refusal.getStatus()) ?? 13, details: refusal.message, message: refusal.message, metadata };
}
