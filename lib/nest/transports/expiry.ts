/**
 * Milliseconds after which the clock is read again. Timers go by another clock, which stands still while a machine sleeps
 * and does not follow when the time is corrected.
 */
const MAX_DELAY = 60_000;

/**
 * Calls a function at a moment, in seconds since the epoch, or at most a minute after the clock has leapt beyond it. Does not
 * keep the process alive. Returns what cancels it.
 */
export function atTime(seconds: number, action: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const left = seconds * 1000 - Date.now();
    timer = setTimeout(() => (seconds * 1000 > Date.now() ? arm() : action()), Math.min(Math.max(left, 0), MAX_DELAY));
    timer.unref();
  };
  arm();
  return () => clearTimeout(timer);
}
