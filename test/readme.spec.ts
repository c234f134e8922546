import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const MAX_LINES_OF_README_BLOCK = 30;

const root = join(__dirname, '..');
const textOf = (page: string) => readFileSync(join(root, page), 'utf8');
const docs = readdirSync(join(root, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);
const pages = [
  'README.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'client/README.md',
  'test/README.md',
  ...docs,
];

function blocksOf(page: string, language: string): string[] {
  const blocks = textOf(page).matchAll(/^```(\w+)\n(.*?)^```$/gms);
  return [...blocks].filter(([, of]) => of === language).map(([, , block]) => block as string);
}

const snippets = pages.flatMap((page) => blocksOf(page, 'ts'));
// words that one snippet declares hold for a whole program
const declaring = snippets.filter((snippet) => snippet.includes('declare module'));
const others = snippets.filter((snippet) => !declaring.includes(snippet));

function compile(sources: readonly string[]): string[] {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config,
    ts.sys,
    root,
  );
  const files = new Map(sources.map((source, index) => [join(root, `snippet-${index}.ts`), source]));
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name) ?? readFile(name);
  host.getSourceFile = (name, target, ...more) => {
    const source = files.get(name);
    return source === undefined ? getSourceFile(name, target, ...more) : ts.createSourceFile(name, source, target);
  };
  const program = ts.createProgram([...files.keys()], { ...options, noUnusedLocals: false }, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ file, messageText }) =>
        `${file?.fileName.slice(root.length)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
}

/** Links from a page that lead nowhere: to files next to it, and to headings in them. */
function brokenLinks(page: string): string[] {
  const prose = textOf(page).replace(/^```\w*\n.*?^```$/gms, '');
  const links = [...prose.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
  return links
    .filter(([, path, heading]) => {
      const target = path === '' ? join(root, page) : join(root, page, '..', path as string);
      if (!existsSync(target)) return true;
      return heading !== undefined && !headingsOf(readFileSync(target, 'utf8')).includes(heading);
    })
    .map(([link]) => `${page} ${link}`);
}

/** Commands of npm in a page that package.json does not have. */
function unknownCommands(page: string): string[] {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
  const commands = [...textOf(page).matchAll(/\bnpm (?:run ([\w:-]+)|(test|start)\b)/g)];
  return commands
    .filter(([, run, own]) => scripts[(run ?? own) as string] === undefined)
    .map(([command]) => `${page} ${command}`);
}

function headingsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    (heading as string)
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe('README and the pages in docs', () => {
  it('has no link that leads nowhere', () => {
    expect(pages.flatMap(brokenLinks)).toEqual([]);
  });

  it('names no command that package.json does not have', () => {
    expect(pages.flatMap(unknownCommands)).toEqual([]);
  });

  it('has TypeScript snippets', () => {
    expect(others.length).toBeGreaterThan(20);
    expect(declaring).toHaveLength(1);
  });

  it('compiles every snippet', () => {
    expect(compile(others)).toEqual([]);
  });

  it('is in plain English', () => {
    // the page of the profiles has sentences of lib
    const written = pages.filter((page) => page !== 'docs/authorization-servers.md' && page !== 'test/README.md');
    const titleOfTest = /^ +- `[\w.-]+ › .*$/gm;
    const old = (page: string) =>
      textOf(page)
        .replace(titleOfTest, '')
        .match(/\b(?:lest|whoever|nobody|those who|anew)\b/gi) ?? [];
    expect(written.flatMap((page) => old(page).map((word) => `${page} ${word}`))).toEqual([]);
  });

  it('has only JSON that can be read', () => {
    for (const block of pages.flatMap((page) => blocksOf(page, 'json'))) expect(() => JSON.parse(block)).not.toThrow();
  });

  it('has the README on one page, with blocks that can be taken in', () => {
    expect(textOf('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(200);
    const lengths = blocksOf('README.md', 'ts').map((block) => block.trimEnd().split('\n').length);
    expect(lengths.filter((lines) => lines > MAX_LINES_OF_README_BLOCK)).toEqual([]);
  });

  it('starts a fresh clone with two commands', () => {
    const commands = blocksOf('README.md', 'sh').flatMap((block) => block.split('\n'));
    for (const command of ['npm ci && npm start', 'npm ci && npm test']) {
      expect(commands).toContainEqual(expect.stringMatching(new RegExp(`^${command}(?: |$)`)));
    }
  });

  it('compiles the snippet that declares words, with which a misspelt one does not compile', () => {
    const use = (word: string) =>
      `import { RequireAcr } from 'nestjs-step-up'; export const decorator = RequireAcr('${word}');`;
    expect(compile([...declaring, use('mfa')])).toEqual([]);
    expect(compile([...declaring, use('mfaa')])).toEqual([
      expect.stringMatching(/No overload matches this call\. .*'"mfaa"' is not assignable to parameter of type/),
    ]);
  });
});
