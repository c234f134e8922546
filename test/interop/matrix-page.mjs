const CELLS = { ok: '✓', absent: '–' };

/** The page docs/interop.md: a line for each scenario, a column for each server, then what differs, and why. */
export function matrixPage({ scenarios, servers }) {
  const columns = Object.values(servers);
  const header = ['', 'what is asked', 'expected', ...columns.map(({ name }) => name)];
  const lines = scenarios.map(({ id, asks, expected }) => [
    id,
    asks,
    expected,
    ...columns.map(({ name, outcomes }) => CELLS[outcomes[id]?.verdict] ?? `[differs](#${anchorOf(name)})`),
  ]);
  return `# Interoperability

What this package and authorization servers that others wrote do together. \`npm run test:interop\` starts each server with an API and a client of this package beside it, and plays the same table against all of them over HTTP, as a user with a browser would. The run writes this page: nothing here is written by hand.

- ✓: as expected.
- differs: otherwise, as written down below with the reason. The run fails if the server does anything else, and also if it begins to do as expected.
- –: the server has no such thing.

\`pwd\` stands for the server's level of a password, \`mfa\` for that of a password and a one-time code. An outcome tells what the user was asked, then what \`verifyStepUp\` said of the ID token, then the status of the API. Where a server does not do what it was asked, the last word is the API's: 401.

${table([header, ...lines])}

## What differs
${columns.map(section).join('')}`;
}

function section(column) {
  const { name, setUp, outcomes } = column;
  const lines = Object.entries(outcomes)
    .filter(([, { verdict }]) => verdict === 'differs')
    .map(([id, { outcome, why, source }]) => [id, outcome, why, sourceOf(source)]);
  const differing = lines.length === 0 ? 'Nothing differs.' : table([['', 'outcome', 'why', 'source'], ...lines]);
  return `\n### ${name}\n\n${setUp}\n\n${differing}\n`;
}

function sourceOf(source) {
  return source.startsWith('https://') ? `[${new URL(source).hostname.replace(/^www\./, '')}](${source})` : source;
}

function table([header, ...lines]) {
  return [header, header.map(() => '---'), ...lines]
    .map((line) => `| ${line.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

/** As GitHub makes it of a heading. */
function anchorOf(heading) {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
}
