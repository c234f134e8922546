import { type CanActivate, Controller, Get, UseGuards } from '@nestjs/common';
import { AccessTokenGuard, AcrGuard, RequireAcr } from 'nestjs-step-up';
import { settlement } from '../../../lib/nest/guards/settlement.guard.js';
import { logOfEachTest } from '../../support/application.js';
import { bootedApplication } from '../../support/boot.js';

logOfEachTest();

const guard: CanActivate = { canActivate: () => true };
const guardsOf = (target: object): unknown => Reflect.getMetadata('__guards__', target);

describe('what waits for a judgement', () => {
  it('runs before the guards of a class, and after each guard of the application on class and handler', async () => {
    @Controller()
    @UseGuards(guard, AcrGuard)
    class Bank {
      @Get('pay')
      @UseGuards(AccessTokenGuard, guard)
      pay() {}
      @Get('list')
      list() {}
    }
    @Controller('derived')
    class Derived extends Bank {}
    class Unbound {
      @UseGuards(guard)
      help() {}
    }
    const app = await bootedApplication({ controllers: [Bank, Derived], providers: [Unbound] });
    await app.close();
    const { pay, list } = Bank.prototype;
    const { help } = Unbound.prototype;
    expect([Bank, Derived, pay, list, Unbound, help].map(guardsOf)).toEqual([
      [settlement, guard, settlement, AcrGuard],
      [settlement, guard, settlement, AcrGuard],
      [AccessTokenGuard, settlement, guard, settlement],
      undefined,
      undefined,
      [guard],
    ]);
  });

  it('is bound once, however many applications have the handler, and again after a guard was added', async () => {
    @Controller()
    class Bank {
      @Get()
      @UseGuards(guard)
      @RequireAcr('mfa')
      pay() {}
    }
    const booted = async () => {
      const app = await bootedApplication({ controllers: [Bank] });
      await app.close();
      return [guardsOf(Bank), guardsOf(Bank.prototype.pay)];
    };
    const first = await booted();
    expect(await booted()).toEqual(first);
    const descriptor = Object.getOwnPropertyDescriptor(Bank.prototype, 'pay') as PropertyDescriptor;
    UseGuards(guard)(Bank.prototype, 'pay', descriptor);
    expect((await booted())[1]).toEqual([...(first[1] as unknown[]), guard, settlement]);
  });
});
