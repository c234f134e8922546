import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { StepUpService } from '../step-up.service.js';

/**
 * Lets a request through only where the authentication behind its token meets what `@RequireAcr` demands. Authenticates
 * first where nothing has. A handler without requirement passes untouched: requiring a token everywhere is the work of
 * {@link AccessTokenGuard}. Unneeded beside `@RequireAcr`, which binds it; also usable after `AuthGuard('jwt')` and as
 * `APP_GUARD`, in any order.
 */
@Injectable()
export class AcrGuard implements CanActivate {
  constructor(private readonly stepUp: StepUpService) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return this.stepUp.admit(context);
  }
}

/**
 * Requires a valid access token, except on handlers that are `@Public()`, and answers with the challenges of RFC 6750
 * where Nest's own guard gives a bare 401.
 *
 * ```http
 * HTTP/1.1 401 Unauthorized
 * WWW-Authenticate: Bearer realm="api", error="invalid_token", error_description="The access token has expired"
 * ```
 *
 * @see [RFC 6750 §3](https://www.rfc-editor.org/rfc/rfc6750.html#section-3)
 */
@Injectable()
export class AccessTokenGuard implements CanActivate {
  constructor(private readonly stepUp: StepUpService) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return this.stepUp.admitAuthenticated(context);
  }
}
