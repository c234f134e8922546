import type { INestApplication, ModuleMetadata, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { StepUpModule, type StepUpModuleOptions, StepUpService } from 'nestjs-step-up';

export interface BootSetup extends ModuleMetadata {
  options?: StepUpModuleOptions;
  /** Runs before the application boots. */
  configure?: (app: INestApplication) => void;
}

/** An application that boots without listening; with `init: false` it does not boot yet. */
export interface ApplicationSetup extends BootSetup {
  init?: boolean;
  /** Whether it imports `StepUpModule`. Default is `true`. */
  stepUp?: boolean;
}

/** An authorization server that boots without a network. */
export const bootServer = { issuer: 'https://as.example', audience: 'https://api.example' };

/** Boots an application without listening; gives what stopped the boot, or `undefined`. */
export async function bootFailure(setup: BootSetup): Promise<unknown> {
  try {
    await bootedService(setup);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Boots an application without listening and gives its StepUpService; the application is closed again. */
export const bootedService = (setup: BootSetup): Promise<StepUpService> => bootedProvider(StepUpService, setup);

/** Boots an application without listening and gives one of its providers; the application is closed again. */
export async function bootedProvider<T>(provider: Type<T>, setup: BootSetup): Promise<T> {
  const app = await bootedApplication(setup);
  try {
    return app.get(provider);
  } finally {
    await app.close().catch(() => undefined);
  }
}

/** Boots an application without listening. The caller closes it. */
export async function bootedApplication({
  options,
  configure,
  imports = [],
  init = true,
  stepUp = true,
  ...metadata
}: ApplicationSetup): Promise<INestApplication> {
  const own = stepUp ? [StepUpModule.forRoot(withoutNetwork(options))] : [];
  const testing = await Test.createTestingModule({ ...metadata, imports: [...own, ...imports] }).compile();
  const app = testing.createNestApplication();
  configure?.(app);
  try {
    if (init) await app.init();
    return app;
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
}

/** An application that is closed as soon as it has booted has nothing to ask its authorization servers. */
function withoutNetwork(options: StepUpModuleOptions = { authorizationServers: [{ ...bootServer }] }) {
  return typeof options === 'object' && options !== null ? { metadataAudit: 'off' as const, ...options } : options;
}
