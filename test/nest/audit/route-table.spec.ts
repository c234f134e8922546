import { Controller, Get } from '@nestjs/common';
import { Public, RequireAcr, SkipStepUp } from 'nestjs-step-up';
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
        'route                    access    words                      maxAge  scope                advice',
        'BankController.transfer  required  phr mfa                    20      bank transfer:write  max_age_short',
        'BankController.limits    required  mfa (decided per request)          bank',
        'BankController.accounts  skipped',
        'BankController.news      public',
        'OpenController.decided   required  (decided per request)',
      ].join('\n'),
    ]);
  });

  it('the table is left out if nothing is required', async () => {
    await bootFailure({ controllers: [handler()] });
    await bootFailure({});
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
