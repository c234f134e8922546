/** Seconds since the epoch, by the clock of the device. */
export function now(): number {
  return Date.now() / 1000;
}
