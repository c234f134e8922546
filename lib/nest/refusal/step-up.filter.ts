import { type ArgumentsHost, Catch, type ExceptionFilter, Optional } from '@nestjs/common';
import { required } from '../advice/required-module.js';
import { Attachment } from '../transports/attachment.js';
import { transportOf } from '../transports/invocation.js';
import { ResponseHeaders } from '../transports/response-headers.js';
import { AccessTokenException } from './access-token.exception.js';
import { InsufficientUserAuthenticationException } from './insufficient-user-authentication.exception.js';

const leftToApplication = new Attachment<true>();

/**
 * Leaves the body of a refusal to the filters of the application. {@link StepUpExceptionFilter} then does not catch it.
 */
export function leaveToApplication(refusal: object): void {
  leftToApplication.set(refusal, true);
}

/**
 * The type that the filter catches. Nest tests it with `instanceof`: our exceptions, except those that are left to the
 * application.
 */
export class OwnRefusal {
  static [Symbol.hasInstance](exception: unknown): boolean {
    const isOurs =
      exception instanceof InsufficientUserAuthenticationException || exception instanceof AccessTokenException;
    return isOurs && leftToApplication.get(exception) === undefined;
  }
}

/**
 * Writes the exceptions of the guards and of {@link StepUpService} in the form of the transport. Over HTTP: status,
 * `WWW-Authenticate` and a JSON body. In GraphQL: `extensions`. On sockets: an `exception` event. Over RPC: an error.
 * Does not catch other exceptions. The module binds it where it is needed. Extend it to do more with a refusal.
 *
 * ```http
 * HTTP/1.1 401 Unauthorized
 * WWW-Authenticate: Bearer realm="api", error="insufficient_user_authentication", acr_values="mfa", max_age="300"
 * Cache-Control: no-store
 *
 * {"error":"insufficient_user_authentication","acr_values":"mfa","max_age":300,"reasons":["acr_unmet"], …}
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
 */
@Catch(OwnRefusal)
export class StepUpExceptionFilter implements ExceptionFilter {
  readonly #headers: ResponseHeaders;

  /** @throws StepUpConfigurationError without StepUpModule in the application */
  constructor(@Optional() headers?: ResponseHeaders) {
    this.#headers = required(headers);
  }

  catch(exception: InsufficientUserAuthenticationException | AccessTokenException, host: ArgumentsHost): unknown {
    const transport = transportOf(host);
    return transport === undefined ? exception : transport.writeRefusal(exception, host, this.#headers);
  }
}
