/**
 * Creates an error without a stack trace. The trace would be most of the cost of a refusal, and a refusal is a response
 * to a request, not a fault of the code. With a trace if nobody may set the limit, as with `node --frozen-intrinsics`.
 */
export function withoutStackTrace<T>(create: () => T): T {
  const { stackTraceLimit } = Error;
  Reflect.set(Error, 'stackTraceLimit', 0);
  try {
    return create();
  } finally {
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  }
}
