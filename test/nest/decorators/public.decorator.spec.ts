import type { Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccessTokenGuard, Public, RequireAcr, SkipStepUp } from 'nestjs-step-up';
import { describeOverHttp } from '../../support/describe-over-http.js';
import { DONE, handler } from '../../support/handler.js';

describeOverHttp('handlers that need no token', ({ serve }) => {
  const onClass = (decorator: ClassDecorator) => {
    const type = handler();
    decorator(type);
    return type;
  };
  const options = { requirements: { acrValues: ['pwd'], maxAge: 3600, scope: 'api' } };
  const guards = [{ provide: APP_GUARD, useClass: AccessTokenGuard }];

  it.each([undefined, 'garbage'])('a handler with @Public() is open to the token %s', async (token) => {
    const send = await serve({ controllers: [handler(Public())], providers: guards }, options);
    expect(await send({ ...(token && { token }) })).toMatchObject({ status: 200, body: DONE });
  });

  it.each<[served: string, controller: Type, status: number]>([
    ['opens a handler that only the module requires something of', handler(), 200],
    ['does not open a handler with @RequireAcr', handler(RequireAcr('mfa', { scope: 'bank' })), 401],
    ['does not open a class with @RequireAcr', onClass(RequireAcr('mfa', { maxAge: 600, scope: 'bank' })), 401],
    ['does not open a class with @SkipStepUp', onClass(SkipStepUp()), 401],
  ])("isPublic, the application's own mark, %s", async (_, controller, status) => {
    const send = await serve({ controllers: [controller], providers: guards }, { ...options, isPublic: () => true });
    expect(await send()).toMatchObject({ status });
  });
});
