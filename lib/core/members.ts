import { closestMatch, editDistance } from './closest-match.js';
import { StepUpConfigurationError } from './configuration-error.js';

/**
 * Checks that an object has no unknown members, so that a misspelt option is noticed.
 *
 * @param describe returns the first half of the message about an unknown member
 * @throws StepUpConfigurationError with that message, the nearest name if it is close, and the known names
 */
export function checkMembers(options: object, known: Iterable<string>, describe: (member: string) => string): void {
  const members = [...known];
  for (const member of Object.keys(options)) {
    if (members.includes(member)) continue;
    const nearest = closestMatch(member, members);
    // at most a third of it may be a slip
    const isClose = nearest !== undefined && editDistance(member, nearest) <= Math.max(1, member.length / 3);
    const hint = isClose ? `the closest is "${nearest}"; ` : '';
    throw new StepUpConfigurationError(`${describe(member)}; ${hint}known are ${members.join(', ')}`);
  }
}
