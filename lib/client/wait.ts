import { StepUpTimedOut } from './errors.js';

/** @throws what the signal gives as its reason; the signals of older platforms give none */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw reasonOf(signal);
}

/** Waits for what others may be waiting for as well: giving up leaves it going on for them. */
export function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  reason: (signal: AbortSignal) => unknown = reasonOf,
): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(reason(signal));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function reasonOf(signal: AbortSignal): unknown {
  return signal.reason ?? Object.assign(new Error('Aborted'), { name: 'AbortError' });
}

/**
 * Waits for a number of seconds at most.
 *
 * @throws StepUpTimedOut
 */
export function withTimeout<T>(seconds: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return new Promise<T>((resolve, reject) => {
    timer = setTimeout(() => reject(new StepUpTimedOut()), seconds * 1000);
    // a user who does not come back keeps no server from stopping
    (timer as { unref?: () => void }).unref?.();
    promise.then(resolve, reject);
  }).finally(() => clearTimeout(timer));
}
