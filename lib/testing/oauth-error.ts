/**
 * What an endpoint refuses a request with.
 *
 * @see [RFC 6749 §5.2](https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2)
 */
export class OAuthError extends Error {
  constructor(
    readonly error: string,
    description: string,
    /** The HTTP status, where the error is not redirected. */
    readonly status = 400,
  ) {
    super(description);
  }

  get body(): { error: string; error_description: string } {
    return { error: this.error, error_description: this.message };
  }
}
