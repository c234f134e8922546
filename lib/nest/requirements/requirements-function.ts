import type { ExecutionContext } from '@nestjs/common';
import { type AuthenticationRequirements, checkRequirements } from '../../core/index.js';
import { andThen, type MaybePromise } from '../../token/index.js';
import { callRequirementsFunction } from '../advice/callback.js';
import { PREPARE, type RequirementsFunction } from './step-up-requirements.js';
import type { Vocabularies } from './vocabularies.js';

/** The requirements of the module, a class or a handler: constant, or decided by a function for each request. */
export type RequirementLevel = AuthenticationRequirements | RequirementsFunction;

/**
 * Checks at boot what a level requires, as far as that is known.
 *
 * @returns the level, ready for requests
 * @throws StepUpConfigurationError for a word that no authorization server knows
 */
export function prepare(level: RequirementLevel, where: string, vocabularies: Vocabularies): RequirementLevel {
  if (typeof level === 'function') return level[PREPARE]?.(vocabularies, where) ?? level;
  vocabularies.check(level, where);
  return level;
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
