import { HttpException, HttpStatus, UnauthorizedException } from '@nestjs/common';
import {
  type AuthenticationRequirements,
  bearerChallenge,
  type Challenge,
  INSUFFICIENT_USER_AUTHENTICATION,
  type UnmetReason,
} from '../core/index.js';
import type { AccessTokenRefused, AuthorizationServerUnavailable } from '../token/index.js';

/** What every challenge of an application carries. */
export interface ChallengeOrigin {
  readonly realm: string;
  readonly resourceMetadata?: string;
}

/** The body of a step-up challenge; the header stays authoritative, the body is for clients that cannot read it. */
export interface StepUpBody {
  error: typeof INSUFFICIENT_USER_AUTHENTICATION;
  error_description: string;
  acr_values?: string;
  max_age?: number;
  scope?: string;
  reasons: UnmetReason[];
}

/**
 * The authentication behind the access token does not meet the requirements of the operation. `getResponse()` is the
 * body, `extensions` the same for GraphQL errors.
 *
 * ```http
 * HTTP/1.1 401 Unauthorized
 * WWW-Authenticate: Bearer realm="api", error="insufficient_user_authentication",
 *   error_description="A different authentication is required", acr_values="phr mfa", max_age="300"
 * ```
 *
 * @see [RFC 9470 §3](https://www.rfc-editor.org/rfc/rfc9470.html#section-3)
 */
export class InsufficientUserAuthenticationException extends UnauthorizedException {
  readonly challenge: Challenge;

  constructor(requirements: AuthenticationRequirements, reasons: readonly UnmetReason[], origin: ChallengeOrigin) {
    const description = describe(reasons);
    const { acrValues, maxAge } = requirements;
    const scope = reasons.includes('scope_missing') ? requirements.scope : undefined;
    super({
      error: INSUFFICIENT_USER_AUTHENTICATION,
      error_description: description,
      ...(acrValues !== undefined && { acr_values: acrValues.join(' ') }),
      ...(maxAge !== undefined && { max_age: maxAge }),
      ...(scope !== undefined && { scope }),
      reasons: [...reasons],
    } satisfies StepUpBody);
    this.message = description;
    this.challenge = bearerChallenge({
      ...origin,
      error: INSUFFICIENT_USER_AUTHENTICATION,
      errorDescription: description,
      requirements: { ...(acrValues !== undefined && { acrValues }), ...(maxAge !== undefined && { maxAge }) },
      ...(scope !== undefined && { scope }),
    });
  }

  /** The GraphQL form of the challenge. */
  get extensions(): StepUpBody & { code: 'INSUFFICIENT_USER_AUTHENTICATION' } {
    return { code: 'INSUFFICIENT_USER_AUTHENTICATION', ...(this.getResponse() as StepUpBody) };
  }
}

function describe(reasons: readonly UnmetReason[]): string {
  const acr = reasons.some((reason) => reason.startsWith('acr_'));
  const age = reasons.some((reason) => reason.startsWith('auth'));
  if (acr && age) return 'A different and more recent authentication is required';
  return acr ? 'A different authentication is required' : 'More recent authentication is required';
}

/**
 * A request is refused for its access token, or for want of one, rather than for the authentication behind it.
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
    body: Readonly<Record<string, unknown>>,
    readonly challenge?: Challenge,
    /** Seconds. */
    readonly retryAfter?: number,
  ) {
    super({ ...body }, status);
    this.message = String(body['error_description'] ?? body['message']);
  }

  /** 401 without any error: nothing was sent that could be wrong. */
  static missing(origin: ChallengeOrigin): AccessTokenException {
    const body = { statusCode: HttpStatus.UNAUTHORIZED, message: 'Unauthorized' };
    return new AccessTokenException(HttpStatus.UNAUTHORIZED, body, bearerChallenge(origin));
  }

  /** 401 `invalid_token` or 400 `invalid_request`. */
  static refused({ error, message }: AccessTokenRefused, origin: ChallengeOrigin): AccessTokenException {
    return new AccessTokenException(
      error === 'invalid_request' ? HttpStatus.BAD_REQUEST : HttpStatus.UNAUTHORIZED,
      { error, error_description: message },
      bearerChallenge({ ...origin, error, errorDescription: message }),
    );
  }

  /** 403 `insufficient_scope`: the authentication is good enough, what the token may do is not. */
  static insufficientScope(scope: string, origin: ChallengeOrigin): AccessTokenException {
    const error = 'insufficient_scope';
    const errorDescription = 'The access token lacks a scope';
    return new AccessTokenException(
      HttpStatus.FORBIDDEN,
      { error, error_description: errorDescription, scope, reasons: ['scope_missing'] },
      bearerChallenge({ ...origin, error, errorDescription, scope }),
    );
  }

  /** 403 without challenge: no sign-in can help, so that a challenge would send the client in a circle. */
  static stepUpImpossible(description: string): AccessTokenException {
    return new AccessTokenException(HttpStatus.FORBIDDEN, { error: 'access_denied', error_description: description });
  }

  /** 503 with `Retry-After`: the token cannot be judged now. */
  static unavailable({ retryAfter }: AuthorizationServerUnavailable): AccessTokenException {
    return new AccessTokenException(
      HttpStatus.SERVICE_UNAVAILABLE,
      { error: 'temporarily_unavailable', error_description: 'The authorization server cannot be reached' },
      undefined,
      retryAfter,
    );
  }

  /** The GraphQL form. */
  get extensions(): Record<string, unknown> {
    const body = this.getResponse() as Record<string, unknown>;
    return { ...body, code: String(body['error'] ?? 'unauthenticated').toUpperCase() };
  }
}
