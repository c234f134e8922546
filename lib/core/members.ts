import { StepUpConfigurationError } from './configuration-error.js';

/**
 * Refuses what an object of options has beyond its known members, so that a misspelt one is noticed.
 *
 * @param said the sentence about an unknown member
 * @throws TypeError with that sentence, and the known names
 */
export function checkMembers(options: object, known: Iterable<string>, said: (member: string) => string): void {
  const members = [...known];
  for (const member of Object.keys(options)) {
    if (!members.includes(member))
      throw new StepUpConfigurationError(`${said(member)}; known are ${members.join(', ')}`);
  }
}
