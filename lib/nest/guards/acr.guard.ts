import { type CanActivate, type ExecutionContext, Injectable, Optional } from '@nestjs/common';
import { required } from '../advice/required-module.js';
import { Admission } from './admission.js';

/**
 * Lets a request through only if the authentication behind its token meets what `@RequireAcr` demands. Authenticates
 * first if nothing has. A handler without requirement passes untouched: requiring a token everywhere is the work of
 * {@link AccessTokenGuard}. Not needed next to `@RequireAcr`, which binds it; also usable after `AuthGuard('jwt')` and as
 * `APP_GUARD`, in any order.
 */
@Injectable()
export class AcrGuard implements CanActivate {
  readonly #admission: Admission;

  /** @throws TypeError without StepUpModule in the application */
  constructor(@Optional() admission?: Admission) {
    this.#admission = required(admission);
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return this.#admission.admit(context);
  }
}
