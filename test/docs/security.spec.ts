import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';

interface Reference {
  readonly file: string;
  readonly title: string;
}

const root = join(__dirname, '../..');
const [, promised = ''] = readFileSync(join(root, 'SECURITY.md'), 'utf8').split('\n## What we promise\n');
const [section = ''] = promised.split('\n## ');

/** Each promise with the lines below it. */
const promises = section
  .split(/^- /m)
  .slice(1)
  .map((item) => ({ sentence: item.split('\n')[0] as string, references: referencesIn(item) }));

function referencesIn(item: string): Reference[] {
  const lines = item.matchAll(/^ {2}- `([\w.-]+) › (.+)`$/gm);
  return [...lines].map(([, file, title]) => ({ file: file as string, title: title as string }));
}

// by name, wherever below test/ they are
const specs = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((path) => /[.-]spec\.ts$/.test(path))
  .map((path) => ({ file: basename(path), titles: titlesIn(readFileSync(join(root, 'test', path), 'utf8')) }));

/** The titles of the tests of a file, and of its groups that have one. */
function titlesIn(source: string): string[] {
  const titles: string[] = [];
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    if (!ts.isCallExpression(node)) return;
    const [first] = node.arguments;
    const isTitled = /^(?:it|test|describe|describeOverHttp)\b/.test(node.expression.getText());
    if (isTitled && first !== undefined && ts.isStringLiteralLike(first)) titles.push(first.text);
  };
  visit(ts.createSourceFile('spec.ts', source, ts.ScriptTarget.Latest, true));
  return titles;
}

test('SECURITY.md has promises, and no line among them that is neither promise nor test', () => {
  const lines = section.split('\n').filter((line) => /^\s*-/.test(line));
  expect(promises.length).toBeGreaterThan(20);
  expect(lines).toHaveLength(promises.length + promises.flatMap(({ references }) => references).length);
});

test.each(promises)('SECURITY.md names a test that shows: $sentence', ({ references }) => {
  expect(references).not.toEqual([]);
  const missing = references.filter(({ file, title }) => {
    return !specs.some((spec) => spec.file === file && spec.titles.includes(title));
  });
  const elsewhere = missing.map(({ title }) =>
    specs.filter((spec) => spec.titles.includes(title)).map(({ file }) => file),
  );
  expect({ missing, elsewhere }).toEqual({ missing: [], elsewhere: [] });
});
