// Whether memory grows. The heap is read after forced collections, when nothing but what is held is left.

/**
 * Bytes of heap that a request may leave behind after the warm-up. The digest by which the package knows a token, a text of 44
 * characters, takes 64. So nothing keeps one for every second request. What the engine needs is why it is not 0: see README.md.
 */
export const MOST_BYTES_PER_REQUEST = 32;
/** The part of a run that counts as warm-up: caches fill, and the engine compiles what is used often. */
export const WARM_UP = 0.5;

/**
 * Returns the growth of a list of samples, in the unit of `y` for each unit of `x`: the median of the slopes between all two of
 * them, so that a single sample of another kind does not count.
 */
export function slope(samples) {
  const slopes = samples.flatMap((one, index) =>
    samples.slice(index + 1).map((other) => (other.y - one.y) / (other.x - one.x)),
  );
  slopes.sort((one, other) => one - other);
  const middle = Math.floor(slopes.length / 2);
  return slopes.length % 2 === 1 ? slopes[middle] : (slopes[middle - 1] + slopes[middle]) / 2;
}
