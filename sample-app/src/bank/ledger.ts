import { randomUUID } from 'node:crypto';
import { Injectable, UnprocessableEntityException } from '@nestjs/common';
import { invalidTransfer, type Transfer } from './transfer.js';

export interface Account {
  /** Such as `ada-everyday`. */
  readonly number: string;
  readonly name: string;
  /** Cents. */
  readonly balance: number;
}

/** What a customer is told of a transfer that went through. */
export interface Receipt extends Transfer {
  readonly id: string;
  /** Cents left in the account it was taken from. */
  readonly balance: number;
}

/** The bank's books: whole cents, in memory. */
@Injectable()
export class Ledger {
  readonly #accounts = new Map<string, Account & { owner: string; balance: number }>(
    [
      { owner: 'ada', number: 'ada-everyday', name: 'Everyday', balance: 2480_50 },
      { owner: 'ada', number: 'ada-savings', name: 'Savings', balance: 12_000_00 },
      { owner: 'bob', number: 'bob-everyday', name: 'Everyday', balance: 640_20 },
    ].map((account) => [account.number, account]),
  );

  accountsOf(owner: string): readonly Account[] {
    return [...this.#accounts.values()]
      .filter((account) => account.owner === owner)
      .map(({ number, name, balance }) => ({ number, name, balance }));
  }

  /**
   * Moves money from one of the customer's accounts to another account of this bank.
   *
   * @throws BadRequestException if an account does not exist, or is another customer's to take from
   * @throws UnprocessableEntityException if there is not enough money
   */
  transfer(customer: string, { from, to, amount }: Transfer): Receipt {
    const source = this.#accounts.get(from);
    const target = this.#accounts.get(to);
    if (source === undefined || source.owner !== customer) throw invalidTransfer('from', 'is not one of your accounts');
    if (target === undefined) throw invalidTransfer('to', 'is not an account of this bank');
    if (source.balance < amount) {
      throw new UnprocessableEntityException({
        statusCode: 422,
        message: 'There is not enough money in this account',
        error: 'insufficient_funds',
        error_description: 'There is not enough money in this account',
      });
    }
    source.balance -= amount;
    target.balance += amount;
    return { id: randomUUID(), from, to, amount, balance: source.balance };
  }
}
