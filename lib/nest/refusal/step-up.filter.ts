import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { throwError } from 'rxjs';
import { StepUpAnswer } from '../transports/http-headers.js';
import {
  AccessTokenException,
  InsufficientUserAuthenticationException,
} from './insufficient-user-authentication.exception.js';

/**
 * Answers what the guards and {@link StepUpService} throw, in the form of the transport: status, `WWW-Authenticate` and a
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
  constructor(
    private readonly answer: StepUpAnswer,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  catch(exception: InsufficientUserAuthenticationException | AccessTokenException, host: ArgumentsHost): unknown {
    switch (host.getType<string>()) {
      case 'http':
        return this.#reply(exception, host);
      case 'ws':
        return emit(host.switchToWs().getClient(), exception.extensions);
      case 'rpc':
        return throwError(() => exception.extensions);
      default:
        return exception;
    }
  }

  #reply(exception: InsufficientUserAuthenticationException | AccessTokenException, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const response = http.getResponse<object>();
    const adapter = this.adapterHost.httpAdapter;
    if (adapter.isHeadersSent(response)) return;
    this.answer.writeHeaders({ transport: 'http', request: http.getRequest(), response }, exception);
    adapter.reply(response, exception.getResponse(), exception.getStatus());
  }
}

/** As Nest's own filter for gateways does: socket.io clients emit events, ws clients send text. */
function emit(
  client: { emit(event: string, data: unknown): void; send?(data: string): void; nsp?: unknown },
  data: object,
): void {
  if (client.nsp === undefined && client.send !== undefined) client.send(JSON.stringify({ event: 'exception', data }));
  else client.emit('exception', data);
}
