import type { RouteDescription } from '../requirements/route.js';

const HEADINGS = ['route', 'access', 'words', 'maxAge', 'scope', 'advice'];

/**
 * The routes that have a requirement or are marked to have none, as a table for the log. Empty where there are none.
 *
 * @example
 * ```text
 * route                    access    words  maxAge  scope           advice
 * BankController.transfer  required  mfa    20      transfer:write  max_age_short
 * ```
 */
export function routeTable(routes: readonly RouteDescription[]): string {
  const rows = routes.filter(({ access }) => access !== 'open').map(rowOf);
  if (rows.length === 0) return '';
  const table = [HEADINGS, ...rows];
  const widths = HEADINGS.map((_, column) => Math.max(...table.map((row) => (row[column] as string).length)));
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] as number))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function rowOf({ name, access, requirements = {}, dynamic, advice = [] }: RouteDescription): string[] {
  const { acrValues = [], maxAge, scope = '' } = requirements;
  const words = [...acrValues, ...(dynamic ? ['(decided per request)'] : [])].join(' ');
  return [name, access, words, String(maxAge ?? ''), scope, advice.map(({ code }) => code).join(' ')];
}
