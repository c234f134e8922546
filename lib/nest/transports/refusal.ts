/** A refusal in every form that a transport needs. */
export interface Refusal {
  /** A sentence for developers. */
  readonly message: string;
  /** A line of `WWW-Authenticate`. */
  readonly challenge?: string | undefined;
  /** A second line, with the challenge of another scheme. */
  readonly alternative?: string | undefined;
  /** Seconds after which the client can retry. */
  readonly retryAfter?: number | undefined;
  /** The nonce for the next DPoP proof of the client. */
  readonly nonce?: string | undefined;
  /** The form for transports without status and headers. */
  readonly extensions: object;
  getStatus(): number;
  getResponse(): string | object;
}
