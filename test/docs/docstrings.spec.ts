import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const root = join(__dirname, '../..');
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, unknown>;
};
const entries = Object.keys(exports)
  .filter((path) => path !== './package.json')
  .map((path) => [join('nestjs-step-up', path), join(root, 'lib', path, 'index.ts')] as const);

const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config,
  ts.sys,
  root,
);

/** What is exported, by name: whether it has a docstring, and an example if it can be called. */
function undocumented(program: ts.Program, file: string): string[] {
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(file) as ts.SourceFile) as ts.Symbol;
  return checker
    .getExportsOfModule(module)
    .filter((exported) => {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (symbol.getDocumentationComment(checker).length === 0) return true;
      const { valueDeclaration } = symbol;
      if (valueDeclaration === undefined) return false;
      const type = checker.getTypeOfSymbolAtLocation(symbol, valueDeclaration);
      const isCallable = type.getCallSignatures().length + type.getConstructSignatures().length > 0;
      return isCallable && !symbol.getJsDocTags(checker).some(({ name }) => name === 'example');
    })
    .map(({ name }) => name);
}

const program = ts.createProgram(
  entries.map(([, file]) => file),
  options,
);

test.each(entries)('every name of %s has a docstring, and an example if it can be called', (_, file) => {
  expect(undocumented(program, file)).toEqual([]);
});

test('a name without either would be found', () => {
  const file = join(root, 'undocumented.ts');
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  const source = `
/** Has one. */ export interface Documented {}
export interface Silent {}
/** Has no example. */ export function callable() {}
/** Has one.
 * @example callable() */ export function shown() {}
/** Has no example. */ export class Made {}`;
  host.getSourceFile = (name, target, ...more) =>
    name === file ? ts.createSourceFile(name, source, target) : getSourceFile(name, target, ...more);
  const found = undocumented(ts.createProgram([file], options, host), file);
  expect(found.sort()).toEqual(['Made', 'Silent', 'callable']);
});
