import { InternalServerErrorException } from '@nestjs/common';
import { StepUpConfigurationError } from '../../core/index.js';
import { CallbackFailed } from '../advice/callback.js';
import type { StepUpLog } from '../advice/log.js';

/**
 * Returns what is thrown in place of an error that is not a refusal: a generic 500, with the cause in the log. Returns
 * errors other than configuration errors, failed callbacks and TypeErrors unchanged.
 *
 * @param route names the handler in the log
 */
export function toHttpException(error: unknown, route: string | undefined, log: StepUpLog): unknown {
  if (error instanceof StepUpConfigurationError) {
    const { message } = error;
    log.fault('misconfigured', route === undefined ? message : `${route}: ${message}`);
    return new InternalServerErrorException();
  }
  if (error instanceof CallbackFailed) {
    const { option, cause } = error;
    log.thrown('callback_failed', route === undefined ? option : `${option} on ${route}`, cause);
    return serverError(cause);
  }
  if (!(error instanceof TypeError)) return error;
  log.thrown('admission_failed', route ?? 'a request', error);
  return serverError(error);
}

function serverError(cause: unknown): InternalServerErrorException {
  // Nest 11 leaves the message out of the body if a cause comes without a description
  return new InternalServerErrorException(undefined, { cause, description: 'Internal Server Error' });
}
