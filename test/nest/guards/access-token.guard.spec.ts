import { type CanActivate, Get, type Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccessTokenGuard, AcrGuard, Public } from 'nestjs-step-up';
import { AccessTokenVerifier } from '../../../lib/token/index.js';
import { describeOverHttp } from '../../support/describe-over-http.js';
import { handler } from '../../support/handler.js';

const verify = jest.spyOn(AccessTokenVerifier.prototype, 'verify');
beforeEach(() => void verify.mockClear());
afterAll(() => verify.mockRestore());

describeOverHttp('a guard as APP_GUARD', ({ serve }) => {
  it.each<{ guard: Type<CanActivate>; undecorated: number[]; open: number[]; verified: number }>([
    { guard: AcrGuard, undecorated: [200, 200, 200], open: [200, 200, 200], verified: 0 },
    { guard: AccessTokenGuard, undecorated: [401, 401, 400], open: [200, 200, 200], verified: 1 },
  ])(
    '$guard.name answers no token, a wrong one and two with $undecorated',
    async ({ guard, verified, ...expected }) => {
      const send = await serve({
        controllers: [handler(Get('undecorated')), handler(Get('open'), Public())],
        providers: [{ provide: APP_GUARD, useClass: guard }],
      });
      const statuses = async (path: string) => {
        const none = await send({ path });
        const wrong = await send({ path, token: 'no.such.token' });
        const two = await send({ path, headers: { authorization: 'Bearer a, Bearer b' } });
        return [none, wrong, two].map(({ status }) => status);
      };
      expect({ undecorated: await statuses('/undecorated'), open: await statuses('/open') }).toEqual(expected);
      expect(verify).toHaveBeenCalledTimes(verified);
    },
  );
});
