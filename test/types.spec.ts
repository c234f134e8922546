import { join } from 'node:path';
import ts from 'typescript';

jest.setTimeout(60_000);

const root = join(__dirname, '..');
const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config,
  ts.sys,
  root,
);
const library = join(root, 'lib/index.ts');

const declaration = `declare module 'nestjs-step-up' {
  interface StepUpWords { mfa: true; phr: true }
}
export {};`;

const preamble = `import { RequireAcr, type StepUpService } from 'nestjs-step-up';
declare const stepUp: StepUpService;
export const used = [RequireAcr, stepUp];`;

/** A program of files that are not on disk: what they declare would hold for the whole project. */
function programOf(files: ReadonlyMap<string, string>, further: ts.CompilerOptions = {}): ts.Program {
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name) ?? readFile(name);
  host.getSourceFile = (name, target, ...more) => {
    const source = files.get(name);
    return source === undefined ? getSourceFile(name, target, ...more) : ts.createSourceFile(name, source, target);
  };
  return ts.createProgram([...files.keys()], { ...options, ...further }, host);
}

/** What the compiler says of each expression, where the words are `mfa` and `phr`. */
function errorsOf(expressions: readonly string[]): string[][] {
  const path = join(root, 'expressions.ts');
  const program = programOf(
    new Map([
      [join(root, 'words.ts'), declaration],
      [path, [preamble, ...expressions].join('\n')],
    ]),
  );
  const errors: string[][] = expressions.map(() => []);
  for (const { file, start = 0, messageText } of ts.getPreEmitDiagnostics(program)) {
    const text = ts.flattenDiagnosticMessageText(messageText, ' ');
    const line = file?.fileName === path ? file.getLineAndCharacterOfPosition(start).line : 0;
    const found = errors[line - preamble.split('\n').length];
    if (found === undefined) throw new Error(text);
    found.push(text);
  }
  return errors;
}

const compiling = [
  "RequireAcr('mfa')",
  "RequireAcr(['phr', 'mfa'])",
  "RequireAcr('mfa', { maxAge: 300, scope: 'transfer:write' })",
  'RequireAcr({ maxAge: 60 })',
  'RequireAcr(() => undefined)',
  'RequireAcr(async (context) => ({ scope: context.getClass().name }))',
  "stepUp.require({}, 'phr', { maxAge: 60 })",
  "stepUp.assess({}, ['phr', 'mfa'])",
];

const refused: [expression: string, about: string][] = [
  ["RequireAcr('mfaa')", '"mfaa"'],
  ["RequireAcr(['phr', 'mfaa'])", '"mfaa"'],
  ["stepUp.require({}, 'mfaa')", '"mfaa"'],
  ["stepUp.assess({}, ['mfaa'])", '"mfaa"'],
  ['RequireAcr()', 'Expected 1-2 arguments'],
  ['RequireAcr(300)', 'No overload matches'],
  ['RequireAcr(null)', 'No overload matches'],
  ["RequireAcr('mfa', { maxAge: '300' })", "'string' is not assignable to type 'number'"],
  ["RequireAcr('mfa', { maxage: 300 })", "'maxage' does not exist"],
  ["RequireAcr('mfa', { acrValues: ['phr'] })", "'acrValues' does not exist"],
  ['RequireAcr({ maxAge: null })', "'null' is not assignable"],
  ['RequireAcr(() => null)', "'null' is not assignable"],
  ['RequireAcr(() => ({ maxAge: true }))', "'boolean' is not assignable"],
  ['RequireAcr(() => undefined, { maxAge: 60 })', "'() => undefined' is not assignable"],
];

describe('words that an application declares, and what goes with them', () => {
  let errors: Map<string, string[]>;
  beforeAll(() => {
    const expressions = [...compiling, ...refused.map(([expression]) => expression)];
    const found = errorsOf(expressions);
    errors = new Map(expressions.map((expression, index) => [expression, found[index] as string[]]));
  });

  it.each(compiling)('%s compiles', (expression) => {
    expect(errors.get(expression)).toEqual([]);
  });

  it.each(refused)('%s does not: %s', (expression, about) => {
    expect(errors.get(expression)).toEqual([expect.stringContaining(about)]);
  });
});

