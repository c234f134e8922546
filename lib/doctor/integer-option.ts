import { UsageError } from './usage-error.js';

/**
 * Reads an option that is a non-negative integer.
 *
 * @throws UsageError for any other value, and for one above the maximum
 */
export function readInteger(text: string | undefined, option: string, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value <= max) return value;
  throw new UsageError(`"${option}" must be an integer from 0 to ${max}`);
}
