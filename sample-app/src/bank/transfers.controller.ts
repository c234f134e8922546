import { Body, Controller, type ExecutionContext, Post } from '@nestjs/common';
import { RequireAcr, StepUpContext, StepUpService } from 'nestjs-step-up';
import { Customer } from './customer.js';
import { Ledger, type Receipt } from './ledger.js';
import { readTransfer } from './transfer.js';

/** Cents above which a transfer needs a phishing-resistant sign-in. */
const LIMIT = 1000_00;

@Controller('transfers')
export class TransfersController {
  constructor(
    private readonly ledger: Ledger,
    private readonly stepUp: StepUpService,
  ) {}

  /** A second factor and a sign-in of the last five minutes; for a lot of money more, which only the body tells. */
  @Post()
  @RequireAcr('mfa', { maxAge: 300 })
  async create(
    @StepUpContext() at: ExecutionContext,
    @Customer() customer: string,
    @Body() body: unknown,
  ): Promise<Receipt> {
    const transfer = readTransfer(body);
    if (transfer.amount > LIMIT) await this.stepUp.require(at, 'phr');
    return this.ledger.transfer(customer, transfer);
  }
}
