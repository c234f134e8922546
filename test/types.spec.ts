import { join } from 'node:path';
import ts from 'typescript';
import {
  declaration,
  itCompiles,
  named,
  namedErrors,
  options,
  preamble,
  programOf,
  root,
} from './support/it-compiles.js';

const forRoot = (acr: string) => `StepUpModule.forRoot({ authorizationServers: [{ ...server, ${acr} }] });`;

describe('words that an application declares, and what goes with them', () => {
  itCompiles(
    preamble,
    named(
      "RequireAcr('mfa');",
      "RequireAcr(['phr', 'mfa']);",
      "RequireAcr('mfa', { maxAge: 300, scope: 'transfer:write' });",
      "RequireAcr({ acrValues: ['mfa'] });",
      'RequireAcr({ maxAge: 60 });',
      'RequireAcr({ acrValues: undefined, maxAge: amount, scope: text });',
      "RequireAcr('mfa', { maxAge: amount, scope: text });",
      'RequireAcr(() => undefined);',
      "RequireAcr(() => ({ acrValues: ['mfa', 'phr'], maxAge: amount }));",
      'RequireAcr(async (context) => ({ scope: context.getClass().name }));',
      "stepUp.require({}, 'phr', { maxAge: 60 });",
      "stepUp.require({}, { acrValues: ['phr'] });",
      "stepUp.require({}, async () => ({ acrValues: ['phr'] }));",
      "stepUp.assess({}, ['phr', 'mfa']);",
      "const own: stepUpModule.StepUpRequirements = { acrValues: ['mfa'] }; RequireAcr(own); stepUp.require({}, own);",
      forRoot("acr: { mfa: 'urn:mfa' }"),
      forRoot("acr: { phr: ['urn:phr', 'urn:key'], mfa: text }, order: ['phr', 'mfa']"),
      forRoot("acr: 'literal'"),
      "const one: stepUpModule.AuthorizationServerOptions = { ...server, acr: { mfa: 'a' } }; StepUpModule.forRoot({ authorizationServers: [one] });",
      "StepUpModule.forRoot({ authorizationServers, requirements: { acrValues: ['mfa'] } });",
    ),
    namedErrors(
      ["RequireAcr('mfaa');", '"mfaa"'],
      ["RequireAcr(['phr', 'mfaa']);", '"mfaa"'],
      ["RequireAcr({ acrValues: ['mfaa'] });", `'"mfaa"' is not assignable to type '"mfa" | "phr"'`],
      ["RequireAcr(() => ({ acrValues: ['mfaa'] }));", '"mfaa"'],
      ["RequireAcr(async () => ({ acrValues: ['phr', 'mfaa'] }));", '"mfaa"'],
      ["stepUp.require({}, 'mfaa');", `'"mfaa"' is not assignable to parameter of type '"mfa" | "phr"`],
      ["stepUp.require({}, { acrValues: ['mfaa'] });", `'"mfaa"' is not assignable to type '"mfa" | "phr"'`],
      ["stepUp.require({}, () => ({ acrValues: ['mfaa'] }));", '"mfaa"'],
      ["stepUp.assess({}, ['mfaa']);", '"mfaa"'],
      [forRoot("acr: { mfaa: 'urn:mfa' }"), "'mfaa' does not exist"],
      [forRoot("acr: { mfa: 'urn:mfa' }, order: ['mfaa']"), `'"mfaa"' is not assignable to type '"mfa" | "phr"'`],
      ["StepUpModule.forRoot({ authorizationServers, requirements: { acrValues: ['mfaa'] } });", '"mfaa"'],
      ["StepUpModule.forRoot({ authorizationServers, requirements: () => ({ acrValues: ['mfaa'] }) });", '"mfaa"'],
      [
        "StepUpModule.forRootAsync({ useFactory: () => ({ authorizationServers: [{ ...server, acr: { mfaa: 'a' } }] }) });",
        "'{ mfaa: string; }' is not assignable",
      ],
      ['RequireAcr();', 'Expected 1-2 arguments'],
      ['stepUp.require({});', 'Expected 2-3 arguments'],
      ['RequireAcr(300);', 'No overload matches'],
      ['RequireAcr(null);', 'No overload matches'],
      ["RequireAcr('mfa', { maxAge: '300' });", "'string' is not assignable to type 'number'"],
      ["RequireAcr('mfa', { maxage: 300 });", "'maxage' does not exist"],
      ["RequireAcr('mfa', { acrValues: ['phr'] });", "'acrValues' does not exist"],
      ['RequireAcr({ maxAge: null });', "'null' is not assignable"],
      ['RequireAcr(() => null);', "'null' is not assignable"],
      ['RequireAcr(() => ({ maxAge: true }));', "'boolean' is not assignable"],
      ['RequireAcr(() => undefined, { maxAge: 60 });', "'() => undefined' is not assignable"],
    ),
    declaration,
  );
});

