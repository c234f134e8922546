// The table: one line for a row, one column for each version and adapter.
const LETTER = { express: 'E', fastify: 'F', tcp: 'T', '-': '-' };

/** Prints the table and the lists of what is wrong; returns whether nothing is. */
export function printReport(all, { versions, seconds }) {
  for (const [rule, ofRule] of groupBy(all, ({ rule }) => rule)) {
    console.log(`\n${rule}`);
    for (const [row, ofRow] of groupBy(ofRule, ({ row }) => row)) {
      const columns = versions.map((version) =>
        ofRow
          .filter((cell) => cell.version === version)
          .map((cell) => `${LETTER[cell.adapter]} ${word(cell)}`)
          .join('  ')
          .padEnd(24),
      );
      console.log(
        `  ${isRed(ofRow) ? (ofRow[0].limit === undefined ? '✗' : '~') : '✓'} ${row.padEnd(84)} ${columns.join('| ')}`,
      );
    }
  }
  const [limited, cells] = [
    all.filter(({ limit }) => limit !== undefined),
    all.filter(({ limit }) => limit === undefined),
  ];
  const lists = [
    ['cells beyond what a package can do', limited.filter((cell) => isRed([cell])), ({ limit }) => limit],
    [
      'handlers that ran when they must not',
      cells.filter(({ holes }) => holes.length > 0),
      ({ holes }) => holes.join(', '),
    ],
    ['good tokens not served, boots not stopped', cells.filter(({ notServed }) => notServed), whyNot],
    ['hangs', withFault(cells, 'hangs'), faultsOf],
    ['errors that nobody caught', withFault(cells, 'loose'), faultsOf],
    ['broken rows', withFault(cells, 'broken'), faultsOf],
  ];
  for (const [title, found, tell] of lists) {
    console.log(`\n${found.length} ${title}`);
    for (const [place, same] of groupBy(found, (cell) => `${cell.rule}: ${howOf(cell)}`)) {
      console.log(`  ${place}`);
      // versions that have the same kinds on the same adapters share a line
      const ofVersion = versions.map((version) => [version, wheresOf(same.filter((cell) => cell.version === version))]);
      for (const [where, alike] of groupBy(ofVersion, ([, where]) => where)) {
        if (where !== '') console.log(`      ${alike.map(([version]) => version).join(', ')}: ${where}`);
      }
      console.log(`      ${[...new Set(same.map(tell))].slice(0, 2).join(' / ').slice(0, 300)}`);
    }
  }
  const red = cells.filter((cell) => isRed([cell]));
  console.log(
    `\nColumns: ${versions.join(' | ')}; E Express, F Fastify, T TCP. ${all.length} cells, ${red.length} red, ${seconds.toFixed(0)} s.`,
  );
  return all.length > 0 && red.length === 0;
}

/** `kind: how` in the tables of kinds; elsewhere the row is all there is. */
function howOf({ rule, row }) {
  return rule.startsWith('Proven') ? row.slice(row.indexOf(': ') + 2) : row;
}

function wheresOf(cells) {
  const kindOf = ({ rule, row }) => (rule.startsWith('Proven') ? row.slice(0, row.indexOf(': ')) : '');
  return [...groupBy(cells, kindOf)]
    .map(([kind, same]) => `${kind} ${same.map(({ adapter }) => LETTER[adapter]).join('')}`.trim())
    .join(', ');
}

function word(cell) {
  const { holes, faults, notServed, stopped, outcomes } = cell;
  if (holes.length > 0) return 'RAN';
  if (faults.length > 0) return faults[0].split(':')[0].toUpperCase();
  if (notServed) return stopped === undefined ? 'NOT-OK' : 'STOPPED';
  if (stopped !== undefined) return 'stops';
  return outcomes.good === 'served' ? 'served' : 'refused';
}

function isRed(cells) {
  return cells.some(({ holes, faults, notServed }) => holes.length > 0 || faults.length > 0 || notServed);
}

function whyNot({ stopped, answers, outcomes }) {
  return stopped === undefined
    ? `good token: ${outcomes.good ?? '-'}: ${answers?.good ?? ''}`
    : `the boot stops: ${stopped}`;
}

function withFault(cells, kind) {
  return cells.filter(({ faults }) => faults.some((fault) => fault.startsWith(kind)));
}

function faultsOf({ faults }) {
  return faults.join('; ');
}

function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(item);
  }
  return groups;
}
