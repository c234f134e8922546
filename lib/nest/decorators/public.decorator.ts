import { setStepUpMetadata } from '../requirements/metadata.js';

/**
 * Marks a handler or class that needs no token; one that is sent is not looked at. The nearest of `@Public()` and
 * `@RequireAcr()` wins.
 */
export function Public(): ClassDecorator & MethodDecorator {
  return setStepUpMetadata({ kind: 'public' });
}
