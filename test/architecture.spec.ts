import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { preProcessFile } from 'typescript';

const LIB = join(__dirname, '../lib');

/** Folders that may import only some of the others and only some packages. Everything may import `core`. */
const LIMITS: Record<string, { folders: readonly string[]; packages: RegExp | undefined }> = {
  core: { folders: [], packages: undefined },
  client: { folders: ['core'], packages: undefined },
  'authorization-servers': { folders: ['core'], packages: undefined },
  token: {
    folders: ['core', 'authorization-servers'],
    packages: /^(node:.+|jwks-rsa|openid-client)$/,
  },
  doctor: {
    folders: ['core', 'client', 'token', 'authorization-servers'],
    packages: /^(node:.+|openid-client)$/,
  },
  routes: { folders: [], packages: /^node:.+$/ },
  serve: { folders: ['core', 'testing'], packages: /^node:.+$/ },
  schematics: { folders: [], packages: /^(node:.+|typescript)$/ },
  cli: { folders: ['doctor', 'routes', 'serve'], packages: undefined },
  mcp: { folders: ['core', 'client', 'nest'], packages: /^@nestjs\/common$/ },
  opentelemetry: { folders: ['core', 'nest'], packages: /^(@nestjs\/common|@opentelemetry\/api)$/ },
  swagger: { folders: ['core', 'nest'], packages: /^@nestjs\/(common|core|swagger)$/ },
  testing: { folders: ['core', 'token', 'authorization-servers', 'nest'], packages: /^node:.+$/ },
};
const NEST_FOLDERS = ['nest', 'passport', 'swagger', 'opentelemetry', 'mcp'];
// an application augments StepUpWords through the package's name, which only `export *` of its own file allows
const BESIDE_THE_DOOR = [
  'index.ts ./nest/requirements/words.js',
  // the door of the client is a bundle with a size limit
  'mcp/host/answered-challenges.ts ../../client/repeated-challenge.js',
];

/** The way of one request through nest. A room imports only those before it. */
const NEST_ROOMS = [
  'advice',
  'transports',
  'requirements',
  'authorization-server-options',
  'option-checks',
  'protected-resource',
  'step-up.options',
  'step-up-settings',
  'refusal',
  'authentication',
  'guards',
  'decorators',
  'step-up.service',
  'audit',
  'step-up.module',
  'index',
];

/** Says which rule an import between two rooms of nest breaks; paths are relative to lib/nest, without extension. */
function brokenDirection(file: string, target: string): string | undefined {
  const [from, to] = [file, target].map((path) => path.split('/')[0] as string) as [string, string];
  const unknown = [from, to].find((room) => !NEST_ROOMS.includes(room));
  if (unknown !== undefined) return `nest/${unknown} has no place in the order of the rooms`;
  return NEST_ROOMS.indexOf(to) <= NEST_ROOMS.indexOf(from) ? undefined : `${from} comes before ${to}`;
}

/** The rooms of token, in order: each may import only itself and those before it. What is common stays outside of rooms. */
const ROOMS_OF_TOKEN: readonly RegExp[] = [
  /^token\/(?!access-token-verifier|index)[^/]+$/,
  /^token\/keys\//,
  /^token\/jwt\//,
  /^token\/proofs\//,
  /^token\/introspection\//,
  /^token\/access-token-verifier\./,
  /^token\/index\./,
];

/** Says which rule an import breaks; `file` is relative to lib. */
function brokenRule(file: string, imported: string): string | undefined {
  const folderOf = (path: string) => (path.includes('/') ? path.split('/')[0]! : '');
  const folder = folderOf(file);
  const limits = LIMITS[folder];
  const inHost = file.startsWith('mcp/host/');
  if (!imported.startsWith('.')) {
    if (inHost) return 'mcp/host may not import packages';
    if (limits !== undefined && !limits.packages?.test(imported)) return `${folder} may not import packages like this`;
    if (imported.startsWith('@opentelemetry/') && folder !== 'opentelemetry')
      return 'OpenTelemetry is imported only in opentelemetry';
    if (!imported.startsWith('@nestjs/')) return undefined;
    if (!NEST_FOLDERS.includes(folder))
      return 'Nest is imported only in nest, passport, swagger, opentelemetry and mcp';
    return imported.split('/').length > 2 ? 'Nest is imported only from package roots' : undefined;
  }
  const target = posix.join(posix.dirname(file), imported);
  if (target.startsWith('..')) return 'lib imports nothing of the project outside lib';
  if (!target.endsWith('.js')) return 'imports between files of lib end in .js';
  const into = folderOf(target);
  if (folder === 'mcp' && into !== 'core' && inHost !== (into === 'client' || target.startsWith('mcp/host/'))) {
    return 'mcp is for servers and mcp/host for hosts; neither imports the other';
  }
  if (into === 'nest' && folder === 'nest') {
    return brokenDirection(file.slice('nest/'.length, -'.ts'.length), target.slice('nest/'.length, -'.js'.length));
  }
  if (into === folder) {
    const roomOf = (path: string) => ROOMS_OF_TOKEN.findIndex((room) => room.test(path));
    return roomOf(target) > roomOf(file) ? 'the rooms of token import only those before them' : undefined;
  }
  if (into === '') return 'the root exports and is not imported';
  if (limits !== undefined && !limits.folders.includes(into)) return `${folder} may not import ${into}`;
  const door = existsSync(join(LIB, into, 'index.ts')) && target !== `${into}/index.js`;
  return door && !BESIDE_THE_DOOR.includes(`${file} ${imported}`)
    ? `${into} is entered through its index.js`
    : undefined;
}

