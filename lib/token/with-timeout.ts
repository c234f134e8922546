/**
 * Waits for work, but no longer than a number of seconds. Does not end the work.
 *
 * @throws Error after the timeout
 */
export function withTimeout<T>(seconds: number, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('timed out')), seconds * 1000);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
