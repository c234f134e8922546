/**
 * Creates an error without capturing the stack, which costs most of a refusal and tells nothing about it: it is the answer
 * to a request, not a fault.
 */
export function withoutStackTrace<T>(create: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return create();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