const clientPreamble = `import * as client from 'nestjs-step-up/client';
declare const error: client.AnyStepUpError;
declare const challenge: client.StepUpChallenge;
declare const store: client.StepUpStore;
declare const text: string | undefined; declare const texts: string[] | undefined; declare const amount: number | undefined;
declare const flag: boolean | undefined; declare const listener: (() => void) | undefined;
declare const kept: { challenge: client.StepUpChallenge; challengedAt: number; subject: string };
declare const known: client.PendingStepUps<{ amount: number }>;
type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
export const used = [client, error, challenge, store, text, texts, amount, flag, listener, kept, known, true as Equal<1, 1>];`;

/** What the compiler says of each statement about the client, for an application that tells absent from undefined. */
function clientErrorsOf(statements: readonly string[]): string[][] {
  const path = join(root, 'client-statements.ts');
  const source = [clientPreamble, ...statements.map((statement) => `{ ${statement} }`)].join('\n');
  const program = programOf(new Map([[path, source]]), {
    exactOptionalPropertyTypes: true,
    noUnusedLocals: false,
  });
  const first = clientPreamble.split('\n').length;
  const errors: string[][] = statements.map(() => []);
  for (const { file, start = 0, messageText } of ts.getPreEmitDiagnostics(program, program.getSourceFile(path))) {
    const text = ts.flattenDiagnosticMessageText(messageText, ' ');
    const found = errors[(file?.getLineAndCharacterOfPosition(start).line ?? 0) - first];
    if (found === undefined) throw new Error(text);
    found.push(text);
  }
  return errors;
}

const clientCompiling: [name: string, statement: string][] = [
  ['a loop has its challenges', "if (error.code === 'ERR_STEP_UP_LOOP') error.challenges[1].acrValues?.at(0);"],
  [
    'each code narrows to the facts of its error',
    `switch (error.code) {
      case 'ERR_STEP_UP_NOT_REPLAYABLE': error.reason satisfies 'stream' | 'body_too_large'; break;
      case 'ERR_STEP_UP_REFUSED_BY_POLICY': error.reason satisfies 'acr_values_not_allowed' | 'too_many_prompts'; break;
      case 'ERR_STEP_UP_LOOP': case 'ERR_STEP_UP_REDIRECT': case 'ERR_STEP_UP_TIMEOUT': case 'ERR_STEP_UP_STATE_UNKNOWN': break;
      case 'ERR_STEP_UP_UNMET': case 'ERR_STEP_UP_DECLINED': error.error.trim(); break;
      default: error.errorDescription satisfies string | undefined;
    }`.replaceAll('\n', ' '),
  ],
  ['the union has every code', "const all: Equal<client.AnyStepUpError['code'], client.StepUpErrorCode> = true;"],
  ['pending data is typed', 'async () => (await known.take("s")).data.amount.toFixed();'],
  ['pending data is kept as it is typed', "known.begin('s', { ...kept, data: { amount: 1 } });"],
  ['pending data is optional where nothing is said of it', "new client.PendingStepUps(store).begin('s', kept);"],
  [
    'undefined is absent for stepUpFetch',
    `client.stepUpFetch({ origins: [], accessToken: () => text, stepUp: async () => text, allowedAcrValues: texts,
      minMaxAge: amount, promptsPerMinute: amount, maxBodySize: amount, timeout: amount, lenient: flag, onEvent: listener,
      onDeviation: listener, allowInsecureOrigins: flag, user: undefined, fetch: undefined, dpopProof: undefined,
      redirect: undefined });`.replaceAll('\n', ' '),
  ],
  [
    'undefined is absent for authorizationParameters',
    `client.authorizationParameters({ scheme: 'Bearer', acrValues: texts, maxAge: amount, scope: text }, { scope: text,
      allowedScopes: texts, mode: undefined, acrValues: undefined, openid: flag, claims: text, resource: text,
      metadata: { claims_parameter_supported: flag }, idTokenHint: text, loginHint: text, prompt: text,
      zeroMaxAge: undefined, onDeviation: listener });`.replaceAll('\n', ' '),
  ],
  [
    'undefined is absent for verifyStepUp',
    `client.verifyStepUp({}, { ...challenge, subject: 's', acrValues: texts, maxAge: amount, challengedAt: amount,
      issuer: text, satisfies: undefined, now: amount, clockTolerance: amount });`.replaceAll('\n', ' '),
  ],
  [
    'undefined is absent for what reads challenges',
    "client.parseStepUpChallenge('', { lenient: flag, scheme: undefined, onDeviation: listener });",
  ],
  ['undefined is absent for PendingStepUps', 'new client.PendingStepUps(store, { ttl: amount });'],
  [
    'undefined is absent for what is kept',
    "new client.PendingStepUps(store).begin('s', { ...kept, issuer: text, request: undefined, data: undefined });",
  ],
  [
    'a deviation is a diagnostic with a known code',
    "client.parseStepUpChallenge('', { onDeviation: (found: client.Diagnostic<client.StepUpDeviationCode>) => found.fix });",
  ],
];

