import { Controller, Get, Inject, Scope } from '@nestjs/common';
import { RequireAcr } from 'nestjs-step-up';
import { logOfEachTest } from '../../support/application.js';
import { bootFailure, bootServer } from '../../support/boot.js';

logOfEachTest();

describe('a controller made for each request', () => {
  it('a controller made for each request is audited as any other', async () => {
    @Controller({ path: 'transfer', scope: Scope.REQUEST })
    class TransferController {
      constructor(@Inject('REQUEST') readonly request: unknown) {}

      @Get()
      @RequireAcr('mfaa')
      create() {}
    }
    const options = { authorizationServers: [{ ...bootServer, acr: { mfa: 'urn:mfa' } }] };
    expect(await bootFailure({ controllers: [TransferController], options })).toBeInstanceOf(TypeError);
  });
});
