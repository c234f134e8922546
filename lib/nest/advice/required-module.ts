import { StepUpConfigurationError } from '../../core/index.js';
import { formatAdvice } from './advice.js';
import { duplicatePackageAdvice } from './duplicate-packages.js';

/**
 * Returns a provider of StepUpModule that a guard or filter needs.
 *
 * @throws StepUpConfigurationError if the application does not import it
 */
export function required<T>(provider: T | undefined): T {
  if (provider !== undefined) return provider;
  const [duplicate] = duplicatePackageAdvice();
  throw new StepUpConfigurationError(
    duplicate === undefined
      ? '@RequireAcr, @SkipStepUp and AccessTokenGuard need StepUpModule: import StepUpModule.forRoot({ … }) once, in the ' +
          'root module; in place of "new AccessTokenGuard()" write app.get(AccessTokenGuard)'
      : formatAdvice(duplicate),
  );
}
