import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

/**
 * Hands a handler what {@link StepUpService} needs to judge its request.
 *
 * @example `transfer(@StepUpContext() at: ExecutionContext, @Body() body: Transfer)`
 */
export const StepUpContext = createParamDecorator((_: unknown, context: ExecutionContext) => context);
