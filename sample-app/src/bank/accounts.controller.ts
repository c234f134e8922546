import { Controller, Get, UseGuards } from '@nestjs/common';
import { AccessTokenGuard } from 'nestjs-step-up';
import { Customer } from './customer.js';
import { type Account, Ledger } from './ledger.js';

@Controller('accounts')
@UseGuards(AccessTokenGuard)
export class AccountsController {
  constructor(private readonly ledger: Ledger) {}

  /** Signed in is enough to look. */
  @Get()
  list(@Customer() customer: string): { accounts: readonly Account[] } {
    return { accounts: this.ledger.accountsOf(customer) };
  }
}
