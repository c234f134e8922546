import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** The tables as lists of rows, which are lists of cells. */
const tables = [...readFileSync(join(__dirname, 'README.md'), 'utf8').matchAll(/(?:^\|.*\|\n)+/gm)].map(([table]) =>
  table
    .trim()
    .split('\n')
    .map((line) => line.slice(1, -1).split('|'))
    .map((cells) => cells.map((cell) => cell.trim())),
);
/** The rows, without heading, of the tables whose first column has this heading. */
const rowsOf = (column: string) =>
  tables.filter(([heading]) => heading?.[0] === column).flatMap((rows) => rows.slice(2));
const prefixes = rowsOf('prefix').map(([prefix]) => prefix);
const rows = rowsOf('number').map(([number = '', section = '', sentence = '']) => ({ number, section, sentence }));
const listed = rows.map(({ number }) => number);

/** The numbers in the string literals of a file: in front of a text whatever the prefix, elsewhere if it is known. */
function numbersIn(file: string, source: string): string[] {
  const known = new RegExp(`(?<!field )\\b(?:${prefixes.join('|')})-\\d+\\b`, 'g');
  const numbers: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node)) {
      const [front = ''] = /^(?:(?:field )?[A-Z]+-\d+ )+/.exec(node.text) ?? [];
      numbers.push(...(front.match(/(?:field )?[A-Z]+-\d+/g) ?? []), ...(node.text.match(known) ?? []));
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file.replace(/\.mjs$/, '.js'), source, ts.ScriptTarget.Latest));
  return [...new Set(numbers)];
}

const files = readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(ts|mjs|json)$/.test(file) && !file.includes('node_modules'))
  .map((file) => ({ file, path: join(__dirname, file) }))
  .filter(({ path }) => path !== __filename);
const titled = files.flatMap(({ file, path }) =>
  numbersIn(file, readFileSync(path, 'utf8')).map((number) => ({ file, number })),
);

describe('the tables of test/README.md and the titles of the tests', () => {
  test('each number in a title has a row', () => {
    expect(titled.filter(({ number }) => !listed.includes(number))).toEqual([]);
  });

  test('each number that has a row occurs in a title', () => {
    expect(listed.filter((number) => !titled.some((title) => title.number === number))).toEqual([]);
  });

  test('each row has a section and a sentence, its prefix is known, and no number has two rows', () => {
    const prefixOf = (number: string) => number.replace(/-\d+$/, '');
    expect(rows.filter(({ section, sentence }) => section === '' || !sentence.endsWith('.'))).toEqual([]);
    expect(listed.filter((number) => !prefixes.includes(prefixOf(number)))).toEqual([]);
    expect(listed.filter((number, index) => listed.indexOf(number) !== index)).toEqual([]);
  });

  test.each<[file: string, source: string, numbers: string[]]>([
    ['a.spec.ts', "test('RS-01 RS-02 a challenge', () => {})", ['RS-01', 'RS-02']],
    ['a.mjs', `test(\`C-01 \${name}\`, () => {})`, ['C-01']],
    ['a.json', '[{ "name": "C-02 a vector" }]', ['C-02']],
    ['a.spec.ts', "test.each(['a token, as in RS-03'])", ['RS-03']],
    ['a.spec.ts', "test('field RS-17 is not the row of the RFC', () => {})", ['field RS-17']],
    ['a.spec.ts', "test('NEW-1 has a prefix that no table has', () => {})", ['NEW-1']],
    ['a.spec.ts', "generate('P-256'); // RS-04 is a comment", []],
  ])('finds the numbers in the strings of %s: %s', (file, source, numbers) => {
    expect(numbersIn(file, source)).toEqual(numbers);
  });
});
