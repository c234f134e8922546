import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

jest.setTimeout(60_000);

const root = join(__dirname, '..');
const pages = readdirSync(join(root, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);
const snippetsOf = (page: string) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] as string);
const snippets = snippetsOf('README.md');
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

/** Links from a page to files beside it and to headings in them, that lead nowhere. */
function brokenLinks(page: string): string[] {
  const links = [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
  return links
    .filter(([, path, heading]) => {
      const target = path === '' ? join(root, page) : join(root, page, '..', path as string);
      if (!existsSync(target)) return true;
      return heading !== undefined && !headingsOf(readFileSync(target, 'utf8')).includes(heading);
    })
    .map(([link]) => `${page} ${link}`);
}

function headingsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    (heading as string)
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe('README', () => {
  it('and docs have no link that leads nowhere', () => {
    expect([...pages, 'README.md', 'SECURITY.md', 'CONTRIBUTING.md'].flatMap(brokenLinks)).toEqual([]);
  });

  it('has TypeScript snippets', () => {
    expect(others.length).toBeGreaterThan(4);
    expect(declaring).toHaveLength(1);
  });

  it('compiles every snippet, those of docs too', () => {
    expect(compile([...others, ...pages.flatMap(snippetsOf)])).toEqual([]);
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
