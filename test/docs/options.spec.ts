import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

interface Option {
  readonly name: string;
  /** The literal that the docstring gives as the default; absent if it gives none. */
  readonly literal?: string;
}

const root = join(__dirname, '../..');

/** The members of an interface in lib, or of the object that is the type of one of them. */
function membersOf(file: string, interfaceName: string, member?: string): Option[] {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true);
  const declaration = source.statements
    .filter(ts.isInterfaceDeclaration)
    .find(({ name }) => name.text === interfaceName);
  let members: readonly ts.TypeElement[] = declaration?.members ?? [];
  if (member !== undefined) {
    const outer = members.find(({ name }) => name?.getText() === member) as ts.PropertySignature;
    // an optional member may be a union with undefined
    const types = outer.type !== undefined && ts.isUnionTypeNode(outer.type) ? outer.type.types : [outer.type];
    members = types.find(
      (type): type is ts.TypeLiteralNode => type !== undefined && ts.isTypeLiteralNode(type),
    )!.members;
  }
  return members.map((one) => {
    const comments = ts.getJSDocCommentsAndTags(one).map((comment) => comment.getText().replace(/\s*\n\s*\* ?/g, ' '));
    const [, literal] = /Default is (`[^`]+`)/.exec(comments.join(' ')) ?? [];
    return literal === undefined ? { name: one.name!.getText() } : { name: one.name!.getText(), literal };
  });
}

/** The rows of the first table of options below a heading: the name and the default. */
function rowsBelow(page: string, heading: string): { name: string; fallback: string }[] {
  const text = readFileSync(join(root, page), 'utf8');
  const [, section = ''] = text.split(`\n## ${heading}\n`);
  const [table = ''] = /^\| option \|.*\n(?:\|.*\n)+/m.exec(section.split('\n## ')[0] as string) ?? [];
  const rows = table.trimEnd().split('\n').slice(2);
  return rows.map((row) => {
    const [name = '', , fallback = ''] = row.split(' | ');
    return { name: name.replace(/[|` ]/g, ''), fallback };
  });
}

const MODULE = 'lib/nest/step-up.options.ts';
const SERVER = 'lib/authorization-servers/authorization-server.ts';

/** Of both halves of the union, each name once. */
const moduleOptions = ['StepUpRegisterOptions', 'StepUpExistingOptions', 'CommonOptions']
  .flatMap((name) => membersOf(MODULE, name))
  .concat(membersOf('lib/token/proofs/possession.options.ts', 'PossessionOptions'))
  .filter(({ name }, index, all) => all.findIndex((other) => other.name === name) === index);

test.each<[page: string, heading: string, options: Option[]]>([
  ['docs/options.md', 'StepUpModule', moduleOptions],
  [
    'docs/options.md',
    'authorizationServers',
    [
      ...membersOf(SERVER, 'ServerOptions'),
      ...membersOf('lib/authorization-servers/vocabulary.ts', 'VocabularyOptions'),
    ],
  ],
  [
    'docs/options.md',
    'protectedResourceMetadata',
    membersOf('lib/nest/protected-resource/protected-resource.ts', 'ProtectedResourceMetadataOptions'),
  ],
  ['docs/options.md', 'tokenLocations', membersOf('lib/nest/transports/token-locations.ts', 'TokenLocations')],
  ['docs/options.md', 'keys', membersOf(SERVER, 'ServerOptions', 'keys')],
  ['docs/options.md', 'dpop', membersOf('lib/token/proofs/dpop.options.ts', 'DPoPOptions')],
  [
    'docs/options.md',
    'clientCertificate',
    membersOf('lib/token/proofs/client-certificate.ts', 'ClientCertificateOptions'),
  ],
  ['docs/options.md', 'introspection', membersOf('lib/authorization-servers/introspection.ts', 'IntrospectionOptions')],
  [
    'docs/client.md',
    'Options of stepUpFetch',
    [
      ...membersOf('lib/client/step-up-fetch.options.ts', 'StepUpFetchOptions'),
      ...membersOf('lib/client/step-ups.options.ts', 'StepUpsOptions'),
      ...membersOf('lib/client/prompt-policy.ts', 'PromptPolicyOptions'),
    ],
  ],
  ['docs/mcp.md', 'Options of withStepUp', membersOf('lib/mcp/host/with-step-up.ts', 'WithStepUpOptions')],
  [
    'docs/client.md',
    'Options of authorizationParameters',
    membersOf('lib/client/authorization-parameters.ts', 'AuthorizationParametersOptions'),
  ],
  ['docs/client.md', 'Options of verifyStepUp', membersOf('lib/client/verify-step-up.ts', 'StepUpExpectation')],
])('%s, "%s", has each option once, with the default of its docstring', (page, heading, options) => {
  const rows = rowsBelow(page, heading);
  expect(options.length).toBeGreaterThan(1);
  expect(rows.map(({ name }) => name).sort()).toEqual(options.map(({ name }) => name).sort());
  for (const { name, literal } of options) {
    if (literal === undefined) continue;
    const fallback = rows.find((row) => row.name === name)?.fallback;
    expect({ name, fallback }).toEqual({ name, fallback: expect.stringContaining(literal) });
  }
});

test('docs/client.md lists every error code of the client', () => {
  const codes = (text: string) => [...new Set(text.match(/\bERR_STEP_UP_[A-Z_]+/g) ?? [])].sort();
  const listed = readFileSync(join(root, 'docs/client.md'), 'utf8').match(/^\| `ERR_STEP_UP_\w+` \|/gm) ?? [];
  expect(codes(listed.join('\n'))).toEqual(codes(readFileSync(join(root, 'lib/client/errors.ts'), 'utf8')));
});

test('whoever declares the words of docs/options.md can still compile the server of README.md', () => {
  const [, declared = ''] =
    /interface StepUpWords \{([^}]*)\}/.exec(readFileSync(join(root, 'docs/options.md'), 'utf8')) ?? [];
  const [, mapped = ''] = /acr: \{([^}]*)\}/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
  const wordsIn = (text: string) => [...text.matchAll(/(\w+): (?:true|')/g)].map(([, word]) => word);
  expect(wordsIn(mapped)).toContain('pwd');
  expect(wordsIn(declared)).toEqual(expect.arrayContaining(wordsIn(mapped)));
});
