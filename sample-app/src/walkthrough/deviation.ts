import { begin, green, write } from './terminal.js';

/** A step went another way than the protocol says. */
export class Deviation extends Error {}

/**
 * Checks one thing that the protocol says, and prints that it holds.
 *
 * @throws Deviation if it does not
 */
export function check(what: string, actual: unknown, expected: unknown): void {
  const [shown, wanted] = [actual, expected].map((value) => JSON.stringify(value));
  if (shown !== wanted) throw new Deviation(`${what}: expected ${wanted}, got ${shown}`);
  begin('check');
  write(`  ${green('✓')} ${what}`);
}
