/** A command that was not understood. Its message never repeats a value: that may be a token in the wrong place. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  constructor(
    message: string,
    /** Whether the whole usage text helps, rather than the message alone. */
    readonly showsUsage = false,
  ) {
    super(message);
  }
}
