import { join } from 'node:path';
import ts from 'typescript';

export const root = join(__dirname, '../..');
export const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config,
  ts.sys,
  root,
);

/** Declares words, as an application does. */
export const declaration = `declare module 'nestjs-step-up' {
  interface StepUpWords { mfa: true; phr: true }
}
export {};`;

/** What statements about the module may use. */
export const preamble = `import * as stepUpModule from 'nestjs-step-up';
import type { ExecutionContext } from '@nestjs/common';
const { RequireAcr, StepUpModule } = stepUpModule;
declare const stepUp: stepUpModule.StepUpService;
declare const challenged: stepUpModule.InsufficientUserAuthenticationException;
declare const refused: stepUpModule.AccessTokenException;
declare const text: string | undefined; declare const amount: number | undefined; declare const texts: string[] | undefined;
declare const method: 'register' | 'existing';
declare const server: { issuer: string; audience: string };
const authorizationServers = [server];
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
export const used = [RequireAcr, StepUpModule, stepUp, challenged, refused, text, amount, texts, method, authorizationServers,
  true as Equal<1, 1>, {} as ExecutionContext];`;

/** What is on disk, parsed once for the programs that share their options. */
const onDisk = new Map<string, ts.SourceFile | undefined>();

/** A program of files that are not on disk: what they declare would hold for the whole project. */
export function programOf(files: ReadonlyMap<string, string>, further: ts.CompilerOptions = {}): ts.Program {
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name) ?? readFile(name);
  host.getSourceFile = (name, target, ...more) => {
    const source = files.get(name);
    if (source !== undefined) return ts.createSourceFile(name, source, target);
    const key = `${JSON.stringify(further)} ${name}`;
    const parsed = onDisk.get(key) ?? getSourceFile(name, target, ...more);
    onDisk.set(key, parsed);
    return parsed;
  };
  return ts.createProgram([...files.keys()], { ...options, ...further }, host);
}

/** What the compiler says of each statement, for an application that tells absent from undefined. */
function errorsOf(preamble: string, statements: readonly string[], words = ''): string[][] {
  const path = join(root, 'statements.ts');
  const source = [preamble, ...statements.map((statement) => `{ ${statement.replaceAll('\n', ' ')} }`)].join('\n');
  const program = programOf(
    new Map([
      [join(root, 'words.ts'), words],
      [path, source],
    ]),
    { exactOptionalPropertyTypes: true, noUnusedLocals: false },
  );
  const first = preamble.split('\n').length;
  const errors: string[][] = statements.map(() => []);
  for (const { file, start = 0, messageText } of ts.getPreEmitDiagnostics(program, program.getSourceFile(path))) {
    const text = ts.flattenDiagnosticMessageText(messageText, ' ');
    const found = errors[(file?.getLineAndCharacterOfPosition(start).line ?? 0) - first];
    if (found === undefined) throw new Error(text);
    found.push(text);
  }
  return errors;
}

/** Checks what compiles, and what the compiler says of what does not. */
export function itCompiles(
  preamble: string,
  compiling: readonly (readonly [name: string, statement: string])[],
  refused: readonly (readonly [name: string, statement: string, about: string])[],
  words?: string,
): void {
  let errors: string[][];
  beforeAll(() => {
    errors = errorsOf(
      preamble,
      [...compiling, ...refused].map(([, statement]) => statement),
      words,
    );
  });

  it.each(compiling.map(([name], index) => [name, index] as const))('%s', (_, index) => {
    expect(errors[index]).toEqual([]);
  });

  if (refused.length === 0) return;
  it.each(refused.map(([name, , about], index) => [name, about, compiling.length + index] as const))(
    '%s does not compile: %s',
    (_, about, index) => {
      expect(errors[index]).toEqual([expect.stringContaining(about)]);
    },
  );
}

/** Statements under a name each, which is the statement itself. */
export const named = (...statements: string[]) => statements.map((statement) => [statement, statement] as const);
export const namedErrors = (...refused: [statement: string, about: string][]) =>
  refused.map(([statement, about]) => [statement, statement, about] as const);
