import type { ExecutionContext } from '@nestjs/common';
import { type AuthenticationRequirements, checkRequirements } from '../../core/index.js';
import { andThen, isThenable, type MaybePromise } from '../../token/index.js';
import type { RequirementsFunction } from './step-up-requirements.js';
import type { Vocabularies } from './vocabularies.js';

/** What the module, a class or a handler requires: always the same, or as a function decides for each request. */
export type RequirementLevel = AuthenticationRequirements | RequirementsFunction;

/**
 * What a level requires of an invocation; `undefined` where a function adds nothing.
 *
 * @param where names the function in errors
 * @throws TypeError for what a function must not return, and in place of whatever it throws
 */
export function resolve(
  level: RequirementLevel,
  context: ExecutionContext,
  where: string,
  vocabularies: Vocabularies,
): MaybePromise<AuthenticationRequirements | undefined> {
  if (typeof level !== 'function') return level;
  return andThen(call(level, context, where), (decided) => {
    if (decided === undefined) return undefined;
    const requirements = checkRequirements(decided, where);
    vocabularies.check(requirements, where);
    return requirements;
  });
}

/** Turns whatever a requirements function throws into a fault of the configuration: it is no way to answer a request. */
function call(
  decide: RequirementsFunction,
  context: ExecutionContext,
  where: string,
): ReturnType<RequirementsFunction> {
  const fail = (error: unknown): never => {
    throw new TypeError(`${where} threw ${kindOf(error)}`, { cause: error });
  };
  try {
    const decided = decide(context);
    return isThenable(decided) ? Promise.resolve(decided).catch(fail) : decided;
  } catch (error) {
    return fail(error);
  }
}

/** No message, which goes into the log and may quote what the request sent. */
function kindOf(error: unknown): string {
  return error instanceof Error ? error.constructor.name : `a value of type ${typeof error}`;
}
