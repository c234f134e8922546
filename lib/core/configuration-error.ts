/**
 * Reports that an application has configured step-up authentication wrongly: an option, a decorator, or requirements
 * that a function returns. The message names the place and the next step. It stops the boot. At a request it is logged,
 * and the response is a 500 that does not contain it.
 *
 * @example
 * ```ts
 * await NestFactory.create(AppModule, { abortOnError: false }).catch((error) => {
 *   if (error instanceof StepUpConfigurationError) console.error(error.message);
 * });
 * ```
 */
export class StepUpConfigurationError extends TypeError {
  override readonly name = 'StepUpConfigurationError';
}
