export type MaybePromise<T> = T | Promise<T>;

/**
 * Calls `next` with a value synchronously, or with that of a promise once it is fulfilled. A warm request loses no
 * tick.
 */
export function andThen<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return isThenable(value) ? Promise.resolve(value).then(next) : next(value as T);
}

/**
 * Returns whether a value has a method `then`. Not `instanceof`: query builders and promises of other realms count too.
 */
export function isThenable<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** Returns the result of `compute`. If it throws or rejects, returns the result of `recover` for the error. */
export function orElse<T, R>(compute: () => MaybePromise<T>, recover: (error: unknown) => R): MaybePromise<T | R> {
  try {
    const value = compute();
    return isThenable(value) ? Promise.resolve(value).catch(recover) : value;
  } catch (error) {
    return recover(error);
  }
}
