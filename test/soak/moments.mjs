/** Seconds since the epoch. */
export const now = () => Date.now() / 1000;

/** Returns whether one of these spans of time overlaps another one, both ends included. */
export function overlaps(spans, { from, to }) {
  return spans.some((span) => span.from <= to && span.to >= from);
}
