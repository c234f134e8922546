import type { Account } from './bank-api.js';
import { amountProblem, parseCents } from './money.js';

/** A transfer as the bank's API takes it. */
export interface Transfer {
  /** Number of the account that pays. */
  readonly from: string;
  /** Number of the account that is paid. */
  readonly to: string;
  /** Cents. */
  readonly amount: number;
}

/** A field that is not filled in as it has to be, and what to say next to it. */
export interface FieldProblem {
  readonly field: keyof Transfer;
  readonly text: string;
}

type TransferForm = Readonly<Record<string, unknown>>;

const ACCOUNT_NUMBER = /^[a-z-]{3,41}$/;

/**
 * Reads a transfer from the form, so that users sign in for nothing that the bank would refuse anyway.
 *
 * @param accounts those of the user
 */
export function readTransfer(
  { from, to, amount }: TransferForm,
  accounts: readonly Account[],
): Transfer | FieldProblem {
  if (!isAccountNumber(from)) return { field: 'from', text: 'Choose one of your accounts.' };
  if (!isAccountNumber(to)) return { field: 'to', text: 'Choose an account of this bank.' };
  if (from === to) return { field: 'to', text: 'Choose another account than the one it comes from.' };
  const cents = parseCents(amount);
  const text = amountProblem(cents, accounts.find(({ number }) => number === from)?.balance);
  return cents === undefined || text !== '' ? { field: 'amount', text } : { from, to, amount: cents };
}

function isAccountNumber(text: unknown): text is string {
  return typeof text === 'string' && ACCOUNT_NUMBER.test(text);
}
