import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import { RequireAcr, StepUpModule } from 'nestjs-step-up';
import { logOfEachTest } from '../../support/application.js';
import { bootFailure, bootServer } from '../../support/boot.js';
import { handler } from '../../support/handler.js';

const log = logOfEachTest();

describe('a second copy of the package', () => {
  const COPIES = Symbol.for('nestjs-step-up:copies');
  const copies = () => (globalThis as unknown as Record<symbol, Set<string>>)[COPIES] as Set<string>;
  const elsewhere = '/elsewhere/node_modules/nestjs-step-up';
  afterEach(() => void copies().delete(elsewhere));

  const otherCopy = (): { RequireAcr: typeof RequireAcr; StepUpModule: typeof StepUpModule } => {
    const nest = ['@nestjs/common', '@nestjs/core', '@nestjs/passport'].map((name) => [name, require(name)] as const);
    let copy: unknown;
    jest.isolateModules(() => {
      for (const [name, shared] of nest) jest.doMock(name, () => shared);
      copy = require('nestjs-step-up');
    });
    for (const [name] of nest) jest.dontMock(name);
    return copy as ReturnType<typeof otherCopy>;
  };

  it('a second copy is told at boot, once, with where both are', async () => {
    const [here] = copies();
    copies().add(elsewhere);
    const said =
      `nestjs-step-up: is loaded from ${[elsewhere, here].sort().join(' and ')}, and guards of one copy do not work ` +
      'with the module of another; "npm ls nestjs-step-up" tells who brings them; keep one';
    expect(await bootFailure({})).toBe(undefined);
    expect(log.filter((line) => line.startsWith('[several_copies]'))).toEqual([`[several_copies] ${said}`]);
    expect(await bootFailure({ options: { authorizationServers: [bootServer], audit: 'throw' } })).toEqual(
      new TypeError(`Boot audit: ${said}`),
    );
  });

  it('one copy is not told of', () => {
    expect([...copies()]).toEqual([join(__dirname, '../../..')]);
  });

  it('a decorator of the second copy on a handler stops the boot, and the copy is named in the log before', async () => {
    copies().add(elsewhere);
    const controllers = [handler(otherCopy().RequireAcr('mfa'))];
    const boot = Test.createTestingModule({
      imports: [StepUpModule.forRoot({ authorizationServers: [bootServer], metadataAudit: 'off' })],
      controllers,
    }).compile();
    await expect(boot).rejects.toThrow(
      /is loaded from .* and guards of one copy do not work with the module of another/,
    );
    expect(log.filter((line) => line.startsWith('[several_copies]'))).toHaveLength(1);
  });

  it('a module of the second copy next to ours does not enforce what its decorators demand, which stops the boot', async () => {
    const other = otherCopy();
    const options = { authorizationServers: [bootServer], metadataAudit: 'off' as const };
    const failure = await bootFailure({
      imports: [other.StepUpModule.forRoot({ ...options, strategyName: 'other' })],
      controllers: [handler(other.RequireAcr('mfa'))],
      options,
    });
    expect(failure).toEqual(
      new TypeError(
        'The requirements of HandlerController.handle would not be enforced: its AcrGuard is of another copy of ' +
          'nestjs-step-up than StepUpModule; "npm ls nestjs-step-up" tells who brings them, keep one',
      ),
    );
  });
});
