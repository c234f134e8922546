import { RequireAcr } from 'nestjs-step-up';
import { type ApplicationClass, functionsOf } from '../../../lib/nest/audit/application-handlers.js';

const classOf = (instance: object) =>
  ({ prototype: Object.getPrototypeOf(instance), instance }) as unknown as ApplicationClass;

describe('the functions that Nest may call for a method', () => {
  it('are that of the prototype, that of the instance, and the decorated one that had their place', () => {
    class BankController {
      @RequireAcr('mfa')
      transfer() {}
    }
    const decorated = BankController.prototype.transfer;
    const replaced = () => undefined;
    BankController.prototype.transfer = replaced;
    const own = () => undefined;
    const instance = Object.assign(new BankController(), { transfer: own });
    expect(functionsOf(classOf(instance), 'transfer')).toEqual([replaced, own, decorated]);
  });

  it('are none that an overriding method has in a base class', () => {
    class BaseController {
      @RequireAcr('mfa')
      transfer(): void {}
    }
    class BankController extends BaseController {
      override transfer() {}
    }
    expect(functionsOf(classOf(new BankController()), 'transfer')).toEqual([BankController.prototype.transfer]);
  });
});
