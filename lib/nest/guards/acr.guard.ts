import { type CanActivate, type ExecutionContext, Injectable, Optional } from '@nestjs/common';
import { required } from '../advice/required-module.js';
import { Admission } from './admission.js';

/** Marks the guard in every copy of this package. A bundle can change the name of a class, and give it to another. */
export const ACR_GUARD = Symbol.for('nestjs-step-up:AcrGuard');

/**
 * Admits a request only if the authentication behind its token meets `@RequireAcr`. Authenticates first if no other
 * guard has. Admits every request to a handler without a requirement: use {@link AccessTokenGuard} to require a token
 * everywhere. `@RequireAcr` binds it already. It also works after `AuthGuard('jwt')` and as `APP_GUARD`, in any order.
 *
 * @example
 * ```ts
 * @UseGuards(AuthGuard('jwt'), AcrGuard)
 * @RequireAcr('mfa')
 * @Post('transfers')
 * transfer() {}
 * ```
 */
@Injectable()
export class AcrGuard implements CanActivate {
  static {
    Object.defineProperty(AcrGuard.prototype, ACR_GUARD, { value: true });
  }

  readonly #admission: Admission;

  /** @throws StepUpConfigurationError without StepUpModule in the application */
  constructor(@Optional() admission?: Admission) {
    this.#admission = required(admission);
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return this.#admission.admit(context);
  }
}
