export type MaybePromise<T> = T | Promise<T>;

/** Goes on with a value at once when it is there, and when it arrives if it is a promise: no tick is lost when warm. */
export function andThen<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return isThenable(value) ? Promise.resolve(value).then(next) : next(value as T);
}

/** Looks for `then` rather than for a class: query builders and promises of other realms are waited for as well. */
export function isThenable<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** Returns what a function returns, or what `recover` makes of the error that it throws or that its promise rejects with. */
export function orElse<T, R>(compute: () => MaybePromise<T>, recover: (error: unknown) => R): MaybePromise<T | R> {
  try {
    const value = compute();
    return isThenable(value) ? Promise.resolve(value).catch(recover) : value;
  } catch (error) {
    return recover(error);
  }
}
