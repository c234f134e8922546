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

// This overload comes first: TypeScript keeps the type that a function returns from the first overload it tries.
/**
 * Requires what an object says, or what a function returns for each request. Otherwise as `@RequireAcr('mfa')`.
 *
 * @example `@RequireAcr({ maxAge: 60 })`
 * @throws StepUpConfigurationError for requirements that are empty or ill-formed
 */
export function RequireAcr(requirements: StepUpRequirements | RequirementsFunction): ClassDecorator & MethodDecorator;
/**
 * Requires an authentication for a handler, or for every handler of a class: one of the given authentication context
 * classes in order of preference, a sign-in at most `maxAge` seconds ago, scopes. Requirements of class and handler are
 * merged: `acrValues` and `maxAge` of the handler win, scopes add up.
 *
 * Binds {@link AcrGuard} and {@link StepUpExceptionFilter}. The boot audit stops the boot if Nest would run the handler
 * without a guard. A function is called for each request, after authentication and before validation of the input. What
 * it returns is merged in the same way.
 *
 * ```http
 * HTTP/1.1 401 Unauthorized
 * WWW-Authenticate: Bearer realm="api", error="insufficient_user_authentication", acr_values="urn:example:mfa", max_age="300"
 * ```
 *
 * @example `@RequireAcr('mfa', { maxAge: 300 })`
 * @example `@RequireAcr(['phr', 'mfa'], { maxAge: 300, scope: 'transfer:write' })`
 * @throws StepUpConfigurationError for requirements that are empty or ill-formed
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
 * Lifts the requirements that a handler or class inherits. Does not lift authentication: a valid token is still
 * required.
 *
 *
 * @example
 * ```ts
 * @SkipStepUp()
 * @Get('balance')
 * balance() {}
 * ```
 * @throws StepUpConfigurationError without parentheses, and on a static method
 */
export function SkipStepUp(): ClassDecorator & MethodDecorator;
export function SkipStepUp(...none: unknown[]): ClassDecorator & MethodDecorator {
  assertCalled('@SkipStepUp', none, '@SkipStepUp()');
  return enforced(() => ({ kind: 'skip' }));
}

/**
 * Binds the guard and its proof to the decorated function. Binds to its class the guards of a function that replaces
 * it.
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
