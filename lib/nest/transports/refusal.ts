/** A refusal in all the forms that a transport may need. */
export interface Refusal {
  /** The value of `WWW-Authenticate`. */
  readonly challenge?: string | undefined;
  /** Seconds. */
  readonly retryAfter?: number | undefined;
  /** The form of transports that have no status and no headers. */
  readonly extensions: object;
  getStatus(): number;
  getResponse(): string | object;
}
