import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { transportOf } from '../transports/invocation.js';
import { ResponseHeaders } from '../transports/response-headers.js';
import { AccessTokenException } from './access-token.exception.js';
import { InsufficientUserAuthenticationException } from './insufficient-user-authentication.exception.js';

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
@Catch(InsufficientUserAuthenticationException, AccessTokenException)
export class StepUpExceptionFilter implements ExceptionFilter {
  constructor(private readonly headers: ResponseHeaders) {}

  catch(exception: InsufficientUserAuthenticationException | AccessTokenException, host: ArgumentsHost): unknown {
    const transport = transportOf(host);
    return transport === undefined ? exception : transport.writeRefusal(exception, host, this.headers);
  }
}
