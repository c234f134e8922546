import { Controller, type ExecutionContext, Get, Req, type Type, UseGuards } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { AccessTokenGuard, AcrGuard, RequireAcr, SkipStepUp } from 'nestjs-step-up';
import { Admission } from '../../../lib/nest/guards/admission.js';
import { EnforcementGuard } from '../../../lib/nest/guards/enforcement.guard.js';
import { isAdmitted } from '../../../lib/nest/guards/verdict.js';
import { bootedApplication, bootedProvider, bootServer } from '../../support/boot.js';
import { challenged, withoutToken } from '../../support/challenged.js';
import { describeOverHttp } from '../../support/describe-over-http.js';
import { handler } from '../../support/handler.js';

describeOverHttp('a request of one handler', ({ serve, accessToken }) => {
  it('is judged by a decorator though isPublic() says otherwise, also without AccessTokenGuard', async () => {
    const send = await serve(handler(RequireAcr('mfa')), { isPublic: () => true, requirements: { maxAge: 3600 } });
    expect(await send()).toEqual(withoutToken());
    expect(await send({ token: await accessToken({ acr: 'pwd' }) })).toEqual(
      challenged({ acrValues: ['mfa'], maxAge: 3600, reasons: ['acr_unmet'] }),
    );
  });

  it('carries the user of its token where AccessTokenGuard alone has asked for one', async () => {
    @Controller()
    class UserController {
      @Get()
      @UseGuards(AccessTokenGuard)
      show(@Req() request: { user?: { sub?: string } }) {
        return { sub: request.user?.sub };
      }
    }
    const send = await serve(UserController);
    expect((await send({ token: await accessToken({ subject: 'alice' }) })).body).toEqual({ sub: 'alice' });
  });
});

describeOverHttp('a refused request', ({ serve, accessToken }) => {
  it('is judged, and not admitted', async () => {
    const contexts: ExecutionContext[] = [];
    const notesContext = { canActivate: (context: ExecutionContext) => contexts.push(context) > 0 };
    const send = await serve(handler(RequireAcr('mfa'), UseGuards(notesContext)));
    for (const acr of ['pwd', 'mfa']) await send({ token: await accessToken({ acr }) });
    expect(contexts.map(isAdmitted)).toEqual([false, true]);
  });
});

describe('a refused GraphQL field', () => {
  class AccountResolver {
    @RequireAcr('mfa')
    transfer() {}

    @SkipStepUp()
    accounts() {}

    balance() {}
  }

  /** A field without a token, and the hints that were given for it to a response cache. */
  function fieldOf(method: keyof AccountResolver) {
    const hints: object[] = [];
    const cacheControl = { setCacheHint: (hint: object) => void hints.push(hint) };
    const parameters = [{}, {}, { req: { headers: {} } }, { cacheControl }];
    const context = {
      getType: () => 'graphql',
      getClass: () => AccountResolver,
      getHandler: () => AccountResolver.prototype[method],
      getArgs: () => parameters,
      getArgByIndex: (index: number) => parameters[index],
    } as unknown as ExecutionContext;
    return { context, hints };
  }

  it.each<[guard: Type<AcrGuard | AccessTokenGuard>, method: keyof AccountResolver]>([
    [AcrGuard, 'transfer'],
    [AccessTokenGuard, 'balance'],
  ])('is kept out of caches before it is judged, and is not admitted: %p on %s', async (type, method) => {
    const guard = await bootedProvider<AcrGuard | AccessTokenGuard>(type, {});
    const { context, hints } = fieldOf(method);
    await expect((async () => guard.canActivate(context))()).rejects.toThrow('Unauthorized');
    expect(hints).toEqual([{ maxAge: 0, scope: 'PRIVATE' }]);
    expect(isAdmitted(context)).toBe(false);
  });

  it.each([AcrGuard, AccessTokenGuard])('is refused by each guard, whatever isPublic() says: %p', async (type) => {
    const options = { authorizationServers: [bootServer], isPublic: () => true };
    const guard = await bootedProvider<AcrGuard | AccessTokenGuard>(type, { options });
    await expect((async () => guard.canActivate(fieldOf('transfer').context))()).rejects.toThrow('Unauthorized');
    expect(await guard.canActivate(fieldOf('balance').context)).toBe(true);
  });

  it('is refused if it skips the step-up, which still needs a token, whatever isPublic() says', async () => {
    const options = { authorizationServers: [bootServer], isPublic: () => true };
    const guard = await bootedProvider(AcrGuard, { options });
    await expect((async () => guard.canActivate(fieldOf('accounts').context))()).rejects.toThrow('Unauthorized');
  });

  it.each([AcrGuard, AccessTokenGuard])(
    'passes each guard if isPublic() lifts what the module requires: %p',
    async (type) => {
      const requirements = { acrValues: ['mfa'] as const };
      for (const isLifted of [true, false]) {
        const options = { authorizationServers: [bootServer], requirements, isPublic: () => isLifted };
        const guard = await bootedProvider<AcrGuard | AccessTokenGuard>(type, { options });
        const outcome = (async () => guard.canActivate(fieldOf('balance').context))();
        if (isLifted) expect(await outcome).toBe(true);
        else await expect(outcome).rejects.toThrow('Unauthorized');
      }
    },
  );
});

it('before the boot has ended, a handler of which nothing is known to be required needs no token', async () => {
  class OpenController {
    list() {}
  }
  const app = await bootedApplication({ controllers: [OpenController], init: false });
  try {
    const context = new ExecutionContextHost([{ headers: {} }, {}], OpenController, OpenController.prototype.list);
    expect(await new EnforcementGuard(app.get(Admission)).canActivate(context)).toBe(true);
  } finally {
    await app.close();
  }
});
