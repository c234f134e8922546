import type { ExecutionContext, Type } from '@nestjs/common';
import { StepUpConfigurationError } from '../../core/index.js';
import { callSynchronousOption } from '../advice/callback.js';
import type { Handler } from '../requirements/handler.js';
import type { Route } from '../requirements/route.js';
import type { Routes } from '../requirements/routes.js';
import type { StepUpSettings } from '../step-up-settings.js';
import type { Invocations } from './invocations.js';

/** The routes of the invocations that guards receive. None of them is known after a boot that was stopped. */
export class InvokedRoutes {
  #stoppedBy: Error | undefined;

  constructor(
    private readonly routes: Routes,
    private readonly invocations: Invocations,
    private readonly settings: Pick<StepUpSettings, 'isPublic'>,
  ) {}

  /**
   * Refuses every invocation from now on.
   *
   * @param reason logged at refusals
   */
  stop(reason: Error): void {
    this.#stoppedBy = reason;
  }

  /**
   * Returns the route of a context.
   *
   * @throws StepUpConfigurationError for a handler whose decorators contradict each other, and after a boot that was
   * stopped
   */
  of(context: ExecutionContext): Route {
    if (this.#stoppedBy !== undefined)
      throw new StepUpConfigurationError(`The boot was stopped: ${this.#stoppedBy.message}`);
    this.invocations.note(context);
    const controller: Type | null | undefined = context.getClass();
    if (typeof controller !== 'function') {
      throw new StepUpConfigurationError(
        'An object without a class has a handler; give it one, so that its decorators can be found',
      );
    }
    return this.routes.of(controller, context.getHandler() as Handler);
  }

  /** Returns the route of a context; `undefined` if its decorators are wrong. */
  known(context: ExecutionContext): Route | undefined {
    try {
      return this.of(context);
    } catch {
      return undefined;
    }
  }

  /** Returns whether the application says that an invocation needs no token. */
  isPublic(context: ExecutionContext): boolean {
    const { isPublic } = this.settings;
    return isPublic !== undefined && callSynchronousOption('isPublic', () => isPublic(context)) === true;
  }
}
