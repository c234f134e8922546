/** The longest delay of a timer of Node, in milliseconds. */
const MAX_DELAY = 2_147_483_647;

/**
 * Calls a function at a moment, in seconds since the epoch. Does not keep the process alive. Returns what cancels it.
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
