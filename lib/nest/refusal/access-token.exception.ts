import { HttpException, HttpStatus } from '@nestjs/common';
import type { UnmetReason } from '../../core/index.js';
import {
  type AccessTokenRefused,
  type AccessTokenRefusedCode,
  type AuthorizationServerUnavailable,
  type AuthorizationServerUnavailableCode,
  type TokenScheme,
  withoutStackTrace,
} from '../../token/index.js';
import type { StepUpImpossibleCode } from '../advice/decisions.js';
import { type ChallengeOrigin, type Challenges, preparedChallenges, renderChallenges } from './challenge.js';

/** The `error_description` for tokens that no sign-in can make sufficient. */
const IMPOSSIBLE: Readonly<Record<StepUpImpossibleCode, string>> = {
  client_credentials_token: 'No user has authenticated for this token, so none can step up',
  delegate_refused: 'Tokens issued to somebody acting for the user are not accepted here',
  issuer_without_word: 'The authorization server of this token offers no sufficient authentication',
  auth_time_unusable: 'The access token tells no usable time of the sign-in',
  max_age_unaskable:
    'The sign-in is not recent enough, and the authorization server has no challenge for that; sign in anew',
  claims_challenge_unsupported: 'A different authentication is required; the client cannot ask for it',
};

/** The `error_description` of a 503 that is not about an authorization server. */
const UNAVAILABLE: Readonly<Partial<Record<AuthorizationServerUnavailableCode, string>>> = {
  replay_cache_unavailable: 'Proofs of bound access tokens cannot be checked at the moment',
};

/** Why a request is refused for its access token. `unauthenticated`: the request has none. */
export type AccessTokenExceptionCode =
  | 'unauthenticated'
  | AccessTokenRefused['error']
  | 'insufficient_scope'
  | 'access_denied'
  | 'temporarily_unavailable';

/** The rule by which a request is refused for its access token. */
export type AccessTokenRule =
  | AccessTokenRefusedCode
  | AuthorizationServerUnavailableCode
  | StepUpImpossibleCode
  | 'token_missing'
  | 'scope_missing';

/** The response body of an {@link AccessTokenException}. */
export interface AccessTokenBody {
  error?: Exclude<AccessTokenExceptionCode, 'unauthenticated'>;
  error_description?: string;
  scope?: string;
  reasons?: UnmetReason[];
  /** Only without an error, as in the 401 of Nest. */
  statusCode?: number;
  message?: string;
}

/** What only some refusals have. */
interface Further {
  readonly retryAfter?: number;
  readonly nonce?: string | undefined;
  readonly cause?: unknown;
}

/**
 * A request is refused for its access token, or because it has none. It is not a step-up challenge.
 *
 * ```http
 * HTTP/1.1 401 Unauthorized
 * WWW-Authenticate: Bearer realm="api"
 * ```
 *
 * @example
 * ```ts
 * @Catch(AccessTokenException)
 * class CountingFilter extends StepUpExceptionFilter {
 *   override catch(refused: AccessTokenException, host: ArgumentsHost) {
 *     refusals.add(1, { rule: refused.rule });
 *     return super.catch(refused, host);
 *   }
 * }
 * ```
 * @see [RFC 6750 §3.1](https://www.rfc-editor.org/rfc/rfc6750.html#section-3.1)
 */
export class AccessTokenException extends HttpException {
  /** The challenge under the scheme of the request: a line of `WWW-Authenticate`. */
  readonly challenge: string | undefined;
  /** The challenge of the other scheme, if Bearer and DPoP are accepted: a line of its own, without an error. */
  readonly alternative: string | undefined;
  /** Seconds after which the client can retry. Only for a 503. */
  readonly retryAfter: number | undefined;
  /** The nonce for the next DPoP proof of the client: the header `DPoP-Nonce`. Only with `dpop.nonces`. */
  readonly nonce: string | undefined;

  private constructor(
    status: HttpStatus,
    readonly code: AccessTokenExceptionCode,
    /** The rule by which the request is refused. Stable, and finer than `code`. */
    readonly rule: AccessTokenRule,
    /** The response body. */
    readonly body: AccessTokenBody,
    { challenge, alternative, retryAfter, nonce, cause }: Partial<Challenges> & Further = {},
  ) {
    super(body, status, cause === undefined ? undefined : { cause });
    this.message = body.error_description ?? (body.message as string);
    this.challenge = challenge;
    this.alternative = alternative;
    this.retryAfter = retryAfter;
    this.nonce = nonce;
  }

  /** Returns a 401 without an error: the request has no token that could be wrong. */
  static missing(origin: ChallengeOrigin): AccessTokenException {
    const body = { statusCode: HttpStatus.UNAUTHORIZED, message: 'Unauthorized' };
    const challenges = preparedChallenges(origin, 'token_missing');
    return withoutStackTrace(
      () => new AccessTokenException(HttpStatus.UNAUTHORIZED, 'unauthenticated', 'token_missing', body, challenges),
    );
  }

  /** Returns a 401 `invalid_token`, `invalid_dpop_proof` or `use_dpop_nonce`, or a 400 `invalid_request`. */
  static refused(
    cause: AccessTokenRefused,
    origin: ChallengeOrigin,
    scheme?: TokenScheme,
    nonce?: string,
  ): AccessTokenException {
    const { error, code, message } = cause;
    const status = error === 'invalid_request' ? HttpStatus.BAD_REQUEST : HttpStatus.UNAUTHORIZED;
    // Message and error of a code are always the same.
    const challenges = preparedChallenges(origin, code, { error, errorDescription: message }, scheme);
    const body = { error, error_description: message };
    return withoutStackTrace(
      () => new AccessTokenException(status, error, code, body, { ...challenges, nonce, cause }),
    );
  }

  /** Returns a 403 `insufficient_scope`: the authentication is sufficient, the scope of the token is not. */
  static insufficientScope(scope: string, origin: ChallengeOrigin, scheme?: TokenScheme): AccessTokenException {
    const error = 'insufficient_scope';
    const errorDescription = 'The access token lacks a scope';
    const body: AccessTokenBody = { error, error_description: errorDescription, scope, reasons: ['scope_missing'] };
    const challenges = renderChallenges(origin, { error, errorDescription, scope }, scheme);
    return withoutStackTrace(
      () => new AccessTokenException(HttpStatus.FORBIDDEN, error, 'scope_missing', body, challenges),
    );
  }

  /** Returns a 403 without a challenge: no sign-in can help, and a challenge would send the client in a circle. */
  static stepUpImpossible(rule: StepUpImpossibleCode): AccessTokenException {
    const error = 'access_denied';
    const body = { error, error_description: IMPOSSIBLE[rule] } as const;
    return withoutStackTrace(() => new AccessTokenException(HttpStatus.FORBIDDEN, error, rule, body));
  }

  /** Returns a 503 with `Retry-After`: the token cannot be judged now. */
  static unavailable(cause: AuthorizationServerUnavailable): AccessTokenException {
    const { retryAfter, code } = cause;
    const error = 'temporarily_unavailable';
    const body = {
      error,
      error_description: UNAVAILABLE[code] ?? 'The authorization server cannot be reached',
    } as const;
    return withoutStackTrace(
      () => new AccessTokenException(HttpStatus.SERVICE_UNAVAILABLE, error, code, body, { retryAfter, cause }),
    );
  }

  /** Does nothing: the constructor sets the message. Nest would compose one of the name of the class. */
  override initMessage(): void {}

  /** The GraphQL form. */
  get extensions(): Record<string, unknown> {
    return { ...this.body, code: this.code.toUpperCase() };
  }
}
