// Money is counted in whole cents and never becomes a fraction.

/** `'€ 1,234.50'` for 123450. */
export function formatCents(cents) {
  const euros = Math.trunc(cents / 100).toLocaleString('en');
  return `€\u00a0${euros}.${String(cents % 100).padStart(2, '0')}`;
}

/** What `formatCents` would be typed as: `'1234.50'`. */
export function typedCents(cents) {
  return `${Math.trunc(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

/** Says why an amount cannot be transferred; `''` if it can. */
export function amountProblem(cents, balance) {
  if (cents === undefined) return 'Write euros such as 25 or 25.00.';
  if (cents === 0) return 'Transfer at least 0.01.';
  return cents > balance ? `There are only ${formatCents(balance)} in this account.` : '';
}

/** 2500 for `'25'`, `'25.00'` and `'25,00'`. */
export function parseCents(text) {
  const [, euros, cents = '00'] = /^(\d{1,7})(?:[.,](\d{2}))?$/.exec(text.trim()) ?? [];
  return euros === undefined ? undefined : Number(euros + cents);
}
