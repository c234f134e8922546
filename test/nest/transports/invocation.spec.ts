import { Get, Injectable, UseGuards } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { AccessTokenGuard, RequireAcr, SkipStepUp, StepUpService } from 'nestjs-step-up';
import { applicationOfAllTests, logOfEachTest } from '../../support/application.js';

const log = logOfEachTest();
const ran: string[] = [];

// a provider, as ExternalContextCreator finds guards only there; @Get makes its methods handlers for the boot audit
@Injectable()
class Bank {
  @Get('open')
  open() {
    ran.push('open');
  }

  @Get('transfer')
  @RequireAcr('mfa')
  transfer() {
    ran.push('transfer');
  }

  @Get('accounts')
  @UseGuards(AccessTokenGuard)
  accounts() {
    ran.push('accounts');
  }

  @Get('skipped')
  @SkipStepUp()
  skipped() {
    ran.push('skipped');
  }
}

describe('RS-108 a kind of invocation that is not known', () => {
  const { server, application } = applicationOfAllTests({ providers: [Bank] });
  beforeEach(() => {
    ran.length = 0;
  });

  /** What packages do that bring a transport of their own: Nest runs guards and filters, the context has their type. */
  function invoke(method: keyof Bank, contextType: string, ...args: unknown[]): Promise<unknown> {
    const bank = application.app.get(Bank);
    const run = application.app
      .get(ExternalContextCreator)
      .create(
        bank,
        bank[method],
        method,
        undefined,
        undefined,
        undefined,
        undefined,
        { guards: true, filters: true, interceptors: true },
        contextType,
      );
    return run(...args);
  }

  it.each(['transfer', 'accounts', 'skipped'] as const)(
    'an unknown kind of invocation is refused if a token is needed: %s',
    async (method) => {
      const headers = { authorization: `Bearer ${await server.accessToken({ acr: 'mfa' })}` };
      await expect(invoke(method, 'telegraph', { headers })).rejects.toThrow('Internal Server Error');
      expect(ran).toEqual([]);
      expect(log).toEqual([
        `[misconfigured] Bank.${method}: Step-up authentication does not know the context type "telegraph" and refuses it`,
      ]);
    },
  );

  it('an unknown kind of invocation goes through if nothing is required', async () => {
    await invoke('open', 'telegraph', {});
    expect(ran).toEqual(['open']);
  });

  it('an invocation that claims to be GraphQL but has no request is refused', async () => {
    await expect(invoke('transfer', 'graphql', {}, {}, {}, {})).rejects.toThrow('Internal Server Error');
    expect(ran).toEqual([]);
    expect(log).toEqual([
      '[misconfigured] Bank.transfer: The graphql context has no request; for GraphQL let "context" hand on { req }, and see the option ' +
        '"accessToken"',
    ]);
  });

  it.each([undefined, null, 'request', {}, []])('StepUpService cannot be asked about %p', async (at) => {
    const stepUp = application.app.get(StepUpService);
    const message = 'StepUpService needs an ExecutionContext, the request, or what @StepUpContext() gave';
    await expect(stepUp.require(at, 'mfa')).rejects.toThrow(new TypeError(message));
    await expect(stepUp.assess(at, 'mfa')).rejects.toThrow(new TypeError(message));
  });
});
