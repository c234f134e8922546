import { inCents } from './money.js';
import { Problem } from './problem.js';

/** A transfer as the bank's API takes it. */
export interface Transfer {
  /** Number of the account that pays. */
  readonly from: string;
  /** Number of the account that is paid. */
  readonly to: string;
  /** Cents. */
  readonly amount: number;
}

const ACCOUNT_NUMBER = /^[a-z-]{3,41}$/;

/**
 * Reads a transfer from the form, so that users sign in for nothing that the bank would refuse anyway.
 *
 * @throws Problem for a field that is not filled in as the page asks
 */
export function readTransfer({ from, to, amount }: Record<string, unknown>): Transfer {
  const cents = inCents(amount);
  if (!isAccountNumber(from)) throw invalid('"from" must be an account number');
  if (!isAccountNumber(to)) throw invalid('"to" must be an account number');
  if (from === to) throw invalid('"to" must be another account than "from"');
  if (cents === undefined || cents === 0) throw invalid('"amount" must be euros, such as 25 or 25.00');
  return { from, to, amount: cents };
}

function isAccountNumber(text: unknown): text is string {
  return typeof text === 'string' && ACCOUNT_NUMBER.test(text);
}

function invalid(reason: string): Problem {
  return new Problem(400, 'This does not work', `${reason}. Nothing was changed.`);
}
