import type { ExecutionContext, NestInterceptor } from '@nestjs/common';
import { map, Observable } from 'rxjs';
import { atTime } from '../transports/expiry.js';
import { isGrpcStream } from '../transports/grpc-status.js';
import { type InvocationEnd, judgedOf } from './judged-invocations.js';

/** The metadata key of `@UseInterceptors`. */
const INTERCEPTORS = '__interceptors__';

type Handle = ReturnType<NestInterceptor['intercept']>;

/** Ends what a handler streams when the token expires by which it was admitted. A single result is not changed. */
class StreamEnd implements NestInterceptor {
  /** @param isStream whether the handler always streams */
  constructor(private readonly isStream: boolean) {}

  intercept(context: ExecutionContext, next: { handle(): Observable<unknown> }): Handle {
    const end = judgedOf(context)?.end;
    if (end === undefined) return next.handle();
    const values = next.handle().pipe(map((value) => (isAsyncIterator(value) ? endingIterator(value, end) : value)));
    return endingObservable(values, end, this.isStream || isGrpcStream(context));
  }
}

const endOfMessages = new StreamEnd(false);
const endOfStreams = new StreamEnd(true);

/** Makes what a handler streams end with the token. Call it before Nest binds the handler. */
export function bindStreamEnd(handler: object, isStream: boolean): void {
  const bound = Reflect.getMetadata(INTERCEPTORS, handler) as readonly unknown[] | undefined;
  const interceptor = isStream ? endOfStreams : endOfMessages;
  if (bound?.includes(interceptor)) return;
  // Last, so that it sees what the handler returns.
  Reflect.defineMetadata(INTERCEPTORS, [...(bound ?? []), interceptor], handler);
}

/**
 * Errors at the end. A handler whose one result comes late keeps it, because its operation has been performed. It streams
 * if `isStream` is `true`, or if it did not complete with its first value.
 */
function endingObservable(values: Observable<unknown>, end: InvocationEnd, isStream: boolean): Observable<unknown> {
  return new Observable((subscriber) => {
    let isKnownStream = isStream;
    let isEnded = false;
    let late: { readonly value: unknown } | undefined;
    const refuse = (): void => subscriber.error(end.refusal());
    const cancel = atTime(end.at, () => {
      isEnded = true;
      if (isKnownStream) refuse();
    });
    const subscription = values.subscribe({
      next(value) {
        if (!isEnded) {
          subscriber.next(value);
          queueMicrotask(() => {
            isKnownStream = true;
          });
        } else if (late === undefined) {
          late = { value };
          // Does nothing if it completes before.
          queueMicrotask(refuse);
        } else refuse();
      },
      error: (error) => subscriber.error(error),
      complete() {
        if (late !== undefined) subscriber.next(late.value);
        subscriber.complete();
      },
    });
    return () => {
      cancel();
      subscription.unsubscribe();
    };
  });
}

function isAsyncIterator(value: unknown): value is AsyncIterator<unknown> {
  const { next, [Symbol.asyncIterator]: iterator } = (value ?? {}) as Partial<AsyncIterableIterator<unknown>>;
  return typeof value === 'object' && typeof next === 'function' && typeof iterator === 'function';
}

/** Completes the iterator of a GraphQL subscription at the end. */
function endingIterator(iterator: AsyncIterator<unknown>, end: InvocationEnd): AsyncIterableIterator<unknown> {
  const done = { done: true, value: undefined } as const;
  const waiting = new Set<() => void>();
  let isEnded = false;
  const finish = (): void => {
    isEnded = true;
    cancel();
    for (const one of waiting) one();
    waiting.clear();
  };
  const cancel = atTime(end.at, () => {
    finish();
    // In a timer, nobody would catch what it throws. It may return what is no promise.
    Promise.resolve()
      .then(() => iterator.return?.())
      .catch(() => undefined);
  });
  return {
    async next() {
      if (isEnded) return done;
      return new Promise((resolve, reject) => {
        const stop = () => resolve(done);
        waiting.add(stop);
        iterator.next().then(
          (result) => {
            waiting.delete(stop);
            if (result.done) finish();
            resolve(isEnded ? done : result);
          },
          (error: unknown) => {
            waiting.delete(stop);
            finish();
            reject(error);
          },
        );
      });
    },
    async return(value) {
      finish();
      await iterator.return?.(value);
      return done;
    },
    async throw(error) {
      finish();
      if (iterator.throw === undefined) throw error;
      return iterator.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
