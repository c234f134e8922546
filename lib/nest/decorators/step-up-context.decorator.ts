import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { handedOn } from '../guards/verdict.js';

/** The parameter factory that Nest calls. It returns the context, and records that a handler received it. */
export const STEP_UP_CONTEXT_FACTORY = (_: unknown, context: ExecutionContext): ExecutionContext => {
  handedOn.set(context, true);
  return context;
};

/**
 * Gives a handler the context that {@link StepUpService} needs to judge its request.
 *
 * @example `transfer(@StepUpContext() at: ExecutionContext, @Body() body: Transfer)`
 */
export const StepUpContext = createParamDecorator(STEP_UP_CONTEXT_FACTORY);
