import { BadRequestException } from '@nestjs/common';

/** An order to move money. */
export interface Transfer {
  /** Number of the account to take it from. */
  readonly from: string;
  /** Number of the account to give it to. */
  readonly to: string;
  /** Cents. */
  readonly amount: number;
}

/** Cents above which a transfer needs a phishing-resistant sign-in. */
export const LIMIT = 1000_00;

const MEMBERS = new Set(['from', 'to', 'amount']);
const ACCOUNT_NUMBER = /^[a-z]{1,20}-[a-z]{1,20}$/;

/**
 * Reads a transfer from a request's body.
 *
 * @throws BadRequestException naming the member that is wrong
 */
export function readTransfer(body: unknown): Transfer {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalidTransfer('body', 'must be a JSON object with "from", "to" and "amount"');
  }
  for (const member of Object.keys(body))
    if (!MEMBERS.has(member)) throw invalidTransfer(member.slice(0, 40), 'is not known here');

  const { from, to, amount } = body as Record<string, unknown>;
  if (typeof from !== 'string' || !ACCOUNT_NUMBER.test(from))
    throw invalidTransfer('from', 'must be an account number');
  if (typeof to !== 'string' || !ACCOUNT_NUMBER.test(to)) throw invalidTransfer('to', 'must be an account number');
  if (from === to) throw invalidTransfer('to', 'must be another one than that it comes from');
  if (typeof amount !== 'number' || !Number.isSafeInteger(amount) || amount < 1) {
    throw invalidTransfer('amount', 'must be a positive integer number of cents');
  }
  return { from, to, amount };
}

/** What the members are called for people. */
const NAMES: Readonly<Record<string, string>> = {
  from: 'The account it comes from',
  to: 'The account it goes to',
  amount: 'The amount',
};

/** 400 that names the faulty member. `message` is what MCP and GraphQL show of it. */
export function invalidTransfer(member: string, problem: string): BadRequestException {
  const message = `${NAMES[member] ?? `"${member}"`} ${problem}`;
  return new BadRequestException({
    statusCode: 400,
    message,
    error: 'invalid_transfer',
    member,
    error_description: message,
  });
}