const clientRefused: [name: string, statement: string, about: string][] = [
  ['facts before the code is known', 'error.challenges;', "'challenges' does not exist"],
  [
    'facts of another code',
    "if (error.code === 'ERR_STEP_UP_TIMEOUT') error.challenges;",
    "'challenges' does not exist",
  ],
  ['a code that does not exist', "if (error.code === 'ERR_STEP_UP_LOOPS') {}", 'no overlap'],
  [
    'pending data of another type',
    "known.begin('s', { ...kept, data: { amount: '1' } });",
    "'string' is not assignable",
  ],
  ['pending data left out', "known.begin('s', kept);", "Property 'data' is missing"],
  [
    'a code of a deviation that does not exist',
    "client.parseStepUpChallenge('', { onDeviation: ({ code }) => code === 'unreadible' });",
    'no overlap',
  ],
  ['null for an option', "client.verifyStepUp({}, { subject: 's', maxAge: null });", "'null' is not assignable"],
];

describe('types of the client', () => {
  let errors: string[][];
  beforeAll(() => {
    errors = clientErrorsOf([...clientCompiling, ...clientRefused].map(([, statement]) => statement));
  });

  it.each(clientCompiling.map(([name], index) => [name, index] as const))('%s', (_, index) => {
    expect(errors[index]).toEqual([]);
  });

  it.each(clientRefused.map(([name, , about], index) => [name, about, clientCompiling.length + index] as const))(
    '%s does not compile: %s',
    (_, about, index) => {
      expect(errors[index]).toEqual([expect.stringContaining(about)]);
    },
  );

  it('have no `any`', () => {
    const entry = join(root, 'lib/client/index.ts');
    expect(anysOf(ts.createProgram([entry], options), entry, join(root, 'lib/'))).toEqual([]);
  });
});

/** Where the exports of a file have the type `any`, as far as they are declared in `folder`. */
function anysOf(program: ts.Program, entry: string, folder: string): string[] {
  const checker = program.getTypeChecker();
  const found: string[] = [];
  const isAny = (type: ts.Type) => (type.flags & ts.TypeFlags.Any) !== 0;

  function visit(node: ts.Node, path: string): void {
    const name = (node as Partial<ts.NamedDeclaration>).name?.getText();
    const isPrivate =
      name?.startsWith('#') === true ||
      (ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword));
    if (ts.isBlock(node) || isPrivate) return;
    const here = name === undefined ? path : `${path}.${name}`;
    const isTyped = ts.isParameter(node) || ts.isPropertySignature(node) || ts.isPropertyDeclaration(node);
    const signature = ts.isFunctionLike(node)
      ? checker.getSignatureFromDeclaration(node as ts.SignatureDeclaration)
      : undefined;
    if (node.kind === ts.SyntaxKind.AnyKeyword) found.push(`${here}: any`);
    else if (isTyped && isAny(checker.getTypeAtLocation(node))) found.push(here);
    else if (signature !== undefined && isAny(checker.getReturnTypeOfSignature(signature))) found.push(`${here}()`);
    ts.forEachChild(node, (child) => visit(child, here));
  }

  const module = checker.getSymbolAtLocation(program.getSourceFile(entry) as ts.SourceFile) as ts.Symbol;
  for (const symbol of checker.getExportsOfModule(module)) {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    for (const declared of target.declarations ?? []) {
      if (declared.getSourceFile().fileName.startsWith(folder)) visit(declared, symbol.name);
    }
  }
  return found;
}

describe('public types', () => {
  it('have no `any`', () => {
    expect(anysOf(ts.createProgram([library], options), library, join(root, 'lib/'))).toEqual([]);
  });

  it('would be found out if they had', () => {
    const path = join(root, 'any.ts');
    const source = [
      'export function open(value: any) { return JSON.parse(String(value)); }',
      'export interface Options { tokens: readonly any[]; size: number }',
      'export class Service { private hidden: any; shown = JSON.parse("1"); #own: any; count(): number { return 1; } }',
    ].join('\n');
    expect(anysOf(programOf(new Map([[path, source]])), path, path)).toEqual([
      'open.open()',
      'open.open.value',
      'open.open.value: any',
      'Options.Options.tokens: any',
      'Service.Service.shown',
    ]);
  });
});
