const KEPT = [
  'cancelAnimationFrame',
  'cancelIdleCallback',
  'clearImmediate',
  'clearInterval',
  'clearTimeout',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'requestAnimationFrame',
  'requestIdleCallback',
  'setImmediate',
  'setInterval',
  'setTimeout',
] as const;

/** Stops `Date` alone, so that servers and requests go on; `jest.useRealTimers()` sets it going again. Milliseconds. */
export function stopClock(now = Date.now()): void {
  jest.useFakeTimers({ now, doNotFake: [...KEPT] });
}

/** Moves the stopped clock. Seconds. */
export function pass(seconds: number): void {
  jest.setSystemTime(Date.now() + seconds * 1000);
}

/** Returns the moment this many seconds ago as a NumericDate, as `auth_time` has it; a negative number lies ahead. */
export function secondsAgo(seconds: number): number {
  return Math.floor(Date.now() / 1000) - seconds;
}

/** Stops the clock in each test of this file or `describe`. Milliseconds. */
export function stopClockOfEachTest(now: number): void {
  beforeEach(() => stopClock(now));
  afterEach(() => {
    jest.useRealTimers();
  });
}
