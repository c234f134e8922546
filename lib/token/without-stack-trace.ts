/**
 * Creates an error without a stack trace. The trace would be most of the cost of a refusal, and a refusal is a response
 * to a request, not a fault of the code. With a trace if nobody may set the limit, as with `node --frozen-intrinsics`.
 */
export function withoutStackTrace<T>(create: () => T): T {
  const { stackTraceLimit } = Error;
  setLimit(0);
  try {
    return create();
  } finally {
    setLimit(stackTraceLimit);
  }
}

function setLimit(limit: number): void {
  try {
    Error.stackTraceLimit = limit;
  } catch {
    // Nobody may set it.
  }
}
