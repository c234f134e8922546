import { HttpException } from '@nestjs/common';
import { StepUpConfigurationError } from '../../core/index.js';
import { isThenable, orElse } from '../../token/index.js';

/**
 * A function of the application has thrown `cause`. It is neither a configuration error nor an error of this package.
 */
export class CallbackFailed extends Error {
  override readonly name = 'CallbackFailed';

  /** @param option the name under which the application has given the function, such as `user` */
  constructor(
    readonly option: string,
    cause: unknown,
  ) {
    super(`"${option}" has thrown`, { cause });
  }
}

/**
 * Calls a function that the application has given as an option. Covers a promise that it returns too.
 *
 * @throws HttpException as the function throws it: it is the response that the application wants
 * @throws CallbackFailed for everything else that it throws
 */
export function callOption<T>(option: string, call: () => T): T {
  return calling(call, (error) => {
    throw isHttpException(error) ? error : new CallbackFailed(option, error);
  });
}

/**
 * {@link callOption} for a function whose result is needed at once.
 *
 * @throws StepUpConfigurationError for a promise, which would be taken for a value
 */
export function callSynchronousOption<T>(option: string, call: () => T): T {
  const value: unknown = callOption(option, call);
  if (!isThenable(value)) return value as T;
  // What it rejects with is not told: the promise itself is the fault.
  Promise.resolve(value).catch(() => undefined);
  throw new StepUpConfigurationError(
    `"${option}" has returned a promise, and nothing waits for it; let it return the value itself, which a middleware can ` +
      'find before',
  );
}

/**
 * Calls a requirements function. Such a function decides what is required. It does not choose the response.
 *
 * @throws CallbackFailed for everything that it throws, an HttpException included
 */
export function callRequirementsFunction<T>(call: () => T): T {
  return calling(call, (error) => {
    throw new CallbackFailed('requirements function', error);
  });
}

/** Does not throw: inspecting a thrown value can throw itself. */
function isHttpException(thrown: unknown): boolean {
  try {
    return thrown instanceof HttpException;
  } catch {
    return false;
  }
}

function calling<T>(call: () => T, fail: (error: unknown) => never): T {
  return orElse(call, fail) as T;
}
