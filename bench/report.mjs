// The report: a line for each row and ratio, as Markdown, so that it can be written into README.md.
import { BUDGETS, SIDE_BY_SIDE, START } from './budgets.mjs';
import { TITLES } from './rows.mjs';
import { median, medianOf, quartiles, ratiosOfRounds } from './statistics.mjs';

const table = ([head, ...rows]) =>
  [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...rows].map((row) => `| ${row.join(' | ')} |`);

const capitalized = (text) => text[0].toUpperCase() + text.slice(1);

/** The rows that one of the servers has. */
const columnsOf = (measured) =>
  Object.keys(TITLES).filter((row) => Object.values(measured).some(({ rows }) => rows[row] !== undefined));

/** Returns the table of one field: microseconds of CPU for a request with the quartiles, and requests per second. */
export function rowsOf(field, measured) {
  const columns = columnsOf(measured);
  const cell = (row) => {
    if (row === undefined) return '';
    const [low, high] = quartiles(row.cpu);
    return `${median(row.cpu).toFixed(0)} (${low.toFixed(0)}–${high.toFixed(0)})`;
  };
  const perSecond = ({ open, warm }) =>
    [open, warm].map((row) => (row === undefined ? '' : median(row.perSecond).toFixed(0))).join(' / ');
  const head = [
    `${capitalized(field)}, µs a request`,
    ...columns.map((column) => TITLES[column]),
    'open / known, a second',
  ];
  return table([
    head,
    ...Object.values(measured).map(({ name, rows }) => [
      name,
      ...columns.map((row) => cell(rows[row])),
      perSecond(rows),
    ]),
  ]);
}

/** Returns the ratios of one field, with `isKept` where there is a bound. */
export function ratiosOf(field, measured) {
  return BUDGETS.map(({ what, rows, ratio, most, least }) => {
    const value = medianOf(ratio, ...rows.map(([id, row]) => measured[id].rows[row].cpu));
    const bound = most ?? least?.[field];
    const isKept = bound === undefined ? undefined : most === undefined ? value >= bound : value <= bound;
    const shown = bound === undefined ? '' : `${most === undefined ? '≥' : '≤'} ${bound}`;
    return { what: `${capitalized(field)}: ${what}`, value, shown, isKept };
  });
}

export function ratioTable(ratios) {
  const around = ({ spread }) => (spread === undefined ? '' : ` (${spread.map((one) => one.toFixed(2)).join('–')})`);
  const kept = ({ isKept }) => (isKept === undefined ? '' : isKept ? 'kept' : 'missed');
  return table([
    ['Ratio', 'measured', 'budget', ''],
    ...ratios.map((one) => [one.what, one.value.toFixed(2) + around(one), one.shown, kept(one)]),
  ]);
}

/** Returns the table of what one server uses ÷ what another does for the same requests, bold where ours uses more. */
export function sideBySide(measured) {
  const columns = columnsOf(measured);
  const cell = (one, other, isControl) => {
    const ratios = ratiosOfRounds((above, below) => above / below, one.cpu, other.cpu);
    const [low, high] = quartiles(ratios);
    const value = median(ratios).toFixed(2);
    return `${Number(value) > 1 && !isControl ? `**${value}**` : value} (${low.toFixed(2)}–${high.toFixed(2)})`;
  };
  return table([
    ['Ratio of CPU', ...columns.map((column) => TITLES[column])],
    ...SIDE_BY_SIDE.map(({ what, ids: [one, other], isControl }) => [
      what,
      ...columns.map((row) => cell(measured[one].rows[row], measured[other].rows[row], isControl)),
    ]),
  ]);
}

const STARTED = {
  plain: 'without the module',
  guards: 'without it, with as many guards and filters that do nothing',
  open: 'with it, all open',
  shared: 'with it, all protected by one requirement',
  different: 'with it, all protected by different requirements',
  control: 'without the module again',
};
const WITH_MODULE = ['open', 'shared', 'different'];

/** Returns the table of the starts of one field, and the one of their parts. */
export function startupTable(field, rows) {
  return [
    ...table([
      [`Start on ${capitalized(field)}`, 'ms of CPU', '÷ without', `budget of the module: ≤ ${START}`],
      ...rows.map(({ application, milliseconds, spread: [low, high], ratio }) => [
        STARTED[application],
        `${milliseconds.toFixed(0)} (${low.toFixed(0)}–${high.toFixed(0)})`,
        ratio.toFixed(2),
        WITH_MODULE.includes(application) ? (ratio <= START ? 'kept' : 'missed') : '',
      ]),
    ]),
    '',
    ...table([
      [`Start on ${capitalized(field)}, µs a route`, 'classes', 'Nest', 'boot audit', 'route table'],
      ...rows.map(({ application, parts: { declaring, nest, audit, table: shown } }) => [
        STARTED[application],
        ...[declaring, nest, audit, shown].map((part) => part.toFixed(0)),
      ]),
    ]),
  ];
}

/** Writes a report between the marks of its name, and leaves the rest of the page alone. */
export function inserted(page, name, lines) {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end ${name} -->`];
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from === -1 || to === -1) throw new Error(`README.md has no place for ${name}`);
  return `${page.slice(0, from + begin.length)}\n\n${lines.join('\n')}\n\n${page.slice(to)}`;
}
