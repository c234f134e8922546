/** Reports that work has not ended in time. */
export class TimedOut extends Error {}

/**
 * Waits for work, but no longer than a number of seconds. Does not end the work.
 *
 * @throws TimedOut after the timeout
 */
export function withTimeout<T>(seconds: number, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new TimedOut('timed out')), seconds * 1000);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