const imports = readdirSync(LIB, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replaceAll('\\', '/'))
  .flatMap((file) =>
    preProcessFile(readFileSync(join(LIB, file), 'utf8'), true, true).importedFiles.map(({ fileName }) => ({
      file,
      imported: fileName,
    })),
  );

test('lib keeps to its layout', () => {
  expect(imports.length).toBeGreaterThan(50);
  const broken = imports.map(({ file, imported }) => ({ file, imported, rule: brokenRule(file, imported) }));
  expect(broken.filter(({ rule }) => rule !== undefined)).toEqual([]);
});

test('every form of import is seen', () => {
  const source = `import 'a'; import type { B } from 'b'; export * from 'c'; export { d } from 'd';
    const e = await import('e'); const f = require('f'); type G = import('g').G; // import 'h'`;
  const seen = preProcessFile(source, true, true).importedFiles.map(({ fileName }) => fileName);
  expect(seen.sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
});

describe('the rules', () => {
  test.each<[file: string, imported: string, rule: string]>([
    ['core/challenge.ts', '../token/index.js', 'core may not import token'],
    ['core/challenge.ts', '../index.js', 'the root exports and is not imported'],
    ['core/challenge.ts', 'jose', 'core may not import packages like this'],
    ['core/challenge.ts', 'node:crypto', 'core may not import packages like this'],
    ['core/challenge.ts', 'fs', 'core may not import packages like this'],
    ['core/challenge.ts', '@nestjs/common', 'core may not import packages like this'],
    ['client/fetch.ts', '../token/index.js', 'client may not import token'],
    ['client/fetch.ts', 'node:buffer', 'client may not import packages like this'],
    ['client/fetch.ts', '../core/challenge.js', 'core is entered through its index.js'],
    ['client/redirect/store.ts', '../../nest/index.js', 'client may not import nest'],
    ['authorization-servers/profile.ts', '../token/index.js', 'authorization-servers may not import token'],
    ['token/verifier.ts', '../nest/index.js', 'token may not import nest'],
    ['token/verifier.ts', '../passport/index.js', 'token may not import passport'],
    ['token/verifier.ts', 'passport-jwt', 'token may not import packages like this'],
    ['token/verifier.ts', 'jose/errors', 'token may not import packages like this'],
    ['token/verifier.ts', '@nestjs/common', 'token may not import packages like this'],
    ['token/metadata.ts', './keys/key-set.js', 'the rooms of token import only those before them'],
    ['token/keys/key-set.ts', '../jwt/jwt.js', 'the rooms of token import only those before them'],
    ['token/jwt/jwt.ts', '../proofs/possession.js', 'the rooms of token import only those before them'],
    ['token/jwt/jwt.ts', '../introspection/semaphore.js', 'the rooms of token import only those before them'],
    ['token/introspection/semaphore.ts', '../index.js', 'the rooms of token import only those before them'],
    ['token/jwt/jwt.ts', '../access-token-verifier.js', 'the rooms of token import only those before them'],
    ['nest/advice/decisions.ts', '@opentelemetry/api', 'OpenTelemetry is imported only in opentelemetry'],
    ['opentelemetry/instruments.ts', '@opentelemetry/sdk-metrics', 'opentelemetry may not import packages like this'],
    ['opentelemetry/instruments.ts', '@nestjs/core', 'opentelemetry may not import packages like this'],
    ['opentelemetry/instruments.ts', '../token/index.js', 'opentelemetry may not import token'],
    ['opentelemetry/instruments.ts', '../nest/advice/decisions.js', 'nest is entered through its index.js'],
    ['swagger/operation.ts', '../token/index.js', 'swagger may not import token'],
    ['swagger/operation.ts', '../nest/requirements/route.js', 'nest is entered through its index.js'],
    ['swagger/operation.ts', '@nestjs/swagger/dist/swagger-explorer', 'swagger may not import packages like this'],
    ['mcp/host/with-step-up.ts', '@nestjs/common', 'mcp/host may not import packages'],
    [
      'mcp/host/with-step-up.ts',
      '../../nest/index.js',
      'mcp is for servers and mcp/host for hosts; neither imports the other',
    ],
    [
      'mcp/requirements-per-tool.ts',
      './host/index.js',
      'mcp is for servers and mcp/host for hosts; neither imports the other',
    ],
    ['testing/server.ts', '@nestjs/testing', 'testing may not import packages like this'],
    ['serve/serve-command.ts', 'oidc-provider', 'serve may not import packages like this'],
    ['serve/serve-command.ts', '../nest/index.js', 'serve may not import nest'],
    ['schematics/nest-add/host.ts', '@angular-devkit/schematics', 'schematics may not import packages like this'],
    ['schematics/nest-add/host.ts', '../../core/index.js', 'schematics may not import core'],
    ['doctor/login.ts', '@nestjs/common', 'doctor may not import packages like this'],
    ['doctor/login.ts', '../nest/index.js', 'doctor may not import nest'],
    ['index.ts', '@nestjs/common', 'Nest is imported only in nest, passport, swagger, opentelemetry and mcp'],
    ['nest/step-up.guard.ts', '@nestjs/common/interfaces', 'Nest is imported only from package roots'],
    ['nest/step-up.guard.ts', '../core/requirements.js', 'core is entered through its index.js'],
    ['nest/step-up.guard.ts', '../nest/../core/requirements.js', 'core is entered through its index.js'],
    ['nest/step-up.guard.ts', '../nest/step-up.options', 'imports between files of lib end in .js'],
    ['nest/step-up.guard.ts', '../index.js', 'the root exports and is not imported'],
    ['nest/advice/log.ts', '../audit/route-table.js', 'advice comes before audit'],
    ['nest/guards/admission.ts', '../step-up.service.js', 'guards comes before step-up.service'],
    ['nest/guards/admission.ts', '../utils/map.js', 'nest/utils has no place in the order of the rooms'],
    ['index.ts', './nest/step-up.guard.js', 'nest is entered through its index.js'],
    ['nest/step-up.guard.ts', '../../test/support/application.js', 'lib imports nothing of the project outside lib'],
    ['index.ts', '../sample-app/src/main.js', 'lib imports nothing of the project outside lib'],
  ])('%s may not import %s', (file, imported, rule) => {
    expect(brokenRule(file, imported)).toBe(rule);
  });

  test.each<[file: string, imported: string]>([
    ['core/challenge.ts', './requirements.js'],
    ['client/fetch.ts', '../core/index.js'],
    ['token/verifier.ts', '../core/index.js'],
    ['token/verifier.ts', 'node:crypto'],
    ['token/verifier.ts', 'jwks-rsa'],
    ['token/jwt/jwt.ts', '../errors.js'],
    ['token/jwt/jwt.ts', '../keys/key-set.js'],
    ['token/access-token-verifier.ts', './introspection/semaphore.js'],
    ['nest/step-up.guard.ts', '@nestjs/common'],
    ['nest/step-up.guard.ts', '../token/index.js'],
    ['nest/guards/admission.ts', '../refusal/challenge.js'],
    ['nest/guards/acr.guard.ts', './admission.js'],
    ['opentelemetry/instruments.ts', '@opentelemetry/api'],
    ['opentelemetry/instruments.ts', '../nest/index.js'],
    ['index.ts', './core/index.js'],
    ['index.ts', './nest/requirements/words.js'],
    ['index.ts', './folder-without-door/file.js'],
  ])('%s may import %s', (file, imported) => {
    expect(brokenRule(file, imported)).toBeUndefined();
  });
});

describe('a fact is decided in one place', () => {
  const sources = readdirSync(LIB, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ file: file.replaceAll('\\', '/'), source: readFileSync(join(LIB, file), 'utf8') }));

  const occurrences = (pattern: RegExp, isAllowed: (file: string) => boolean) =>
    sources.flatMap(({ file, source }) =>
      isAllowed(file)
        ? []
        : source
            .split('\n')
            .filter((line) => pattern.test(line))
            .map((line) => `${file}: ${line.trim()}`),
    );

  test('nobody outside transports/ compares the names of transports', () => {
    const pattern = /(transport(\.name)?|getType(<\w+>)?\(\)) ?[!=]== ?'(http|graphql|ws|rpc)'/;
    expect(occurrences(pattern, (file) => file.startsWith('nest/transports/'))).toEqual([]);
  });

  test('no behavior depends on the text of a message or on the front of a code', () => {
    const pattern = /message\.(startsWith|endsWith|includes|match|slice)\(|startsWith\('(acr|auth)_?'/;
    expect(occurrences(pattern, () => false)).toEqual([]);
  });

  test('nothing is internal in a published declaration', () => {
    expect(occurrences(/@internal/, () => false)).toEqual([]);
  });
});
