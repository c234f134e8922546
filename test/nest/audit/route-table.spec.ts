import { Controller, Get, UseGuards } from '@nestjs/common';
import { AccessTokenGuard, Public, RequireAcr, SkipStepUp } from 'nestjs-step-up';
import { adapters, logOfEachTest, startApplication } from '../../support/application.js';
import { bootFailure, bootServer } from '../../support/boot.js';
import { handler } from '../../support/handler.js';

const log = logOfEachTest();

describe('the table of routes', () => {
  const tables = () => log.filter((line) => line.startsWith('[routes]'));

  it('the table has every route with a step-up decorator, aligned, in one line of the log', async () => {
    @Controller()
    @RequireAcr('mfa', { scope: 'bank' })
    class BankController {
      @Get('transfer')
      @RequireAcr(['phr', 'mfa'], { maxAge: 20, scope: 'transfer:write' })
      transfer() {}

      @Get('limits')
      @RequireAcr(() => undefined)
      limits() {}

      @Get('accounts')
      @SkipStepUp()
      accounts() {}

      @Get('news')
      @Public()
      news() {}
    }
    @Controller()
    class OpenController {
      @Get('open')
      open() {}

      @Get('decided')
      @RequireAcr(() => undefined)
      decided() {}
    }
    await bootFailure({ controllers: [BankController, OpenController] });
    expect(tables()).toEqual([
      [
        '[routes] what is required of requests',
        'called by      handler                  access    words                      maxAge  scope                advice',
        'GET /transfer  BankController.transfer  required  phr mfa                    20      bank transfer:write  max_age_short',
        'GET /limits    BankController.limits    required  mfa (decided per request)          bank',
        'GET /accounts  BankController.accounts  skipped',
        'GET /news      BankController.news      public',
        'GET /decided   OpenController.decided   required  (decided per request)',
        '1 handler is open, as nothing is declared of it; "routeTable": \'all\' lists it',
      ].join('\n'),
    ]);
  });

  const own = { controllers: [handler(), handler(Get('more')), handler(Get('token'), UseGuards(AccessTokenGuard))] };

  it('ends with the number of handlers that are open, and with "all" has them', async () => {
    await bootFailure(own);
    const options = { authorizationServers: [bootServer] };
    await bootFailure({ ...own, options: { ...options, routeTable: 'all' } });
    await bootFailure({ controllers: [handler(RequireAcr('mfa'))] });
    expect(tables().map((table) => table.split('\n').slice(1))).toEqual([
      [
        'called by   handler                   access  words  maxAge  scope  advice',
        'GET /token  HandlerController.handle  token',
        '2 handlers are open, as nothing is declared of them; "routeTable": \'all\' lists them',
      ],
      [
        'called by   handler                   access  words  maxAge  scope  advice',
        'GET /       HandlerController.handle  open',
        'GET /more   HandlerController.handle  open',
        'GET /token  HandlerController.handle  token',
        '2 handlers are open, as nothing is declared of them',
      ],
      [
        'called by  handler                   access    words  maxAge  scope  advice',
        'GET /      HandlerController.handle  required  mfa',
        'no handlers are open',
      ],
    ]);
  });

  it('is left out of an application without handlers, and if it is switched off', async () => {
    await bootFailure({});
    await bootFailure({ ...own, options: { authorizationServers: [bootServer], routeTable: 'off' } });
    expect(tables()).toEqual([]);
  });

  it.each(adapters)('the table is logged before requests are served, over %s', async (_, createAdapter) => {
    const application = await startApplication({
      createAdapter,
      controllers: [handler(RequireAcr('mfa'))],
      options: { authorizationServers: [bootServer] },
    });
    expect(tables()).toHaveLength(1);
    await application.close();
  });
});
