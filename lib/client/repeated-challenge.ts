import type { StepUpChallenge } from './challenge.js';

/** How many step-ups may answer one request: one for what its route asks, one for what its handler finds it needs. */
export const MAX_STEP_UPS = 2;

/**
 * Returns whether a step-up for an earlier challenge meets a later one as well. The later one then offers the same acr
 * values or more, asks for the same or a greater age, and for no further scope or claims.
 */
export function isCoveredBy(later: StepUpChallenge, earlier: StepUpChallenge): boolean {
  const acrValues = new Set(later.acrValues);
  const scopes = new Set(earlier.scope?.split(' '));
  return (
    (!later.acrValues || earlier.acrValues?.every((value) => acrValues.has(value)) === true) &&
    (later.maxAge === undefined || (earlier.maxAge !== undefined && later.maxAge >= earlier.maxAge)) &&
    (!later.scope || later.scope.split(' ').every((scope) => scopes.has(scope))) &&
    (later.claims === undefined || later.claims === earlier.claims)
  );
}

/** Returns the answered challenge that makes another prompt pointless: one that covers it, or the last of too many. */
export function findRepeated(
  answered: readonly StepUpChallenge[],
  challenge: StepUpChallenge,
): StepUpChallenge | undefined {
  const asked = answered.find((earlier) => isCoveredBy(challenge, earlier));
  return asked ?? answered.slice(MAX_STEP_UPS - 1).at(-1);
}
