// Whether memory grows. The heap is read after forced collections, when nothing but what is held is left.

/**
 * Bytes of heap that a request may leave behind after the warm-up. The smallest thing that can be held for each request, an
 * entry of a Map with a number, takes 16 bytes or more. So 8 says that at least every second request leaves nothing.
 */
export const MOST_BYTES_PER_REQUEST = 8;
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