describe('without words of its own, an application may require any string', () => {
  itCompiles(
    preamble,
    named(
      "RequireAcr({ acrValues: ['mfaa'] });",
      "RequireAcr(() => ({ acrValues: ['mfaa'] }));",
      "stepUp.require({}, text ?? 'phr');",
      forRoot("acr: { mfaa: 'urn:mfa' }, order: ['mfaa']"),
    ),
    [],
  );
});

describe('module options', () => {
  itCompiles(
    preamble,
    [
      ['the default verifies tokens itself', 'StepUpModule.forRoot({ authorizationServers });'],
      [
        'the claims that "user" receives have sub and iss',
        `StepUpModule.forRoot({ authorizationServers, user: (claims, context) => {
          true satisfies Equal<typeof claims.sub, string>; true satisfies Equal<typeof claims.iss, string>;
          true satisfies Equal<(typeof claims)['roles'], unknown>; true satisfies Equal<typeof context, ExecutionContext | undefined>;
        } });`,
      ],
      [
        '"user" may name the claims that it reads',
        'StepUpModule.forRoot({ authorizationServers, user: ({ sub }: { sub: string }) => ({ id: sub }) });',
      ],
      ['an existing strategy needs nothing else', "StepUpModule.forRoot({ passport: 'existing' });"],
      [
        'an existing strategy may have its event told',
        "StepUpModule.forRoot({ passport: 'existing', authenticationEvent: async () => ({ acr: text, authTime: amount }) });",
      ],
      ['who verifies may be decided at run time', 'StepUpModule.forRoot({ passport: method, authorizationServers });'],
      [
        'a factory takes both forms',
        `StepUpModule.forRootAsync({ useFactory: () => ({ authorizationServers, user: ({ sub }) => sub }) });
        StepUpModule.forRootAsync({ useFactory: async () => ({ passport: 'existing', authenticationEvent: () => null }) });`,
      ],
      [
        'undefined is absent in every option',
        `StepUpModule.forRoot({ authorizationServers, passport: undefined, strategyName: text, realm: process.env['REALM'],
          user: undefined, authenticationEvent: undefined, accessToken: undefined, isPublic: undefined, requirements: undefined,
          resourceMetadata: text, clockTolerance: amount, mode: undefined, audit: undefined, metadataAudit: undefined });
        StepUpModule.forRoot({ passport: 'existing', authorizationServers: undefined, authenticationEvent: undefined,
          user: undefined });`,
      ],
      [
        'undefined is absent in every option of an authorization server',
        `StepUpModule.forRoot({ authorizationServers: [{ ...server, jwksUri: text, algorithms: texts, profile: undefined,
          delegation: undefined, introspection: undefined, keys: undefined, acr: undefined, order: undefined },
          { ...server, keys: { refreshAfter: amount, staleFor: amount },
            introspection: { clientId: 'c', clientSecret: text, endpoint: text, cacheFor: amount, when: undefined },
            profile: { typ: undefined, claims: { acr: text, scope: texts }, issues: undefined, request: { mode: undefined } } },
          { ...server, profile: { claims: undefined, request: undefined, issues: { acr: undefined } } }] });`,
      ],
      [
        'undefined is absent for assess',
        `stepUpModule.assess({ acr: text, acrs: texts, authTime: amount, amr: texts, issuer: text, subject: text, clientId: text,
          scope: text }, { acrValues: texts, maxAge: amount, scope: text }, { now: 0, clockTolerance: amount });`,
      ],
    ],
    [
      ['nothing', 'StepUpModule.forRoot({});', "'{}' is not assignable to parameter of type 'StepUpModuleOptions"],
      [
        'no authorization server',
        "StepUpModule.forRoot({ realm: 'api' });",
        "Property 'authorizationServers' is missing",
      ],
      [
        'no authorization server from a factory',
        "StepUpModule.forRootAsync({ useFactory: () => ({ realm: 'api' }) });",
        "Property 'authorizationServers' is missing",
      ],
      [
        '"user" with an existing strategy',
        "StepUpModule.forRoot({ passport: 'existing', user: () => ({}) });",
        "is not assignable to type 'undefined'",
      ],
      [
        '"authenticationEvent" without an existing strategy',
        'StepUpModule.forRoot({ authorizationServers, authenticationEvent: () => ({}) });',
        "Property 'passport' is missing",
      ],
      [
        'an unknown "passport"',
        "StepUpModule.forRoot({ passport: 'own', authorizationServers });",
        `'"own"' is not assignable`,
      ],
      ['an unknown option', "StepUpModule.forRoot({ authorizationServers, relam: 'api' });", "'relam' does not exist"],
      [
        'null for an option',
        'StepUpModule.forRoot({ authorizationServers, realm: null });',
        "'null' is not assignable",
      ],
      [
        'a claim taken for what nobody has checked',
        'StepUpModule.forRoot({ authorizationServers, user: ({ email }) => email.trim() });',
        "'email' is of type 'unknown'",
      ],
    ],
  );
});

