const CELLS = { ok: 'ok', absent: '-', unexpected: 'UNEXPECTED' };

/** What came of each scenario: a line for each, a column for each server. Then what differs from the table, and why. */
export function outcomeTable(columns) {
  const header = ['scenario', 'expected', ...columns.map(({ name }) => name)];
  const lines = columns[0].rows.map(({ scenario: { id, expected } }, index) => {
    const cells = columns.map(({ rows }) => {
      const { verdict, outcome } = rows[index];
      return CELLS[verdict] ?? `differs: ${outcome}`;
    });
    return [id, expected, ...cells];
  });
  const widths = header.map((_, column) => Math.max(...[header, ...lines].map((line) => line[column].length)));
  const rule = widths.map((width) => '-'.repeat(width));
  const text = [header, rule, ...lines].map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
  return [...text, '', ...columns.flatMap(explanations)].join('\n');
}

function explanations({ name, rows }) {
  const told = rows.flatMap(({ scenario: { id, asks }, verdict, outcome, why, expected }) => {
    if (verdict === 'differs') return [`  ${id} (${asks}): ${outcome}`, `    ${why}`];
    if (verdict === 'unexpected') return [`  ${id} (${asks}): UNEXPECTED ${outcome}`, `    expected: ${expected}`];
    return [];
  });
  return told.length === 0 ? [] : [`${name} differs:`, ...told, ''];
}
