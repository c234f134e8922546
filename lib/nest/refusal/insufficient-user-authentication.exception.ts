import { HttpException, HttpStatus, UnauthorizedException } from '@nestjs/common';
import {
  type AuthenticationRequirements,
  type BearerChallengeParameters,
  bearerChallenge,
  formatChallenges,
  INSUFFICIENT_USER_AUTHENTICATION,
  type UnmetReason,
} from '../../core/index.js';
import { type AccessTokenRefused, type AuthorizationServerUnavailable, withoutStack } from '../../token/index.js';

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

/** The body of Microsoft Entra's claims challenge. */
export interface ClaimsChallengeBody {
  error: 'insufficient_claims';
  error_description: string;
  /** The claims request of the header: JSON in base64. */
  claims: string;
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
 * Where the authorization server's profile says so, it is Microsoft Entra's claims challenge instead.
 *
 * @see [RFC 9470 §3](https://www.rfc-editor.org/rfc/rfc9470.html#section-3)
 */
export class InsufficientUserAuthenticationException extends UnauthorizedException {
  /** The value of `WWW-Authenticate`. */
  readonly challenge: string;

  constructor({ body, challenge }: StepUpChallenge) {
    super({ ...body, reasons: [...body.reasons] });
    this.message = body.error_description;
    this.challenge = challenge;
  }

  /** The GraphQL form of the challenge. */
  get extensions(): (StepUpBody | ClaimsChallengeBody) & { code: string } {
    const body = this.getResponse() as StepUpBody | ClaimsChallengeBody;
    return { code: body.error.toUpperCase(), ...body };
  }
}

/** A step-up challenge in both its forms, made once for a requirement and what is unmet in it. */
export interface StepUpChallenge {
  readonly body: StepUpBody | ClaimsChallengeBody;
  /** The value of `WWW-Authenticate`. */
  readonly challenge: string;
}

/** Writes the challenge for requirements: all of them, whichever is unmet, but the scope only where it is lacking. */
export function stepUpChallenge(
  { acrValues, maxAge, scope: required }: AuthenticationRequirements,
  reasons: readonly UnmetReason[],
  origin: ChallengeOrigin,
): StepUpChallenge {
  const errorDescription = describe(reasons);
  const scope = reasons.includes('scope_missing') ? required : undefined;
  return {
    body: {
      error: INSUFFICIENT_USER_AUTHENTICATION,
      error_description: errorDescription,
      ...(acrValues !== undefined && { acr_values: acrValues.join(' ') }),
      ...(maxAge !== undefined && { max_age: maxAge }),
      ...(scope !== undefined && { scope }),
      reasons: [...reasons],
    },
    challenge: field({
      ...named(origin),
      error: INSUFFICIENT_USER_AUTHENTICATION,
      errorDescription,
      requirements: { ...(acrValues !== undefined && { acrValues }), ...(maxAge !== undefined && { maxAge }) },
      ...(scope !== undefined && { scope }),
    }),
  };
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
    readonly challenge?: string,
    /** Seconds. */
    readonly retryAfter?: number,
  ) {
    super({ ...body }, status);
    this.message = String(body['error_description'] ?? body['message']);
  }

  /** 401 without any error: nothing was sent that could be wrong. */
  static missing(origin: ChallengeOrigin): AccessTokenException {
    const body = { statusCode: HttpStatus.UNAUTHORIZED, message: 'Unauthorized' };
    return withoutStack(() => new AccessTokenException(HttpStatus.UNAUTHORIZED, body, field(named(origin))));
  }

  /** 401 `invalid_token` or 400 `invalid_request`. */
  static refused({ error, message }: AccessTokenRefused, origin: ChallengeOrigin): AccessTokenException {
    const status = error === 'invalid_request' ? HttpStatus.BAD_REQUEST : HttpStatus.UNAUTHORIZED;
    const challenge = field({ ...named(origin), error, errorDescription: message });
    return withoutStack(() => new AccessTokenException(status, { error, error_description: message }, challenge));
  }

  /** 403 `insufficient_scope`: the authentication is good enough, what the token may do is not. */
  static insufficientScope(scope: string, origin: ChallengeOrigin): AccessTokenException {
    const error = 'insufficient_scope';
    const errorDescription = 'The access token lacks a scope';
    const body = { error, error_description: errorDescription, scope, reasons: ['scope_missing'] };
    const challenge = field({ ...named(origin), error, errorDescription, scope });
    return withoutStack(() => new AccessTokenException(HttpStatus.FORBIDDEN, body, challenge));
  }

  /** 403 without challenge: no sign-in can help, so that a challenge would send the client in a circle. */
  static stepUpImpossible(description: string): AccessTokenException {
    const body = { error: 'access_denied', error_description: description };
    return withoutStack(() => new AccessTokenException(HttpStatus.FORBIDDEN, body));
  }

  /** 503 with `Retry-After`: the token cannot be judged now. */
  static unavailable({ retryAfter }: AuthorizationServerUnavailable): AccessTokenException {
    const body = {
      error: 'temporarily_unavailable',
      error_description: 'The authorization server cannot be reached',
    };
    return withoutStack(() => new AccessTokenException(HttpStatus.SERVICE_UNAVAILABLE, body, undefined, retryAfter));
  }

  /** The GraphQL form. */
  get extensions(): Record<string, unknown> {
    const body = this.getResponse() as Record<string, unknown>;
    return { ...body, code: String(body['error'] ?? 'unauthenticated').toUpperCase() };
  }
}

function field(parameters: BearerChallengeParameters): string {
  return formatChallenges([bearerChallenge(parameters)]);
}

function named({ realm, resourceMetadata }: ChallengeOrigin): ChallengeOrigin {
  return { realm, ...(resourceMetadata !== undefined && { resourceMetadata }) };
}
