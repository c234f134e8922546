import { type ExecutionContext, UseGuards } from '@nestjs/common';
import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { AccessTokenGuard, RequireAcr, StepUpContext } from 'nestjs-step-up';
import { Customer } from './customer.js';
import { type Account, Ledger, type Receipt } from './ledger.js';
import { Transfers } from './transfers.js';

/** The bank's API by GraphQL. Amounts are cents. */
export const typeDefs = `
  type Account { number: String!, name: String!, balance: Int! }
  type Receipt { id: ID!, from: String!, to: String!, amount: Int!, balance: Int! }
  input TransferInput { from: String!, to: String!, amount: Int! }
  type Query { accounts: [Account!]! }
  type Mutation { transfer(order: TransferInput!): Receipt }
`;

@Resolver()
export class BankResolver {
  constructor(
    private readonly ledger: Ledger,
    private readonly transfers: Transfers,
  ) {}

  @Query('accounts')
  @UseGuards(AccessTokenGuard)
  accounts(@Customer() customer: string): readonly Account[] {
    return this.ledger.accountsOf(customer);
  }

  /** A refusal is in the `extensions` of the error, with what a challenge over HTTP would say. */
  @Mutation('transfer')
  @RequireAcr('mfa', { maxAge: 300 })
  transfer(@StepUpContext() at: ExecutionContext, @Args('order') order: object): Promise<Receipt> {
    return this.transfers.perform(at, { ...order });
  }
}
