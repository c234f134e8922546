import type { StepUpChallenge } from './challenge.js';

/** How many step-ups may answer one request: one for what its route asks, one for what its handler finds it needs. */
export const MOST_STEP_UPS = 2;

/**
 * Tells whether a challenge asks for nothing that an earlier one did not ask for, so that whoever has answered the
 * earlier one has done what the later one wants: as many acr values or more to choose from, the same or a greater
 * age, no further scope.
 */
export function asksNoMore(later: StepUpChallenge, earlier: StepUpChallenge): boolean {
  const acrValues = new Set(later.acrValues);
  const scopes = new Set(earlier.scope?.split(' '));
  return (
    (later.acrValues === undefined || earlier.acrValues?.every((value) => acrValues.has(value)) === true) &&
    (later.maxAge === undefined || (earlier.maxAge !== undefined && later.maxAge >= earlier.maxAge)) &&
    (later.scope === undefined || later.scope.split(' ').every((scope) => scopes.has(scope)))
  );
}

/** Gives the answered challenge that makes another prompt pointless: one that asked as much, or the last of too many. */
export function loopsWith(
  answered: readonly StepUpChallenge[],
  challenge: StepUpChallenge,
): StepUpChallenge | undefined {
  const asked = answered.find((earlier) => asksNoMore(challenge, earlier));
  return asked ?? (answered.length >= MOST_STEP_UPS ? answered.at(-1) : undefined);
}

/** Names what a challenge requires: the same for challenges that one step-up answers. */
export function requirementKey({ acrValues, maxAge, scope }: StepUpChallenge): string {
  return JSON.stringify([acrValues, maxAge, scope]);
}
