import { type ExecutionContext, UseGuards } from '@nestjs/common';
import { AccessTokenGuard, AcrGuard, RequireAcr } from 'nestjs-step-up';
import { challenged, withoutToken } from '../../support/challenged.js';
import { describeOverHttp } from '../../support/describe-over-http.js';
import { DONE, done, handler } from '../../support/handler.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Guards of an application that do something else before they wait for what ours say. */
class LateAcrGuard extends AcrGuard {
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const outcome = super.canActivate(context);
    await turn();
    return outcome;
  }
}
class LateAccessTokenGuard extends AccessTokenGuard {
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const outcome = super.canActivate(context);
    await turn();
    return outcome;
  }
}

describeOverHttp('a guard of the application that waits late for ours', ({ serve, accessToken }) => {
  it.each([
    ['AcrGuard', [RequireAcr('mfa'), UseGuards(LateAcrGuard)]],
    ['AccessTokenGuard', [RequireAcr('mfa'), UseGuards(LateAccessTokenGuard)]],
  ])('%s still refuses, with its challenge', async (_, decorators) => {
    const send = await serve(handler(...decorators));
    expect(await send()).toEqual(withoutToken());
    expect(await send({ token: await accessToken({ acr: 'pwd' }) })).toEqual(
      challenged({ acrValues: ['mfa'], reasons: ['acr_unmet'] }),
    );
    expect(done).not.toHaveBeenCalled();
    expect(await send({ token: await accessToken({ acr: 'mfa' }) })).toMatchObject({ body: DONE });
  });
});
