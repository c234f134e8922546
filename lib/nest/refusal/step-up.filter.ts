import { type ArgumentsHost, Catch, type ExceptionFilter, Optional } from '@nestjs/common';
import { required } from '../advice/required-module.js';
import { Attachment } from '../transports/attachment.js';
import { transportOf } from '../transports/invocation.js';
import { ResponseHeaders } from '../transports/response-headers.js';
import { AccessTokenException } from './access-token.exception.js';
import { InsufficientUserAuthenticationException } from './insufficient-user-authentication.exception.js';

const leftToApplication = new Attachment<true>();

/** Leaves the body of a refusal to the filters of the application: {@link StepUpExceptionFilter} does not catch it. */
export function leaveToApplication(refusal: object): void {
  leftToApplication.set(refusal, true);
}

/** What Nest asks whether the filter catches an exception: ours, but for those that are left to the application. */
class OwnRefusal {
  static [Symbol.hasInstance](exception: unknown): boolean {
    const isOurs =
      exception instanceof InsufficientUserAuthenticationException || exception instanceof AccessTokenException;
    return isOurs && leftToApplication.get(exception) === undefined;
  }
}

/**
 * Writes what the guards and {@link StepUpService} throw, in the form of the transport: status, `WWW-Authenticate` and a
 * JSON body over HTTP, `extensions` in GraphQL, an `exception` event on sockets, an error over RPC.
 *
 * ```http
 * HTTP/1.1 401 Unauthorized
 * WWW-Authenticate: Bearer realm="api", error="insufficient_user_authentication", acr_values="mfa", max_age="300"
 * Cache-Control: no-store
 *
 * {"error":"insufficient_user_authentication","acr_values":"mfa","max_age":300,"reasons":["acr_unmet"], …}
 * ```
 */
@Catch(OwnRefusal)
export class StepUpExceptionFilter implements ExceptionFilter {
  readonly #headers: ResponseHeaders;

  /** @throws TypeError without StepUpModule in the application */
  constructor(@Optional() headers?: ResponseHeaders) {
    this.#headers = required(headers);
  }

  catch(exception: InsufficientUserAuthenticationException | AccessTokenException, host: ArgumentsHost): unknown {
    const transport = transportOf(host);
    return transport === undefined ? exception : transport.writeRefusal(exception, host, this.#headers);
  }
}
