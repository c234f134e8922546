import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type GqlContextType, GqlExecutionContext } from '@nestjs/graphql';

/** Whose access token the request carries: the `sub` of the verified token. */
export const Customer = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const request =
    context.getType<GqlContextType>() === 'graphql'
      ? GqlExecutionContext.create(context).getContext().req
      : context.switchToHttp().getRequest();
  return request.user.sub;
});
