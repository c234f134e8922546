import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { handedOn } from '../guards/verdict.js';

/** What Nest finds in the metadata of a parameter. */
export const STEP_UP_CONTEXT_FACTORY = (_: unknown, context: ExecutionContext): ExecutionContext => {
  handedOn.set(context, true);
  return context;
};

/**
 * Hands a handler what {@link StepUpService} needs to judge its request.
 *
 * @example `transfer(@StepUpContext() at: ExecutionContext, @Body() body: Transfer)`
 */
export const StepUpContext = createParamDecorator(STEP_UP_CONTEXT_FACTORY);
