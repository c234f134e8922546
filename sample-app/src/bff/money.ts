// Money is counted in whole cents and never becomes a fraction. The page of the bank reads and writes it the same way.

/** Returns `2500` for `'25'`, `'25.00'` and `'25,00'`; `undefined` for anything else. */
export function parseCents(text: unknown): number | undefined {
  const [, euros, cents = '00'] = (typeof text === 'string' && /^(\d{1,7})(?:[.,](\d{2}))?$/.exec(text.trim())) || [];
  return euros === undefined ? undefined : Number(euros + cents);
}

/** Returns `'€ 1,234.50'` for 123450. */
export function formatCents(cents: number): string {
  const euros = Math.trunc(cents / 100).toLocaleString('en');
  return `€\u00a0${euros}.${String(cents % 100).padStart(2, '0')}`;
}

/** Returns why an amount cannot be transferred; `''` if it can. */
export function amountProblem(cents: number | undefined, balance: number | undefined): string {
  if (cents === undefined) return 'Write euros such as 25 or 25.00.';
  if (cents === 0) return 'Transfer at least 0.01.';
  return balance !== undefined && cents > balance ? `There are only ${formatCents(balance)} in this account.` : '';
}
