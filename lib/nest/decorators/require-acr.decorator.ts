import { applyDecorators, UseFilters, UseGuards } from '@nestjs/common';
import { AcrGuard } from '../guards/acr.guard.js';
import { EnforcementGuard } from '../guards/enforcement.guard.js';
import { GUARDS } from '../guards/guards-metadata.js';
import { classProof, handlerProof } from '../guards/proof.guard.js';
import { StepUpExceptionFilter } from '../refusal/step-up.filter.js';
import { assertCalled, type StepUpMetadata, setStepUpMetadata, targetName } from '../requirements/metadata.js';
import { type RequireAcrArguments, requirementsFrom } from '../requirements/require-acr-arguments.js';
import type { RequirementsFunction, StepUpRequirements } from '../requirements/step-up-requirements.js';
import type { StepUpWord } from '../requirements/words.js';

// Comes first: the compiler keeps the type that a function returns from the first overload it tries.
/**
 * Requires what an object says, or what a function decides for each request, as `@RequireAcr('mfa')` does.
 *
 * @example `@RequireAcr({ maxAge: 60 })`
 * @throws TypeError for requirements that are empty or ill-formed
 */
export function RequireAcr(requirements: StepUpRequirements | RequirementsFunction): ClassDecorator & MethodDecorator;
/**
 * Requires an authentication for a handler, or for every handler of a class: one of the given authentication context
 * classes, in order of preference, a sign-in no older than `maxAge` seconds, a scope. What is given at several levels is
 * merged: the handler's `acrValues` and `maxAge` win over the class's, scopes add up.
 *
 * Binds {@link AcrGuard} and {@link StepUpExceptionFilter} itself, so that no transport runs the handler unguarded. A
 * function is called for each request, after authentication and on unvalidated input; what it returns replaces the
 * handler's level.
 *
 * ```http
 * HTTP/1.1 401 Unauthorized
 * WWW-Authenticate: Bearer realm="api", error="insufficient_user_authentication", acr_values="urn:example:mfa", max_age="300"
 * ```
 *
 * @example `@RequireAcr('mfa', { maxAge: 300 })`
 * @example `@RequireAcr(['phr', 'mfa'], { maxAge: 300, scope: 'transfer:write' })`
 * @throws TypeError for requirements that are empty or ill-formed
 * @see [RFC 9470 §3](https://www.rfc-editor.org/rfc/rfc9470.html#section-3)
 */
export function RequireAcr(
  acrValues: StepUpWord | readonly StepUpWord[],
  options?: Omit<StepUpRequirements, 'acrValues'>,
): ClassDecorator & MethodDecorator;
export function RequireAcr(...required: RequireAcrArguments): ClassDecorator & MethodDecorator {
  assertCalled('@RequireAcr', required, "@RequireAcr('mfa')");
  return enforced((where) => ({
    kind: 'require',
    requirements: requirementsFrom(required, `@RequireAcr on ${where}`),
  }));
}

/**
 * Lifts the requirements that a handler or class inherits. Never lifts authentication: a valid token is still needed.
 */
export function SkipStepUp(): ClassDecorator & MethodDecorator;
export function SkipStepUp(...none: unknown[]): ClassDecorator & MethodDecorator {
  assertCalled('@SkipStepUp', none, '@SkipStepUp()');
  return enforced(() => ({ kind: 'skip' }));
}

/**
 * Binds the guard and its proof to the decorated function, and to its class what guards any function that may take its
 * place there.
 */
function enforced(metadataOn: (where: string) => StepUpMetadata): ClassDecorator & MethodDecorator {
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const decorate = applyDecorators(
      setStepUpMetadata(metadataOn(targetName(target, key))),
      UseGuards(AcrGuard, handlerProof),
      UseFilters(StepUpExceptionFilter),
    );
    decorate(target as never, key as never, descriptor as never);
    if (key === undefined) return;
    const type = target.constructor;
    const guards = (Reflect.getMetadata(GUARDS, type) as unknown[] | undefined) ?? [];
    if (!guards.includes(classProof)) UseGuards(EnforcementGuard, classProof)(type);
  };
}
