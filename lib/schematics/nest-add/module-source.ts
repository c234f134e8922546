import { createRequire } from 'node:module';
import { join } from 'node:path';
import type typescript from 'typescript';

type TypeScript = typeof typescript;

/** What to add to a module. */
export interface Addition {
  /** Import declarations, without a semicolon. */
  readonly imports: readonly { readonly name: string; readonly from: string }[];
  /** Elements of the lists in `@Module()`, such as `imports`. */
  readonly elements: readonly { readonly list: string; readonly code: string }[];
}

/** The module is not changed, because it is not understood. The message says why. */
export class NotUnderstood extends Error {}

/**
 * Returns the source of a module with additions. Changes nothing else in it: not its format, its comments or its line
 * ends.
 *
 * @param className the class of the module. Default is the only class with `@Module()`
 * @throws NotUnderstood for a source that is not a plain module, such as one whose lists are made by functions
 */
export function addToModule(source: string, addition: Addition, className?: string): string {
  const ts = loadTypeScript();
  assertParses(ts, source, 'it has a syntax error');
  const file = ts.createSourceFile('module.ts', source, ts.ScriptTarget.Latest, true);
  const imports = file.statements.filter((statement) => ts.isImportDeclaration(statement));
  const lastImport = imports.at(-1);
  if (lastImport === undefined) throw new NotUnderstood('it has no import');
  const taken = addition.imports.find(({ name }) => new RegExp(`\\b${name}\\b`).test(source));
  if (taken !== undefined) throw new NotUnderstood(`it has the name ${taken.name} already`);

  const metadata = metadataOf(ts, file, imports, className);
  const newline = source.includes('\r\n') ? '\r\n' : '\n';
  const quote = lastImport.moduleSpecifier.getText(file).charAt(0);
  const edits = elementsOf(ts, file, metadata, addition, newline);
  const lines = addition.imports.map(({ name, from }) => `${newline}import { ${name} } from ${quote}${from}${quote};`);
  edits.push({ at: lastImport.getEnd(), text: lines.join('') });
  const changed = edits
    .sort((a, b) => b.at - a.at)
    .reduce((text, { at, text: added }) => text.slice(0, at) + added + text.slice(at), source);
  assertParses(ts, changed, 'its format is unusual');
  return changed;
}

interface Edit {
  readonly at: number;
  readonly text: string;
}

/** Resolves TypeScript from the application. Version 7 has no such functions. */
function loadTypeScript(): TypeScript {
  try {
    const ts = createRequire(join(process.cwd(), 'package.json'))('typescript') as TypeScript;
    if (typeof ts.createSourceFile === 'function' && typeof ts.transpileModule === 'function') return ts;
  } catch {
    // said below
  }
  throw new NotUnderstood('no TypeScript with a compiler API is installed');
}

function assertParses(ts: TypeScript, source: string, why: string): void {
  const compilerOptions = { experimentalDecorators: true, target: ts.ScriptTarget.Latest };
  const { diagnostics = [] } = ts.transpileModule(source, { reportDiagnostics: true, compilerOptions });
  if (diagnostics.some(({ category }) => category === ts.DiagnosticCategory.Error)) throw new NotUnderstood(why);
}

/** Returns the argument of `@Module()`. */
function metadataOf(
  ts: TypeScript,
  file: typescript.SourceFile,
  imports: readonly typescript.ImportDeclaration[],
  className: string | undefined,
): typescript.ObjectLiteralExpression {
  const isModule = imports.some((declaration) => {
    const bindings = declaration.importClause?.namedBindings;
    if (bindings === undefined || !ts.isNamedImports(bindings)) return false;
    const isNest =
      ts.isStringLiteral(declaration.moduleSpecifier) && declaration.moduleSpecifier.text === '@nestjs/common';
    return (
      isNest && bindings.elements.some(({ name, propertyName }) => name.text === 'Module' && propertyName === undefined)
    );
  });
  if (!isModule) throw new NotUnderstood('it does not import Module from @nestjs/common');
  const calls = file.statements
    .filter((statement) => ts.isClassDeclaration(statement))
    .filter(({ name }) => className === undefined || name?.text === className)
    .flatMap((declaration) => ts.getDecorators(declaration) ?? [])
    .map(({ expression }) => expression)
    .filter((expression) => ts.isCallExpression(expression))
    .filter(({ expression }) => ts.isIdentifier(expression) && expression.text === 'Module');
  const [call, another] = calls;
  if (call === undefined)
    throw new NotUnderstood(`it has no class ${className ?? ''} with @Module()`.replace('  ', ' '));
  if (another !== undefined) throw new NotUnderstood('it has several classes with @Module()');
  const [metadata, more] = call.arguments;
  if (metadata === undefined || more !== undefined || !ts.isObjectLiteralExpression(metadata)) {
    throw new NotUnderstood('the argument of @Module() is not an object literal');
  }
  if (metadata.properties.some((property) => ts.isSpreadAssignment(property))) {
    throw new NotUnderstood('the argument of @Module() has a spread');
  }
  return metadata;
}

function elementsOf(
  ts: TypeScript,
  file: typescript.SourceFile,
  metadata: typescript.ObjectLiteralExpression,
  { elements }: Addition,
  newline: string,
): Edit[] {
  const missing: string[] = [];
  const edits = elements.flatMap(({ list, code }): Edit[] => {
    const found = metadata.properties.filter(({ name }) => name !== undefined && nameOf(ts, name) === list);
    const [property, twice] = found;
    if (property === undefined) {
      missing.push(`${list}: [${code}]`);
      return [];
    }
    if (
      twice !== undefined ||
      !ts.isPropertyAssignment(property) ||
      !ts.isArrayLiteralExpression(property.initializer)
    ) {
      throw new NotUnderstood(`"${list}" of @Module() is not a list`);
    }
    return [appended(file, property.initializer.getStart(file) + 1, property.initializer.elements, code, newline)];
  });
  if (missing.length > 0) {
    const at = metadata.getStart(file) + 1;
    const isEmpty = metadata.properties.length === 0;
    edits.push({ at, text: `${newline}  ${missing.join(`,${newline}  `)},${isEmpty ? newline : ''}` });
  }
  return edits;
}

function appended(
  file: typescript.SourceFile,
  start: number,
  elements: typescript.NodeArray<typescript.Expression>,
  code: string,
  newline: string,
): Edit {
  const last = elements.at(-1);
  if (last === undefined) return { at: start, text: code };
  const first = elements[0] as typescript.Expression;
  const lineOf = (position: number) => file.getLineAndCharacterOfPosition(position).line;
  const own = lineOf(start) !== lineOf(first.getStart(file));
  const { character } = file.getLineAndCharacterOfPosition(last.getStart(file));
  return { at: last.getEnd(), text: own ? `,${newline}${' '.repeat(character)}${code}` : `, ${code}` };
}

function nameOf(ts: TypeScript, name: typescript.PropertyName): string | undefined {
  return ts.isIdentifier(name) || ts.isStringLiteral(name) ? name.text : undefined;
}
