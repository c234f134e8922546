/** Returns what a function returns, or `undefined` if it throws. */
export function attempt<T>(result: () => T): T | undefined {
  try {
    return result();
  } catch {
    return undefined;
  }
}
