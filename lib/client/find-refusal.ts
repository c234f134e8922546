import type { ParseStepUpChallengeOptions, StepUpChallenge } from './challenge.js';
import { findStepUpChallenge } from './find-step-up-challenge.js';

/** What sending a request has come to. */
export type Outcome<T> =
  | { readonly value: T; readonly error?: undefined }
  | { readonly error: unknown; readonly value?: undefined };

/**
 * Finds the challenge in an outcome, whatever the library. A GraphQL response that performed a part of the operation has
 * none: sent again, it would perform that part twice.
 */
export function refusalOf(
  outcome: Outcome<unknown>,
  options: ParseStepUpChallengeOptions,
): StepUpChallenge | undefined {
  const source = outcome.value ?? outcome.error;
  const challenge = findStepUpChallenge(source, options);
  return challenge && hasPerformed(source, 2) ? undefined : challenge;
}

interface GraphQLResult {
  readonly data?: unknown;
  readonly error?: GraphQLResult;
  readonly response?: unknown;
  readonly errors?: readonly { readonly path?: readonly unknown[] }[];
  readonly graphQLErrors?: GraphQLResult['errors'];
}

/** Returns whether `data` has a root field that no error is about. */
function hasPerformed(source: unknown, depth: number): boolean {
  const { data, error, response, errors, graphQLErrors } = (source ?? {}) as GraphQLResult;
  const list = errors ?? graphQLErrors ?? error?.errors ?? error?.graphQLErrors;
  if (list) return Object.keys(data ?? {}).some((field) => !list.some(({ path }) => path?.[0] === field));
  return depth > 0 && [data, error, response].some((part) => hasPerformed(part, depth - 1));
}
