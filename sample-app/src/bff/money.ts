/** Reads an amount in euros, such as `25` or `25.00`, as cents; `undefined` for anything else. */
export function inCents(text: unknown): number | undefined {
  const [, euros, cents = '00'] = (typeof text === 'string' && /^(\d{1,7})(?:[.,](\d{2}))?$/.exec(text)) || [];
  return euros === undefined ? undefined : Number(euros) * 100 + Number(cents);
}

/** Writes cents as euros, such as `25.00 €`. */
export function inEuros(cents: number): string {
  return `${(cents / 100).toFixed(2)} €`;
}
