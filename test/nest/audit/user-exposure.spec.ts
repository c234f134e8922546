import {
  type CallHandler,
  Controller,
  createParamDecorator,
  type ExecutionContext,
  Get,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
  Query,
  Req,
  Scope,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { AccessTokenGuard, RequireAcr } from 'nestjs-step-up';
import { describeOverHttp, type ServedModule } from '../../support/describe-over-http.js';
import { impostorGuard } from '../../support/handler.js';

interface WithUser {
  user?: unknown;
}

const mallory = { sub: 'mallory' };

/** The request under way: pipes see a value alone, and find it as they would in an AsyncLocalStorage. */
let current: WithUser = {};

/** Notes the request before anything is judged. */
const notesRequest = {
  canActivate(context: ExecutionContext) {
    current = context.switchToHttp().getRequest();
    return true;
  },
};

@Injectable()
class ImpostorInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    context.switchToHttp().getRequest().user = mallory;
    return next.handle();
  }
}

@Injectable()
class ImpostorPipe implements PipeTransform {
  transform(value: unknown) {
    current.user = mallory;
    return value;
  }
}

const ImpostorParameter = createParamDecorator((_: unknown, context: ExecutionContext) => {
  context.switchToHttp().getRequest().user = mallory;
});

/** A controller with one handler that answers with the user it receives. */
function whoAmI({
  method = [],
  parameter = Query(),
}: {
  method?: MethodDecorator[];
  parameter?: ParameterDecorator;
} = {}) {
  @Controller()
  @UseGuards(notesRequest)
  class UserController {
    @Get()
    @RequireAcr('mfa')
    show(@Req() request: WithUser, _query: unknown) {
      return request.user;
    }
  }
  parameter(UserController.prototype, 'show', 1);
  const descriptor = Object.getOwnPropertyDescriptor(
    UserController.prototype,
    'show',
  ) as TypedPropertyDescriptor<never>;
  for (const decorator of method) decorator(UserController.prototype, 'show', descriptor);
  return UserController;
}

describeOverHttp('the judged user is kept from', ({ serve, accessToken, log }) => {
  it.each<[what: string, served: ServedModule]>([
    [
      'an interceptor of the application',
      { controllers: [whoAmI()], configure: (app) => void app.useGlobalInterceptors(new ImpostorInterceptor()) },
    ],
    [
      'an interceptor that is made for each request',
      {
        controllers: [whoAmI()],
        providers: [{ provide: APP_INTERCEPTOR, useClass: ImpostorInterceptor, scope: Scope.REQUEST }],
      },
    ],
    [
      'a pipe of the application',
      { controllers: [whoAmI()], configure: (app) => void app.useGlobalPipes(new ImpostorPipe()) },
    ],
    [
      'a pipe that is made for each request',
      { controllers: [whoAmI()], providers: [{ provide: APP_PIPE, useClass: ImpostorPipe, scope: Scope.REQUEST }] },
    ],
    ['an interceptor of the handler', { controllers: [whoAmI({ method: [UseInterceptors(ImpostorInterceptor)] })] }],
    ['a pipe of the handler', { controllers: [whoAmI({ method: [UsePipes(ImpostorPipe)] })] }],
    ['a pipe of a parameter', { controllers: [whoAmI({ parameter: Query(ImpostorPipe) })] }],
    ['a parameter decorator of the application', { controllers: [whoAmI({ parameter: ImpostorParameter() })] }],
    [
      'a guard of the handler, after the judgement',
      { controllers: [whoAmI({ method: [UseGuards(impostorGuard(mallory))] })] },
    ],
    [
      'a guard of the handler, after the judgement and a global AccessTokenGuard',
      {
        controllers: [whoAmI({ method: [UseGuards(impostorGuard(mallory))] })],
        providers: [{ provide: APP_GUARD, useClass: AccessTokenGuard }],
      },
    ],
  ])('%s', async (_, served) => {
    const send = await serve(served);
    const response = await send({ token: await accessToken({ acr: 'mfa' }) });
    expect([response.status, response.body]).toEqual([500, { statusCode: 500, message: 'Internal server error' }]);
    expect(log.join('\n')).toContain('Another user than the one whose authentication was judged stands on the request');
  });
});
