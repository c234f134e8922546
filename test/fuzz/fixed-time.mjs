/** Seconds since the epoch in all targets, so that an input always means the same. */
export const NOW = 1_800_000_000;

/** Runs something while the clock stands still. */
export async function atFixedTime(work) {
  const { now } = Date;
  Date.now = () => NOW * 1000;
  try {
    return await work();
  } finally {
    Date.now = now;
  }
}
