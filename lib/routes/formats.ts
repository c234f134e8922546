import type { RouteDescription } from './application.js';

export type Format = 'table' | 'json' | 'markdown';

const HEADINGS = ['called by', 'handler', 'access', 'words', 'maxAge', 'scope', 'enforced by'];

/** Formats routes as text, by the name of the format. */
export const FORMATS: Readonly<Record<Format, (routes: readonly RouteDescription[]) => string>> = {
  table: (routes) => [...aligned([HEADINGS, ...routes.map(cellsOf)]), '', summary(routes), ''].join('\n'),
  markdown(routes) {
    const lines = [HEADINGS, HEADINGS.map(() => '---'), ...routes.map((route) => cellsOf(route).map(escaped))];
    return [...lines.map((cells) => `| ${cells.join(' | ')} |`), '', summary(routes), ''].join('\n');
  },
  json: (routes) => `${JSON.stringify(routes, null, 2)}\n`,
};

function cellsOf({
  triggers = [],
  name,
  access,
  requirements = {},
  dynamic,
  enforcedBy = '',
}: RouteDescription): string[] {
  const { acrValues = [], maxAge, scope = '' } = requirements;
  const words = [...acrValues, ...(dynamic ? ['(decided per request)'] : [])].join(' ');
  return [triggers.join(', '), name, access, words, String(maxAge ?? ''), scope, enforcedBy].map(printable);
}

/** Returns the number of handlers, and how many of them require nothing. */
function summary(routes: readonly RouteDescription[]): string {
  const count = (access: string) => routes.filter((route) => route.access === access).length;
  const handlers = routes.length === 1 ? '1 handler' : `${routes.length} handlers`;
  return `${handlers}: ${count('open')} open, ${count('public')} public`;
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function escaped(cell: string): string {
  return cell.replace(/[|\\<>&`*_[\]]/g, '\\$&');
}

/** Escapes what a terminal or a table would take for more than text. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Bidi_C}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
