import { HttpException } from '@nestjs/common';
import { orElse } from '../../token/index.js';

/** A function of the application has thrown `cause`. It is neither a fault of the configuration nor one of ours. */
export class CallbackFailed extends Error {
  override readonly name = 'CallbackFailed';

  /** @param option as what the application has given the function, such as `user` */
  constructor(
    readonly option: string,
    cause: unknown,
  ) {
    super(`"${option}" has thrown`, { cause });
  }
}

/**
 * Calls a function that the application has given as an option. A promise that it returns is covered too.
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
 * Calls a requirements function. It decides what is required, and not what the response is.
 *
 * @throws CallbackFailed for everything that it throws, an HttpException included
 */
export function callRequirementsFunction<T>(call: () => T): T {
  return calling(call, (error) => {
    throw new CallbackFailed('requirements function', error);
  });
}

/** Anything can be thrown, also what cannot be looked at. */
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
