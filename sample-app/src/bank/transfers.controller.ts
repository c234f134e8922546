import { Body, Controller, type ExecutionContext, Post } from '@nestjs/common';
import { RequireAcr, StepUpContext } from 'nestjs-step-up';
import type { Receipt } from './ledger.js';
import { Transfers } from './transfers.js';

@Controller('transfers')
export class TransfersController {
  constructor(private readonly transfers: Transfers) {}

  /** A second factor and a sign-in of the last five minutes. */
  @Post()
  @RequireAcr('mfa', { maxAge: 300 })
  create(@StepUpContext() at: ExecutionContext, @Body() order: unknown): Promise<Receipt> {
    return this.transfers.perform(at, order);
  }
}
