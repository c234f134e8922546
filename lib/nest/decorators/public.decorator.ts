import { assertCalled, setStepUpMetadata } from '../requirements/metadata.js';

/**
 * Lets a handler or class need no token. The guards do not read a token that is sent. The nearest of `@Public()` and
 * `@RequireAcr()` wins.
 *
 *
 * @example
 * ```ts
 * @Public()
 * @Get('health')
 * health() {}
 * ```
 * @throws StepUpConfigurationError without parentheses, and on a static method
 */
export function Public(): ClassDecorator & MethodDecorator;
export function Public(...none: unknown[]): ClassDecorator & MethodDecorator {
  assertCalled('@Public', none, '@Public()');
  return setStepUpMetadata({ kind: 'public' });
}
