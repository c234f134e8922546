/** Names what was thrown by its class. No message, which may quote what the request sent. */
export function kindOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.constructor.name : `a value of type ${typeof thrown}`;
  } catch {
    return `a value of type ${typeof thrown}`;
  }
}

/** The stack trace of what was thrown, for the operator's log; `undefined` if it has none, or cannot be looked at. */
export function stackTraceOf(thrown: unknown): string | undefined {
  try {
    const stack: unknown = thrown instanceof Error ? thrown.stack : undefined;
    return typeof stack === 'string' ? stack : undefined;
  } catch {
    return undefined;
  }
}
