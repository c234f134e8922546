import { RequireAcr } from 'nestjs-step-up';
import { metadataOfHandler } from '../../../lib/nest/requirements/handler.js';
import { sealMetadata } from '../../../lib/nest/requirements/metadata.js';
import { Routes } from '../../../lib/nest/requirements/routes.js';
import { Vocabularies } from '../../../lib/nest/requirements/vocabularies.js';

const decorate = (prototype: object, method: string, decorator: MethodDecorator) =>
  decorator(prototype, method, Object.getOwnPropertyDescriptor(prototype, method) as TypedPropertyDescriptor<never>);

describe('a decorator that comes after Nest has looked at the class', () => {
  it('is told, on a class that it extends as well', () => {
    class BaseController {
      transfer() {}
    }
    class BankController extends BaseController {
      accounts() {}
    }
    sealMetadata(BankController);
    const late = /BaseController\.transfer is decorated for step-up after Nest has looked at its class/;
    expect(() => decorate(BaseController.prototype, 'transfer', RequireAcr('mfa'))).toThrow(late);
    expect(() => RequireAcr('mfa')(BankController)).toThrow(/BankController is decorated for step-up after/);
  });

  it('counts all the same, if somebody catches that', () => {
    class BankController {
      transfer() {}
    }
    const routes = new Routes(undefined, new Vocabularies([]));
    const access = () => routes.of(BankController, BankController.prototype.transfer).description.access;
    sealMetadata(BankController);
    expect(access()).toBe('open');
    expect(() => decorate(BankController.prototype, 'transfer', RequireAcr('mfa'))).toThrow(TypeError);
    expect(access()).toBe('required');
  });
});

describe('what decorators say of a function', () => {
  it('is what they say of the method that it hides on the instance', () => {
    class BankController {
      @RequireAcr('mfa')
      transfer() {}
    }
    const { name, metadata } = metadataOfHandler(BankController, () => undefined, 'transfer');
    expect([name, metadata.length]).toEqual(['BankController.transfer', 1]);
  });

  it('is what they say of it in the class where it was decorated, whatever overrides it', () => {
    class BaseController {
      @RequireAcr('mfa')
      transfer(): void {}
    }
    class BankController extends BaseController {
      @RequireAcr('phr')
      override transfer() {}
    }
    const original = BaseController.prototype.transfer;
    BaseController.prototype.transfer = () => undefined;
    expect(metadataOfHandler(BankController, original).metadata).toEqual([
      { kind: 'require', requirements: { acrValues: ['mfa'] } },
    ]);
  });
});
