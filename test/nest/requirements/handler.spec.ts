import { Controller, Get } from '@nestjs/common';
import { Public, RequireAcr, SkipStepUp } from 'nestjs-step-up';
import { metadataOfHandler } from '../../../lib/nest/requirements/handler.js';
import { bootFailure } from '../../support/boot.js';

type Method = (...parameters: unknown[]) => unknown;

/** A decorator that puts another function in the place of the method. */
const replacing =
  (prepare: (wrapper: Method, original: Method) => void = () => undefined): MethodDecorator =>
  (_target, _key, descriptor) => {
    const original = descriptor.value as unknown as Method;
    const wrapper = (...parameters: unknown[]) => original(...parameters);
    prepare(wrapper, original);
    descriptor.value = wrapper as never;
  };

describe('what decorators say of a method', () => {
  it.each<[between: string, decorator: MethodDecorator]>([
    ['leaves nothing', replacing()],
    ['inherits from the method', replacing((wrapper, original) => Object.setPrototypeOf(wrapper, original))],
  ])('contradicts itself also if a wrapper in between %s', async (_, wrapped) => {
    @Controller()
    class TransferController {
      @Get()
      @Public()
      @wrapped
      @RequireAcr('mfa')
      create() {}
    }
    expect(String(await bootFailure({ controllers: [TransferController] }))).toContain(
      'TransferController.create carries @RequireAcr and @Public; one target takes one of them, once',
    );
  });

  it('counts for the function that has taken its place after the boot', () => {
    class TransferController {
      @RequireAcr('mfa')
      create() {}
    }
    const replaced = () => undefined;
    TransferController.prototype.create = replaced;
    expect(metadataOfHandler(TransferController, replaced)).toMatchObject({
      name: 'TransferController.create',
      metadata: [{ kind: 'require', requirements: { acrValues: ['mfa'] } }],
    });
  });

  it('is that of the name that a function has now, if it has moved to another one', () => {
    class TransferController {
      @RequireAcr('mfa')
      create() {}
      list() {}
    }
    const moved = () => undefined;
    TransferController.prototype.list = moved;
    expect(metadataOfHandler(TransferController, moved)).toMatchObject({
      name: 'TransferController.list',
      metadata: [],
    });
    TransferController.prototype.create = moved;
    TransferController.prototype.list = () => undefined;
    expect(metadataOfHandler(TransferController, moved)).toMatchObject({
      name: 'TransferController.create',
      metadata: [{ kind: 'require' }],
    });
  });

  it('counts for the function that was there before, under its name', () => {
    class TransferController {
      @SkipStepUp()
      create() {}
    }
    const original = TransferController.prototype.create;
    TransferController.prototype.create = () => undefined;
    expect(metadataOfHandler(TransferController, original)).toMatchObject({
      name: 'TransferController.create',
      metadata: [{ kind: 'skip' }],
    });
  });
});
