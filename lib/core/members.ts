import { StepUpConfigurationError } from './configuration-error.js';

/**
 * Checks that an object has no unknown members, so that a misspelt option is noticed.
 *
 * @param describe returns the first half of the message about an unknown member
 * @throws StepUpConfigurationError with that message and the known names
 */
export function checkMembers(options: object, known: Iterable<string>, describe: (member: string) => string): void {
  const members = [...known];
  for (const member of Object.keys(options)) {
    if (!members.includes(member))
      throw new StepUpConfigurationError(`${describe(member)}; known are ${members.join(', ')}`);
  }
}
