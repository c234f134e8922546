import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { preProcessFile } from 'typescript';

const SAMPLE = join(__dirname, '../sample-app/src');

/** Folders that could each be deployed alone. The files beside them start all parties together. */
const PARTIES = ['authorization-server', 'bank', 'bff', 'walkthrough'];
/** What users copy into an application of their own. */
const COPIED_FOLDER = 'bff/step-up/';
const COPIED_FILE = 'bank/public/step-ups.mjs';

/** Returns the rule that an import breaks; `file` is relative to the sources of the sample. */
function brokenRule(file: string, imported: string): string | undefined {
  if (!imported.startsWith('.')) return undefined;
  const target = posix.join(posix.dirname(file), imported);
  const folder = folderOf(file);
  const into = folderOf(target);
  if (target.startsWith('..')) return 'the sample imports the package by its name';
  const isCopied = file.startsWith(COPIED_FOLDER);
  const isOfCopied = target.startsWith(COPIED_FOLDER);
  if ((isCopied && !isOfCopied) || file === COPIED_FILE) return 'what users copy imports only itself';
  if (isOfCopied && !isCopied && target !== `${COPIED_FOLDER}index.js`) return 'what users copy has one door';
  if (folder === into || folder === '') return undefined;
  if (folder === 'shared') return 'shared imports no party';
  if (into === 'shared') return undefined;
  if (/^walkthrough\/(?:mcp\/)?main\.ts$/.test(file) && target === 'sample.js') return undefined;
  return `${folder} imports only itself and shared`;
}

function folderOf(path: string): string {
  return PARTIES.concat('shared').find((folder) => path.startsWith(`${folder}/`)) ?? '';
}

const files = readdirSync(SAMPLE, { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/'));
const read = (file: string) => readFileSync(join(SAMPLE, file), 'utf8');
const imports = files
  .filter((file) => /\.m?[jt]s$/.test(file))
  .flatMap((file) => preProcessFile(read(file), true, true).importedFiles.map(({ fileName }) => ({ file, fileName })));

test('no party of the sample imports from another one', () => {
  expect(imports.length).toBeGreaterThan(100);
  const broken = imports.map(({ file, fileName }) => ({ file, fileName, rule: brokenRule(file, fileName) }));
  expect(broken.filter(({ rule }) => rule !== undefined)).toEqual([]);
});

test('what users copy says so in its first line', () => {
  expect(read(`${COPIED_FOLDER}index.ts`)).toMatch(/^\/\/ Copy this folder: .+\n/);
  expect(read(COPIED_FILE)).toMatch(/^\/\/ Copy this file: .+\n/);
});

test('only the palette has colors', () => {
  const stylesheets = files.filter((file) => file.endsWith('.css'));
  expect(stylesheets).toHaveLength(4);
  const colored = stylesheets.filter((file) => /#[\da-f]{3,8}\b|\b(?:rgb|hsl|oklch|light-dark)\(/.test(read(file)));
  expect(colored).toEqual(['shared/public/palette.css']);
});

describe('the rules of the sample', () => {
  test.each<[file: string, imported: string, rule: string]>([
    ['bff/pages.ts', '../bank/ledger.js', 'bff imports only itself and shared'],
    ['bank/public/main.mjs', '../../bff/pages.js', 'bank imports only itself and shared'],
    ['bff/pages.ts', '../sample.js', 'bff imports only itself and shared'],
    ['walkthrough/mcp/host-provider.ts', '../../sample.js', 'walkthrough imports only itself and shared'],
    ['walkthrough/client.ts', '../sample.js', 'walkthrough imports only itself and shared'],
    ['bff/step-up/step-ups.ts', '../problem.js', 'what users copy imports only itself'],
    ['bff/step-up/step-ups.ts', '../../shared/html.js', 'what users copy imports only itself'],
    ['bank/public/step-ups.mjs', './journeys.mjs', 'what users copy imports only itself'],
    ['bff/session.ts', './step-up/owner.js', 'what users copy has one door'],
    ['shared/html.ts', '../bank/ledger.js', 'shared imports no party'],
    ['bank/ledger.ts', '../../../lib/index.js', 'the sample imports the package by its name'],
  ])('%s may not import %s', (file, imported, rule) => {
    expect(brokenRule(file, imported)).toBe(rule);
  });

  test.each<[file: string, imported: string]>([
    ['bff/pages.ts', './problem.js'],
    ['bff/pages.ts', '../shared/html.js'],
    ['bff/session.ts', './step-up/index.js'],
    ['bff/step-up/step-ups.ts', './owner.js'],
    ['bff/step-up/step-ups.ts', 'nestjs-step-up/client'],
    ['sample.ts', './bff/bff.js'],
    ['walkthrough/main.ts', '../sample.js'],
    ['walkthrough/mcp/main.ts', '../../sample.js'],
  ])('%s may import %s', (file, imported) => {
    expect(brokenRule(file, imported)).toBeUndefined();
  });
});
