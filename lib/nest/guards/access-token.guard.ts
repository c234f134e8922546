import { type CanActivate, type ExecutionContext, Injectable, Optional } from '@nestjs/common';
import { required } from '../advice/required-module.js';
import { Admission } from './admission.js';

/**
 * Requires a valid access token, except on handlers that are `@Public()`. Does not judge the authentication behind the
 * token: {@link AcrGuard} does. Responds with the challenges of RFC 6750, not with the bare 401 of Nest. A guard of yours
 * that calls it lets a refused caller pass only if it catches the refusal. A promise that it does not wait for is awaited
 * before the next guard of class or handler runs. Not so in gateways and message handlers that Nest binds before it can be
 * seen: those of a factory, and of modules that are loaded lazily.
 *
 * ```http
 * HTTP/1.1 401 Unauthorized
 * WWW-Authenticate: Bearer realm="api", error="invalid_token", error_description="The access token has expired"
 * ```
 *
 * @example
 * ```ts
 * @Get('accounts')
 * @UseGuards(AccessTokenGuard)
 * accounts() {}
 * ```
 * @see [RFC 6750 §3](https://www.rfc-editor.org/rfc/rfc6750.html#section-3)
 */
@Injectable()
export class AccessTokenGuard implements CanActivate {
  readonly #admission: Admission;

  /** @throws StepUpConfigurationError without StepUpModule in the application */
  constructor(@Optional() admission?: Admission) {
    this.#admission = required(admission);
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return this.#admission.admitAuthenticated(context);
  }
}
