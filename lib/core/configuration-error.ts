/**
 * An application has configured step-up authentication wrongly: an option, a decorator, requirements that a function
 * returns. The message names the place and the next step. Stops the boot; at a request it is logged, and the response is a
 * 500 that says nothing of it.
 */
export class StepUpConfigurationError extends TypeError {
  override readonly name = 'StepUpConfigurationError';
}
