import type { ExecutionContext } from '@nestjs/common';
import { type AuthenticationRequirements, checkRequirements } from '../../core/index.js';
import { andThen, type MaybePromise } from '../../token/index.js';
import { callRequirementsFunction } from '../advice/callback.js';
import type { RequirementsFunction } from './step-up-requirements.js';
import type { Vocabularies } from './vocabularies.js';

/** What the module, a class or a handler requires: always the same, or as a function decides for each request. */
export type RequirementLevel = AuthenticationRequirements | RequirementsFunction;

/**
 * What a level requires of an invocation; `undefined` where a function adds nothing.
 *
 * @param where names the function in errors
 * @throws TypeError for what a function must not return
 * @throws CallbackFailed for whatever a function throws
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
