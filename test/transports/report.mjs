// The tables: one line for a row, one column for each token, and one line for each version where versions differ.
const TITLES = {
  tokens: 'Who is served, and what the others receive',
  'bad input': 'Bad input',
  'token guard': 'Handlers that require a token alone, by `AccessTokenGuard`',
};

/** Returns the page of the documentation. */
export function pageOf(cells, versions) {
  return `# Every transport

What clients receive, over real connections: \`npm run test:transports\` has written this page. The versions of Nest are ${versions.join(' and ')}. A cell that names no version is the same on both. [Sockets, GraphQL and microservices](transports.md#what-a-refusal-looks-like) explains the forms.

- Tokens: none, weak (another \`acr\`), old (a sign-in an hour ago), expired, good. The handlers have \`@RequireAcr('mfa', { maxAge: 300 })\`.
- In every refusal of a weak or old token [\`findStepUpChallenge\`](client.md#anything-but-fetch) finds what is required. The sender of an event gets no answer: \`onDecision\` tells of it.
- A row "alone" is a microservice without HTTP, "hybrid" one that an application with HTTP has connected.

${markdownOf(cells, versions)}`;
}

/** Returns the tables in Markdown. */
function markdownOf(cells, versions) {
  const parts = [];
  for (const [table, ofTable] of groupBy(cells, ({ table }) => table)) {
    const rows = [...groupBy(ofTable, ({ row }) => row)].map(([row, cells]) => [
      row,
      groupBy(cells, ({ column }) => column),
    ]);
    const textOf = (columns, column) => inOneCell(columns.get(column) ?? [], versions);
    const all = [...groupBy(ofTable, ({ column }) => column).keys()];
    // columns in which every row is the same are one
    const merged = [
      ...groupBy(all, (column) => JSON.stringify(rows.map(([, cells]) => textOf(cells, column)))).values(),
    ];
    parts.push(`## ${TITLES[table]}\n`, line(['', ...merged.map((columns) => columns.join(', '))]));
    parts.push(line(['---', ...merged.map(() => '---')]));
    for (const [row, cells] of rows) parts.push(line([row, ...merged.map(([column]) => textOf(cells, column))]));
    parts.push('');
  }
  return parts.join('\n');
}

/** Versions that received the same share a cell. It names them if they are not all. */
function inOneCell(cells, versions) {
  const groups = [...groupBy(cells, shown)];
  const [text, those = []] = groups[0] ?? ['', versions];
  if (groups.length <= 1 && those.length === versions.length) return text;
  return groups.map(([text, of]) => `Nest ${of.map(({ version }) => version).join(', ')}: ${text}`).join('<br>');
}

function shown({ received, faults }) {
  return faults.length === 0 ? received : `**${faults.map((fault) => fault.split(' ')[0]).join(', ')}** ${received}`;
}

function line(columns) {
  return `| ${columns.join(' | ')} |`;
}

/** Prints the tables and every fault; returns whether there is none. */
export function printReport(cells, { versions, seconds, left }) {
  console.log(markdownOf(cells, versions));
  const faulty = cells.filter(({ faults }) => faults.length > 0);
  for (const { version, table, row, column, received, faults } of faulty) {
    console.log(
      `✗ Nest ${version}, ${table}: ${row}, ${column}: ${received}\n    ${faults.join('\n    ').slice(0, 1200)}`,
    );
  }
  if (left.length > 0) console.log(`Left out: ${left.join(', ')}.`);
  console.log(
    `Nest ${versions.join(' and ')}; ${cells.length} cells, ${faulty.length} with faults, ${seconds.toFixed(0)} s.`,
  );
  return cells.length > 0 && faulty.length === 0;
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
