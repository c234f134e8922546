/** Rounds that are not counted: the compiler of V8 is at work, and connections, keys and caches are new. */
export const WARM_UP = 2;

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Returns the quartiles, between which half of the rounds lie. */
export function quartiles(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.round((sorted.length - 1) * share)];
  return [at(0.25), at(0.75)];
}

/** Returns the ratio of each round, whose columns drift together if the machine does. */
export function ratiosOfRounds(ratio, ...columns) {
  return columns[0].map((_, round) => ratio(...columns.map((column) => column[round])));
}

/** Returns the median of the ratios of each round. */
export function medianOf(ratio, ...columns) {
  return median(ratiosOfRounds(ratio, ...columns));
}

/**
 * Returns the ratio of the lower quartiles of two columns. What else the machine does makes a round dearer, never cheaper,
 * so that the cheaper rounds show it least.
 */
export function ratioOfQuiet(one, other) {
  return quartiles(one)[0] / quartiles(other)[0];
}
