import type { StepUpChallenge } from './challenge.js';

/** What a member has to be, in words and as a test. */
export type Kind = readonly [expected: string, matches: (value: unknown) => boolean];

export const FUNCTION: Kind = ['a function', (value) => typeof value === 'function'];
// neither NaN nor an infinite number: with those, comparisons turn into "no limit" or "never"
export const AMOUNT: Kind = [
  'a number that is not negative',
  (value) => Number.isFinite(value) && (value as number) >= 0,
];
/** A number of seconds that is no slip, such as one of milliseconds. */
export function secondsUpTo(most: number): Kind {
  return [`a number of seconds up to ${most}`, (value) => AMOUNT[1](value) && (value as number) <= most];
}
/** A day: far longer than users are waited for, and far shorter than what overflows a timer. */
export const WAIT: Kind = /* @__PURE__ */ secondsUpTo(86_400);
export const TEXT: Kind = ['a string', (value) => typeof value === 'string'];
export const TEXTS: Kind = ['a list of strings', (value) => Array.isArray(value) && value.every(TEXT[1])];

export const NAME: Kind = ['a string that is not empty', (value) => typeof value === 'string' && value !== ''];

/** @throws TypeError naming the member that is absent, or of another kind */
export function checkRequired<T extends object>(
  members: T,
  [expected, matches]: Kind,
  names: readonly (keyof T & string)[],
): void {
  for (const name of names) if (!matches(members[name])) throw new TypeError(`"${name}" must be ${expected}`);
}

/**
 * Checks members that may be absent. `null` is not absent: it would be read as "no limit".
 *
 * @throws TypeError naming the member that is of another kind
 */
export function checkKind<T extends object>(members: T, kind: Kind, names: readonly (keyof T & string)[]): void {
  checkRequired(
    members,
    kind,
    names.filter((name) => members[name] !== undefined),
  );
}

/** @throws TypeError for a challenge whose requirements would be lost, or become others, on the way */
export function checkChallenge(challenge: StepUpChallenge): void {
  checkKind(challenge, TEXTS, ['acrValues']);
  checkKind(challenge, AMOUNT, ['maxAge']);
  checkKind(challenge, TEXT, ['scope', 'claims']);
}
