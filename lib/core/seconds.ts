import { StepUpConfigurationError } from './configuration-error.js';
import { show } from './show.js';

/**
 * Checks an option that is a number of seconds.
 *
 * @param where the option that errors name
 * @param range the least and the greatest value that make sense
 * @throws StepUpConfigurationError with the value; above the range it asks whether milliseconds are meant
 */
export function checkSeconds(value: unknown, where: string, [least, most]: readonly [number, number]): void {
  if (typeof value === 'number' && value >= least && value <= most) return;
  const hint = typeof value === 'number' && value > most ? '; is it in milliseconds?' : '';
  throw new StepUpConfigurationError(
    `"${where}" must be a number of seconds from ${least} to ${most}, not ${show(value)}${hint}`,
  );
}
