/**
 * The error response of an endpoint.
 *
 * @see [RFC 6749 §5.2](https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2)
 */
export class OAuthError extends Error {
  constructor(
    readonly error: string,
    description: string,
    /** HTTP status, if the error is not redirected. */
    readonly status = 400,
  ) {
    super(description);
  }

  get body(): { error: string; error_description: string } {
    return { error: this.error, error_description: this.message };
  }
}
