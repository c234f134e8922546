import { InternalServerErrorException } from '@nestjs/common';
import { StepUpConfigurationError } from '../../core/index.js';
import { CallbackFailed } from '../advice/callback.js';
import type { StepUpLog } from '../advice/log.js';

/**
 * Returns what is thrown in place of an error that is no refusal: a bare 500, which the log explains. Other errors than those
 * of the configuration, of callbacks and of our own are returned as they are.
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
    return new InternalServerErrorException(undefined, { cause });
  }
  if (!(error instanceof TypeError)) return error;
  log.thrown('admission_failed', route ?? 'a request', error);
  return new InternalServerErrorException(undefined, { cause: error });
}
