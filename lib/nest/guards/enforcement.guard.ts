import { type CanActivate, type ExecutionContext, Injectable, Optional } from '@nestjs/common';
import { required } from '../advice/required-module.js';
import { Admission } from './admission.js';

/**
 * Judges the invocations for which the boot audit has not shown that the guard of their own handler does. The module
 * binds it globally. Decorators bind it on the class of every decorated method, for transports without global guards.
 */
@Injectable()
export class EnforcementGuard implements CanActivate {
  readonly #admission: Admission;

  /** @throws StepUpConfigurationError without StepUpModule in the application */
  constructor(@Optional() admission?: Admission) {
    this.#admission = required(admission);
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return this.#admission.admitUnproven(context);
  }
}
