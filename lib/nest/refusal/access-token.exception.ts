import { HttpException, HttpStatus } from '@nestjs/common';
import type { UnmetReason } from '../../core/index.js';
import { type AccessTokenRefused, type AuthorizationServerUnavailable, withoutStackTrace } from '../../token/index.js';
import { type ChallengeOrigin, renderBearer } from './challenge.js';

/** Why a request is refused for its access token. `unauthenticated`: there was none. */
export type AccessTokenExceptionCode =
  | 'unauthenticated'
  | AccessTokenRefused['error']
  | 'insufficient_scope'
  | 'access_denied'
  | 'temporarily_unavailable';

/** The response body of an {@link AccessTokenException}. */
export interface AccessTokenBody {
  error?: Exclude<AccessTokenExceptionCode, 'unauthenticated'>;
  error_description?: string;
  scope?: string;
  reasons?: UnmetReason[];
  /** Only without an error, as Nest's own 401 has it. */
  statusCode?: number;
  message?: string;
}

/**
 * A request is refused for its access token, or because it has none, rather than for the authentication behind it.
 *
 * ```http
 * HTTP/1.1 401 Unauthorized
 * WWW-Authenticate: Bearer realm="api"
 * ```
 *
 * @see [RFC 6750 §3.1](https://www.rfc-editor.org/rfc/rfc6750.html#section-3.1)
 */
export class AccessTokenException extends HttpException {
  private constructor(
    status: HttpStatus,
    readonly code: AccessTokenExceptionCode,
    /** The response body. */
    readonly body: AccessTokenBody,
    /** The value of `WWW-Authenticate`. */
    readonly challenge?: string,
    /** Seconds. */
    readonly retryAfter?: number,
  ) {
    super(body, status);
    this.message = body.error_description ?? (body.message as string);
  }

  /** 401 without any error: nothing was sent that could be wrong. */
  static missing(origin: ChallengeOrigin): AccessTokenException {
    const body = { statusCode: HttpStatus.UNAUTHORIZED, message: 'Unauthorized' };
    return withoutStackTrace(
      () => new AccessTokenException(HttpStatus.UNAUTHORIZED, 'unauthenticated', body, renderBearer(origin)),
    );
  }

  /** 401 `invalid_token` or 400 `invalid_request`. */
  static refused({ error, message }: AccessTokenRefused, origin: ChallengeOrigin): AccessTokenException {
    const status = error === 'invalid_request' ? HttpStatus.BAD_REQUEST : HttpStatus.UNAUTHORIZED;
    const challenge = renderBearer(origin, { error, errorDescription: message });
    return withoutStackTrace(
      () => new AccessTokenException(status, error, { error, error_description: message }, challenge),
    );
  }

  /** 403 `insufficient_scope`: the authentication is good enough, what the token may do is not. */
  static insufficientScope(scope: string, origin: ChallengeOrigin): AccessTokenException {
    const error = 'insufficient_scope';
    const errorDescription = 'The access token lacks a scope';
    const body: AccessTokenBody = { error, error_description: errorDescription, scope, reasons: ['scope_missing'] };
    const challenge = renderBearer(origin, { error, errorDescription, scope });
    return withoutStackTrace(() => new AccessTokenException(HttpStatus.FORBIDDEN, error, body, challenge));
  }

  /** 403 without challenge: no sign-in can help, so that a challenge would send the client in a circle. */
  static stepUpImpossible(description: string): AccessTokenException {
    const error = 'access_denied';
    return withoutStackTrace(
      () => new AccessTokenException(HttpStatus.FORBIDDEN, error, { error, error_description: description }),
    );
  }

  /** 503 with `Retry-After`: the token cannot be judged now. */
  static unavailable({ retryAfter }: AuthorizationServerUnavailable): AccessTokenException {
    const error = 'temporarily_unavailable';
    const body = { error, error_description: 'The authorization server cannot be reached' } as const;
    return withoutStackTrace(
      () => new AccessTokenException(HttpStatus.SERVICE_UNAVAILABLE, error, body, undefined, retryAfter),
    );
  }

  /** The GraphQL form. */
  get extensions(): Record<string, unknown> {
    return { ...this.body, code: this.code.toUpperCase() };
  }
}
