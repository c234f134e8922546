import type { RouteDescription } from '../requirements/route-description.js';

const HEADINGS = ['called by', 'handler', 'access', 'words', 'maxAge', 'scope', 'advice'];

/**
 * Returns the routes that declare something as a table for the log, and the number of the other ones.
 *
 * @param shown `'all'` lists those as well of which nothing is declared
 * @example
 * ```text
 * called by        handler                  access    words  maxAge  scope           advice
 * POST /transfers  BankController.transfer  required  mfa    20      transfer:write  max_age_short
 * 3 handlers are open, as nothing is declared of them; "routeTable": 'all' lists them
 * ```
 */
export function routeTable(routes: readonly RouteDescription[], shown: 'guarded' | 'all'): string {
  const rows = routes.filter(({ access }) => shown === 'all' || access !== 'open').map(rowOf);
  const lines = rows.length === 0 ? [] : tableOf([HEADINGS, ...rows]);
  const open = routes.filter(({ access }) => access === 'open').length;
  return [...lines, openLine(open, shown)].join('\n');
}

function openLine(open: number, shown: 'guarded' | 'all'): string {
  if (open === 0) return 'no handlers are open';
  const [count, them] = open === 1 ? ['1 handler is', 'it'] : [`${open} handlers are`, 'them'];
  const hint = shown === 'all' ? '' : `; "routeTable": 'all' lists ${them}`;
  return `${count} open, as nothing is declared of ${them}${hint}`;
}

/** Returns the lines of a table, with each column as wide as its longest cell. */
export function tableOf(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function rowOf({ name, triggers = [], access, requirements = {}, dynamic, advice = [] }: RouteDescription): string[] {
  const { acrValues = [], maxAge, scope = '' } = requirements;
  const words = [...acrValues, ...(dynamic ? ['(decided per request)'] : [])].join(' ');
  const codes = advice.map(({ code }) => code).join(' ');
  return [triggers.join(', '), name, access, words, String(maxAge ?? ''), scope, codes];
}
