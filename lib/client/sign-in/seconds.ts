/**
 * Returns `max_age` as the number that libraries take.
 *
 * @throws TypeError for what is not a number of seconds, such as a `max_age` of `zeroMaxAge` with letters
 */
export function secondsOf(maxAge: string | undefined): number | undefined {
  if (maxAge === undefined) return undefined;
  if (!/^\d+$/.test(maxAge)) throw new TypeError('"max_age" must be a number of seconds');
  return Number(maxAge);
}
