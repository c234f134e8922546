import { UsageError } from './usage-error.js';

/**
 * Reads an option that is an integer from 0 on.
 *
 * @throws UsageError naming the option
 */
export function readInteger(text: string | undefined, option: string, greatest: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value <= greatest) return value;
  throw new UsageError(`"${option}" must be an integer from 0 to ${greatest}`);
}
