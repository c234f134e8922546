import { type AuthenticationRequirements, checkRequirements, StepUpConfigurationError } from '../../core/index.js';
import type { RequirementsFunction, StepUpRequirements } from './step-up-requirements.js';
import type { StepUpWord } from './words.js';

/** The arguments of `@RequireAcr`. */
export type RequireAcrArguments =
  | [acrValues: StepUpWord | readonly StepUpWord[], options?: Omit<StepUpRequirements, 'acrValues'>]
  | [requirements: StepUpRequirements | RequirementsFunction];

/**
 * Reads the arguments of `@RequireAcr`. Does not call a function: its result is checked at each request.
 *
 * @throws StepUpConfigurationError for arguments that `@RequireAcr` does not take
 */
export function requirementsFrom(
  required: readonly unknown[],
  where: string,
): AuthenticationRequirements | RequirementsFunction {
  const [first, further, ...more] = required;
  if (more.length > 0)
    throw new StepUpConfigurationError(`${where}: takes at most two arguments; give several values as a list`);
  if (typeof first === 'string' || Array.isArray(first)) {
    if (further !== undefined && (typeof further !== 'object' || further === null)) {
      throw new StepUpConfigurationError(`${where}: the second argument must be an object with "maxAge" or "scope"`);
    }
    if (further !== undefined && 'acrValues' in further) {
      throw new StepUpConfigurationError(`${where}: "acrValues" are given twice`);
    }
    return checkRequirements({ ...further, acrValues: typeof first === 'string' ? [first] : first }, where);
  }
  if (further !== undefined)
    throw new StepUpConfigurationError(`${where}: give "maxAge" and "scope" beside it in one object`);
  return typeof first === 'function' ? (first as RequirementsFunction) : checkRequirements(first, where);
}