describe('options of what tests use', () => {
  itCompiles(
    `${preamble}
import * as testing from 'nestjs-step-up/testing';
declare const testServer: testing.TestAuthorizationServer;
declare const builder: testing.OverridableModule<object>;
export const usedToo = [testing, testServer, builder];`,
    [
      [
        'undefined is absent for a test authorization server',
        `testing.createTestAuthorizationServer({ algorithm: undefined, audience: text, acrValuesSupported: texts,
          behavior: undefined });
        testServer.accessToken({ acr: text, authTime: amount, subject: text, clientId: text, scope: text, expiresIn: amount,
          claims: undefined, header: undefined });
        testServer.registerClient({ clientId: 'bff', clientSecret: text, redirectUris: [] });`,
      ],
      [
        'undefined is absent for what is expected of a challenge',
        'testing.expectStepUpChallenge({ headers: {} }, { acrValues: texts, maxAge: amount, scope: text, realm: text });',
      ],
      ['undefined is absent for an override', 'testing.overrideStepUp(builder, { met: true, reasons: undefined });'],
    ],
    [],
  );
});

describe('exceptions', () => {
  itCompiles(
    preamble,
    [
      [
        'a challenge has a body that its code tells apart',
        `const { body } = challenged;
        if (body.error === 'insufficient_claims') body.claims satisfies string;
        else body.acr_values satisfies string | undefined;
        true satisfies Equal<typeof challenged.code, 'insufficient_user_authentication' | 'insufficient_claims'>;`,
      ],
      [
        'a refused token has a body and a code',
        `true satisfies Equal<typeof refused.code, stepUpModule.AccessTokenExceptionCode>;
        refused.body.error satisfies string | undefined; refused.body.reasons?.includes('scope_missing');`,
      ],
    ],
    [
      ['a code of a challenge that does not exist', "if (challenged.code === 'insufficient') {}", 'no overlap'],
      ['a code of a refused token that does not exist', "if (refused.code === 'invalid_tokens') {}", 'no overlap'],
      ['a member of the body that does not exist', 'refused.body.acr_values;', "'acr_values' does not exist"],
    ],
  );
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

const clientCompiling: [name: string, statement: string][] = [
  ['a loop has its challenges', "if (error.code === 'ERR_STEP_UP_LOOP') error.challenges[1].acrValues?.at(0);"],
  [
    'each code narrows to the facts of its error',
    `switch (error.code) {
      case 'ERR_STEP_UP_NOT_REPLAYABLE': error.reason satisfies 'stream' | 'body_too_large' | 'not_repeatable'; break;
      case 'ERR_STEP_UP_REFUSED_BY_POLICY': error.reason satisfies 'acr_values_not_allowed' | 'too_many_prompts'; break;
      case 'ERR_STEP_UP_LOOP': case 'ERR_STEP_UP_REDIRECT': case 'ERR_STEP_UP_TIMEOUT': case 'ERR_STEP_UP_STATE_UNKNOWN': break;
      case 'ERR_STEP_UP_ABANDONED': break;
      case 'ERR_STEP_UP_FAILED': error.cause satisfies unknown; break;
      case 'ERR_STEP_UP_UNMET': case 'ERR_STEP_UP_DECLINED': error.error.trim(); break;
      default: error.errorDescription satisfies string | undefined;
    }`,
  ],
  ['the union has every code', "const all: Equal<client.AnyStepUpError['code'], client.StepUpErrorCode> = true;"],
  [
    'undefined is absent for stepUps',
    `const core = client.stepUps({ origins: [], accessToken: () => text, stepUp: async () => text, allowedAcrValues: texts,
      minMaxAge: amount, promptsPerMinute: amount, timeout: amount, lenient: flag, onEvent: listener, user: undefined,
      onDeviation: listener, allowInsecureOrigins: flag });
    core.exchange(async ({ token, number }) => token.length + number, { target: { method: '', url: '' },
      challengeOf: undefined, repeatable: flag, signal: undefined }).then((sum) => sum.toFixed());
    core.answer(challenge, { token: '', target: { method: '', url: '' }, signal: undefined });`,
  ],
  ['pending data is typed', 'async () => (await known.take("s")).data.amount.toFixed();'],
  ['pending data is kept as it is typed', "known.begin('s', { ...kept, data: { amount: 1 } });"],
  ['pending data is optional where nothing is said of it', "new client.PendingStepUps(store).begin('s', kept);"],
  [
    'undefined is absent for stepUpFetch',
    `client.stepUpFetch({ origins: [], accessToken: () => text, stepUp: async () => text, allowedAcrValues: texts,
      minMaxAge: amount, promptsPerMinute: amount, maxBodySize: amount, timeout: amount, lenient: flag, onEvent: listener,
      onDeviation: listener, allowInsecureOrigins: flag, user: undefined, fetch: undefined, dpopProof: undefined,
      redirect: undefined });`,
  ],
  [
    'undefined is absent for authorizationParameters',
    `client.authorizationParameters({ scheme: 'Bearer', acrValues: texts, maxAge: amount, scope: text }, { scope: text,
      allowedScopes: texts, mode: undefined, acrValues: undefined, openid: flag, claims: text, resource: text,
      metadata: { claims_parameter_supported: flag }, idTokenHint: text, loginHint: text, prompt: text,
      zeroMaxAge: undefined, onDeviation: listener });`,
  ],
  [
    'undefined is absent for verifyStepUp',
    `client.verifyStepUp({}, { ...challenge, subject: 's', acrValues: texts, maxAge: amount, challengedAt: amount,
      issuer: text, satisfies: undefined, acrClaim: text, authTimeClaim: text, now: amount, clockTolerance: amount });`,
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
  // as keycloak-js, okta-auth-js, oidc-client-ts, angular-auth-oidc-client and auth0-spa-js have them
  ...[
    'maxAge?: number',
    'scopes?: string[]',
    'extraQueryParams?: object',
    'customParams?: object',
    'authorizationParams?: object',
  ].map((member): [name: string, code: string, message: string] => [
    `parameters for a library that reads "${member}"`,
    `const login: { prompt?: string; ${member} } = { ...client.authorizationParameters({ scheme: 'Bearer' }) };`,
    'not a parameter: see the functions of the subpath sign-in',
  ]),
];

describe('types of the client', () => {
  itCompiles(clientPreamble, clientCompiling, clientRefused);

  it.each(['index', 'sign-in/index'])('have no `any`: %s', (file) => {
    const entry = join(root, `lib/client/${file}.ts`);
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
  it.each(['', 'testing/', 'mcp/', 'mcp/host/', 'swagger/', 'opentelemetry/'])(
    'have no `any`: lib/%sindex.ts',
    (folder) => {
      const entry = join(root, `lib/${folder}index.ts`);
      expect(anysOf(ts.createProgram([entry], options), entry, join(root, 'lib/'))).toEqual([]);
    },
  );

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
