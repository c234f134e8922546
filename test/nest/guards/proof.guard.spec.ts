import { type ExecutionContext, InternalServerErrorException, type Type, UseGuards } from '@nestjs/common';
import { Public, RequireAcr, SkipStepUp } from 'nestjs-step-up';
import { classProof, handlerProof } from '../../../lib/nest/guards/proof.guard.js';
import { verdicts } from '../../../lib/nest/guards/verdict.js';
import { captureLog } from '../../support/application.js';

const log = captureLog();
beforeEach(() => {
  log.lines.length = 0;
});
afterAll(() => log.restore());

const another = { canActivate: () => true };

class BankController {
  @RequireAcr('mfa')
  transfer() {}

  @SkipStepUp()
  accounts() {}

  @Public()
  rates() {}

  open() {}
}

@RequireAcr('mfa')
class GuardedController {
  @RequireAcr('phr')
  transfer() {}
}

const contextOf = (type: Type, handler: unknown) =>
  ({ getClass: () => type, getHandler: () => handler }) as unknown as ExecutionContext;

/** A function that has taken the place of a decorated method, with other guards than those of the decorator. */
function replacement(...decorators: MethodDecorator[]): unknown {
  const transfer = { transfer: () => undefined };
  for (const decorator of decorators) {
    decorator({}, 'transfer', Object.getOwnPropertyDescriptor(transfer, 'transfer') as never);
  }
  return transfer.transfer;
}

describe('an invocation that was not admitted', () => {
  it.each<[handler: string, context: ExecutionContext]>([
    ['a handler that nobody has judged', contextOf(BankController, BankController.prototype.transfer)],
    ['a handler that another guard has let through', contextOf(BankController, replacement(UseGuards(another)))],
  ])('does not reach %s, which the log explains', (_, context) => {
    expect(() => handlerProof.canActivate(context)).toThrow(new InternalServerErrorException());
    expect(log.lines).toEqual([
      '[unguarded] BankController.transfer: Nest has left AcrGuard out of its guards, so that it is refused; provide its ' +
        'class as a class, in a module that Nest scans, and let no other decorator or wrapper replace its metadata',
    ]);
  });

  it('does not reach the handler of an object without a class', () => {
    const context = contextOf(undefined as never, BankController.prototype.transfer);
    expect(() => handlerProof.canActivate(context)).toThrow(new InternalServerErrorException());
  });

  it.each<[handler: string, context: () => ExecutionContext]>([
    ['has its place on a required one', () => contextOf(BankController, replacement())],
    ['has its place and guards of its own', () => contextOf(BankController, replacement(UseGuards(another)))],
    ['no name connects with its class', () => contextOf(BankController, () => undefined)],
    [
      'has the place of one that needs a token alone',
      () => contextOf(BankController, { accounts: () => undefined }.accounts),
    ],
  ])('does not reach a function that %s', (_, context) => {
    expect(() => classProof.canActivate(context())).toThrow(new InternalServerErrorException());
  });

  it.each<[handler: string, context: ExecutionContext]>([
    ['the proof of its own is to judge', contextOf(BankController, BankController.prototype.transfer)],
    ['the proof of its class is to judge', contextOf(GuardedController, replacement())],
    ['is public', contextOf(BankController, BankController.prototype.rates)],
    ['is open', contextOf(BankController, BankController.prototype.open)],
  ])('passes the proof of methods if the handler %s', (_, context) => {
    expect(classProof.canActivate(context)).toBe(true);
  });

  it('is not admitted by being judged', () => {
    const context = contextOf(BankController, replacement());
    verdicts.set(context, { verdict: true, isAdmitted: false });
    expect(() => handlerProof.canActivate(context)).toThrow(InternalServerErrorException);
    expect(() => classProof.canActivate(context)).toThrow(InternalServerErrorException);
  });
});

describe('an invocation that was admitted', () => {
  it('passes both proofs', () => {
    const context = contextOf(BankController, replacement());
    verdicts.set(context, { verdict: true, isAdmitted: true });
    expect(handlerProof.canActivate(context)).toBe(true);
    expect(classProof.canActivate(context)).toBe(true);
  });
});
