/** Why an access token, or the way it was sent, is refused. Carries no token and no claim. */
export class AccessTokenRefused extends Error {
  override readonly name = 'AccessTokenRefused';

  /**
   * @param error the error code of RFC 6750 §3.1
   * @param message fixed ASCII text for `error_description`
   */
  constructor(
    readonly error: 'invalid_request' | 'invalid_token',
    message: string,
  ) {
    super(message);
  }
}

/** An authorization server that has to be asked cannot be reached or answers with something unusable. */
export class AuthorizationServerUnavailable extends Error {
  override readonly name = 'AuthorizationServerUnavailable';

  /**
   * @param issuer the configured issuer
   * @param retryAfter seconds after which asking again may help
   */
  constructor(
    readonly issuer: string,
    readonly retryAfter: number,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`${issuer}: ${reason}`, options);
  }
}
