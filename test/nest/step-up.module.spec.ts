import { Inject, Injectable, Module, type Type, UseGuards } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  AccessTokenGuard,
  RequireAcr,
  SkipStepUp,
  StepUpModule,
  type StepUpModuleOptions,
  StepUpService,
} from 'nestjs-step-up';
import { logOfEachTest } from '../support/application.js';
import { bootedApplication, bootedService, bootFailure, bootServer } from '../support/boot.js';
import { handler } from '../support/handler.js';

logOfEachTest();

const NEXT_STEP = 'import StepUpModule.forRoot({ authorizationServers: [{ issuer, audience }] })';

describe('forRootAsync', () => {
  @Injectable()
  class Configuration {
    readonly audience = 'https://api.example';
  }
  @Module({ providers: [Configuration], exports: [Configuration] })
  class ConfigurationModule {}

  const compile = (useFactory: (configuration: Configuration) => StepUpModuleOptions | Promise<StepUpModuleOptions>) =>
    Test.createTestingModule({
      imports: [StepUpModule.forRootAsync({ imports: [ConfigurationModule], inject: [Configuration], useFactory })],
    }).compile();

  it.each([
    ['at once', (options: StepUpModuleOptions) => options],
    ['later', async (options: StepUpModuleOptions) => options],
  ])('options are what a factory gives %s, with what it injects', async (_, give) => {
    let injected: unknown;
    const testing = await compile((configuration) => {
      injected = configuration.audience;
      return give({ authorizationServers: [{ ...bootServer, audience: configuration.audience }] });
    });
    const app = await testing.createNestApplication().init();
    expect([injected, app.get(StepUpService).routes()]).toEqual(['https://api.example', []]);
    await app.close();
  });

  it('what a factory gives is checked', async () => {
    await expect(compile(() => ({ authorizationServers: [] }))).rejects.toThrow(
      new TypeError(
        '"authorizationServers" must list at least one authorization server; if issuers are known at run time only, leave it out and give "resolveAuthorizationServer"',
      ),
    );
    await expect(compile(async () => ({ passport: 'existing', user: () => ({}) }) as never)).rejects.toThrow(TypeError);
  });

  it.each([undefined, null, 'options'])('a factory that gives %s in place of options is a TypeError', async (given) => {
    await expect(compile(() => given as never)).rejects.toThrow(
      new TypeError(
        `StepUpModule needs options, not ${given === 'options' ? '"options"' : given}: import ` +
          'StepUpModule.forRoot({ authorizationServers: [{ issuer, audience }] })',
      ),
    );
  });

  it('what a factory throws is passed on', async () => {
    await expect(compile(() => Promise.reject(new Error('no configuration')))).rejects.toThrow('no configuration');
  });
});

describe('StepUpModule in an application', () => {
  it('the module is global: a service of any module injects StepUpService, any controller is guarded', async () => {
    @Injectable()
    class TransferService {
      constructor(@Inject(StepUpService) readonly stepUp: StepUpService) {}
    }
    @Module({ providers: [TransferService], controllers: [handler(RequireAcr('mfa'))] })
    class TransferModule {}
    const service = await bootedService({ imports: [TransferModule] });
    expect(service.routes().map(({ name }) => name)).toEqual(['HandlerController.handle']);
  });

  it.each([
    ['the same options', [bootServer]],
    ['other options', [{ ...bootServer, issuer: 'https://other.example' }]],
  ])('a module that is imported twice, with %s, is a TypeError', async (_, servers) => {
    @Module({ imports: [StepUpModule.forRoot({ authorizationServers: servers })] })
    class FeatureModule {}
    expect(await bootFailure({ imports: [FeatureModule] })).toEqual(
      new TypeError('StepUpModule is configured twice; call forRoot() once per application'),
    );
  });

  it('a module that is imported next to a subclass of it is a TypeError, as each would judge by options of its own', async () => {
    class TenantStepUpModule extends StepUpModule {}
    const imports = [TenantStepUpModule.forRoot({ authorizationServers: [bootServer], mode: 'report' })];
    expect(await bootFailure({ imports, controllers: [handler(RequireAcr('mfa'))] })).toEqual(
      new TypeError('StepUpModule is configured twice; call forRoot() once per application'),
    );
  });

  it('a subclass of the module stands for it', async () => {
    class OwnStepUpModule extends StepUpModule {}
    const imports = [OwnStepUpModule.forRoot({ authorizationServers: [bootServer], metadataAudit: 'off' })];
    const app = await bootedApplication({ stepUp: false, imports, controllers: [handler(RequireAcr('mfa'))] });
    expect(app.get(StepUpService).routes()).toMatchObject([{ access: 'required', enforcedBy: 'handler' }]);
    await app.close();
  });

  it.each<[decorator: string, type: Type]>([
    ['@RequireAcr', handler(RequireAcr('mfa'))],
    ['@SkipStepUp', handler(SkipStepUp())],
    ['AccessTokenGuard', handler(UseGuards(AccessTokenGuard))],
  ])('%s fails the boot without StepUpModule', async (_, type) => {
    const boot = Test.createTestingModule({ controllers: [type] }).compile();
    await expect(boot).rejects.toThrow(
      new TypeError(
        '@RequireAcr, @SkipStepUp and AccessTokenGuard need StepUpModule: import StepUpModule.forRoot({ … }) once, in the root ' +
          'module; in place of "new AccessTokenGuard()" write app.get(AccessTokenGuard)',
      ),
    );
  });

  it('imported without forRoot() stops the boot with the next step', async () => {
    await expect(Test.createTestingModule({ imports: [StepUpModule] }).compile()).rejects.toThrow(
      new TypeError(`StepUpModule needs options, not undefined: ${NEXT_STEP}`),
    );
  });

  it('forRoot() without options shows the next step', () => {
    expect(() => StepUpModule.forRoot(undefined as never)).toThrow(
      new TypeError(`StepUpModule needs options, not undefined: ${NEXT_STEP}`),
    );
  });
});
