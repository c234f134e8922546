import { type ExecutionContext, Injectable } from '@nestjs/common';
import { StepUpService } from 'nestjs-step-up';
import { Ledger, type Receipt } from './ledger.js';
import { LIMIT, readTransfer } from './transfer.js';

/** Transfers of customers whose sign-in has been found good enough for one, whatever they were sent by. */
@Injectable()
export class Transfers {
  constructor(
    private readonly ledger: Ledger,
    private readonly stepUp: StepUpService,
  ) {}

  /** Asks for a phishing-resistant sign-in if it is a lot of money, which only the order tells. */
  async perform(at: ExecutionContext, order: unknown): Promise<Receipt> {
    const transfer = readTransfer(order);
    if (transfer.amount > LIMIT) await this.stepUp.require(at, 'phr');
    const { event } = await this.stepUp.authenticated(at);
    return this.ledger.transfer(String(event.subject), transfer);
  }
}
