/** A command that is not understood. Its message never repeats a value, which can be a misplaced token. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  constructor(
    message: string,
    /** Whether the usage text is shown below the message. Default is `false`. */
    readonly showsUsage = false,
  ) {
    super(message);
  }
}
