import type { ExecutionContext } from '@nestjs/common';
import { type AuthenticationRequirements, checkRequirements } from '../../core/index.js';
import { andThen, type MaybePromise } from '../../token/index.js';
import { callRequirementsFunction } from '../advice/callback.js';
import { POSSIBLE_REQUIREMENTS, type RequirementsFunction } from './step-up-requirements.js';
import type { Vocabularies } from './vocabularies.js';

/** The requirements of the module, a class or a handler: constant, or decided by a function for each request. */
export type RequirementLevel = AuthenticationRequirements | RequirementsFunction;

/** Returns what a level may require, as far as the boot knows it. */
export function possibleRequirements(level: RequirementLevel): readonly AuthenticationRequirements[] {
  return typeof level === 'function' ? (level[POSSIBLE_REQUIREMENTS] ?? []) : [level];
}

/**
 * Returns what a level requires of an invocation; `undefined` if a function adds nothing.
 *
 * @param where names the function in errors
 * @throws StepUpConfigurationError for what a function must not return
 * @throws CallbackFailed for everything that a function throws
 */
export function resolve(
  level: RequirementLevel,
  context: ExecutionContext,
  where: string,
  vocabularies: Vocabularies,
): MaybePromise<AuthenticationRequirements | undefined> {
  if (typeof level !== 'function') return level;
  return andThen(
    callRequirementsFunction(() => level(context)),
    (decided) => {
      if (decided === undefined) return undefined;
      const requirements = checkRequirements(decided, where);
      vocabularies.check(requirements, where);
      return requirements;
    },
  );
}
