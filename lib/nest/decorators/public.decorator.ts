import { assertCalled, setStepUpMetadata } from '../requirements/metadata.js';

/**
 * Marks a handler or class that needs no token; one that is sent is not looked at. The nearest of `@Public()` and
 * `@RequireAcr()` wins.
 */
export function Public(): ClassDecorator & MethodDecorator;
export function Public(...none: unknown[]): ClassDecorator & MethodDecorator {
  assertCalled('@Public', none, '@Public()');
  return setStepUpMetadata({ kind: 'public' });
}
