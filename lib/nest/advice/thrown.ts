/**
 * Returns the class of a thrown error, or the type of another value. Leaves out the message, which can quote a request.
 */
export function kindOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.constructor.name : `a value of type ${typeof thrown}`;
  } catch {
    return `a value of type ${typeof thrown}`;
  }
}

/** Returns the stack trace of a thrown error. `undefined` if there is none, or if reading it throws. */
export function stackTraceOf(thrown: unknown): string | undefined {
  try {
    const stack: unknown = thrown instanceof Error ? thrown.stack : undefined;
    return typeof stack === 'string' ? stack : undefined;
  } catch {
    return undefined;
  }
}
