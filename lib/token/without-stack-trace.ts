/**
 * Creates an error without a stack trace. The trace would be most of the cost of a refusal, and a refusal is a response
 * to a request, not a fault of the code.
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
