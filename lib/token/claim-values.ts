/** Returns whether an `aud` claim, a string or a list, names one of the accepted audiences. */
export function namesAudience(aud: unknown, audience: ReadonlySet<string>): boolean {
  if (typeof aud === 'string') return audience.has(aud);
  return Array.isArray(aud) && aud.some((value) => audience.has(value));
}

/** Returns the value of a claim as a fact for an error. Empty if it is neither a string nor a list of strings. */
export function found(claim: unknown): { readonly found?: string | readonly string[] } {
  return typeof claim === 'string' || isTextList(claim) ? { found: claim } : {};
}

/** Returns whether a claim is a NumericDate: a finite number, in seconds since the epoch. Checks no range. */
export function isNumericDate(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** Returns whether a claim is a string that is not empty. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Returns whether a claim is a list of strings. */
export function isTextList(value: unknown): value is readonly string[] {
  if (!Array.isArray(value)) return false;
  // By index: the iterator of a frozen list is slow.
  for (let index = 0; index < value.length; index += 1) if (typeof value[index] !== 'string') return false;
  return true;
}
