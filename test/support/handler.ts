import { applyDecorators, type CanActivate, Controller, Get, Req, type Type } from '@nestjs/common';

/** What every {@link handler} returns. */
export const DONE = Object.freeze({ done: true });

/** Is called by every {@link handler} that runs; a class of a test may call it too. `describeOverHttp` clears it. */
export const done = jest.fn((): object => DONE);

/**
 * Creates a controller with one handler, `GET /`, which carries these decorators: written in the order that they would have
 * in a class, the topmost first. `Get('accounts')` or `Post()` among them replaces path and method. The handler returns
 * {@link DONE}, so that a response shows whether it ran. Each call creates another class.
 *
 * ```ts
 * const send = await serve(handler(UseGuards(SessionGuard), RequireAcr('mfa')));
 * ```
 */
export function handler(...decorators: MethodDecorator[]): Type {
  return controllerOf(() => done(), decorators);
}

/** Creates a controller as {@link handler} does, whose handler returns the user that it receives: `{ user }`. */
export function userHandler(...decorators: MethodDecorator[]): Type {
  return controllerOf((user) => done() && { user }, decorators);
}

function controllerOf(handle: (user: unknown) => object, decorators: readonly MethodDecorator[]): Type {
  @Controller()
  class HandlerController {
    @applyDecorators(...decorators.toReversed())
    @Get()
    handle(@Req() { user }: { user?: unknown }): object {
      return handle(user);
    }
  }
  return HandlerController;
}

/** Creates a guard that lets everybody pass and puts this user on the request, as a guard that believes the request does. */
export function impostorGuard(user: unknown): CanActivate {
  return {
    canActivate(context) {
      context.switchToHttp().getRequest().user = user;
      return true;
    },
  };
}
