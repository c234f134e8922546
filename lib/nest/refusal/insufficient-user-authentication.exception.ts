import { UnauthorizedException } from '@nestjs/common';
import type { ClaimsChallengeBody, RenderedChallenge, StepUpBody } from './challenge.js';

/**
 * The authentication behind the access token does not meet the requirements of the operation. `getResponse()` returns
 * the body. `extensions` is the same for GraphQL errors.
 *
 * ```http
 * HTTP/1.1 401 Unauthorized
 * WWW-Authenticate: Bearer realm="api", error="insufficient_user_authentication",
 *   error_description="A different authentication is required", acr_values="phr mfa", max_age="300"
 * ```
 *
 * If the profile of the authorization server says so, the challenge is the claims challenge of Microsoft Entra.
 *
 *
 * @example
 * ```ts
 * try {
 *   await this.stepUp.require(at, 'phr');
 * } catch (refused) {
 *   if (refused instanceof InsufficientUserAuthenticationException) this.log(refused.body.reasons);
 *   throw refused;
 * }
 * ```
 * @see [RFC 9470 §3](https://www.rfc-editor.org/rfc/rfc9470.html#section-3)
 */
export class InsufficientUserAuthenticationException extends UnauthorizedException {
  /** The error code of the body. It discriminates the two forms of {@link body}. */
  readonly code: StepUpBody['error'] | ClaimsChallengeBody['error'];
  /** The response body. */
  readonly body: StepUpBody | ClaimsChallengeBody;
  /** The challenge under the scheme of the request: a line of `WWW-Authenticate`. */
  readonly challenge: string;
  /** The challenge of the other scheme, if Bearer and DPoP are accepted: a line of its own, without an error. */
  readonly alternative: string | undefined;

  constructor({ body, challenge, alternative }: RenderedChallenge) {
    const own = { ...body, reasons: [...body.reasons] };
    super(own);
    this.message = body.error_description;
    this.code = body.error;
    this.body = own;
    this.challenge = challenge;
    this.alternative = alternative;
  }

  /** Does nothing: the constructor sets the message. Nest would compose one of the name of the class. */
  override initMessage(): void {}

  /** The GraphQL form of the challenge. */
  get extensions(): (StepUpBody | ClaimsChallengeBody) & { code: string } {
    return { code: this.code.toUpperCase(), ...this.body };
  }
}
