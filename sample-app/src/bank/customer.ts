import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

/** Whose access token the request carries: the `sub` of the verified token. */
export const Customer = createParamDecorator(
  (_: unknown, context: ExecutionContext): string => context.switchToHttp().getRequest().user.sub,
);
