import type { INestApplication, ModuleMetadata, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { StepUpModule, type StepUpModuleOptions, StepUpService } from 'nestjs-step-up';

export interface BootSetup extends ModuleMetadata {
  options?: StepUpModuleOptions;
  /** Runs before the application boots. */
  configure?: (app: INestApplication) => void;
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
export async function bootedProvider<T>(
  provider: Type<T>,
  { options, configure, imports = [], ...metadata }: BootSetup,
): Promise<T> {
  const testing = await Test.createTestingModule({
    ...metadata,
    imports: [StepUpModule.forRoot(withoutNetwork(options)), ...imports],
  }).compile();
  const app = testing.createNestApplication();
  configure?.(app);
  try {
    await app.init();
    return app.get(provider);
  } finally {
    await app.close().catch(() => undefined);
  }
}

/** An application that is closed as soon as it has booted has nothing to ask its authorization servers. */
function withoutNetwork(options: StepUpModuleOptions = { authorizationServers: [{ ...bootServer }] }) {
  return typeof options === 'object' && options !== null ? { metadataAudit: 'off' as const, ...options } : options;
}
