import { type CanActivate, type ExecutionContext, Injectable, Optional } from '@nestjs/common';
import { required } from '../advice/required-module.js';
import { Admission } from './admission.js';

/**
 * Judges the invocations of which the boot has not shown that the guard of their own handler will. Bound globally, and on the
 * class of every decorated method, for the transports that global guards do not reach.
 */
@Injectable()
export class EnforcementGuard implements CanActivate {
  readonly #admission: Admission;

  /** @throws TypeError without StepUpModule in the application */
  constructor(@Optional() admission?: Admission) {
    this.#admission = required(admission);
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return this.#admission.admitUnproven(context);
  }
}
