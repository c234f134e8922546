// Assembles the client as a package of its own, `step-up-client`, in dist-client, and packs it: the files that
// nestjs-step-up has under ./client, without Nest and without a dependency. Takes the options of `npm pack`.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..');
const target = join(root, 'dist-client');
const { version, keywords, license, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** The two forms of an entry, under the names of its folder in both. */
const entry = (folder) => ({
  import: { types: `./esm/${folder}/index.d.ts`, default: `./esm/${folder}/index.js` },
  require: { types: `./cjs/${folder}/index.d.ts`, default: `./cjs/${folder}/index.js` },
});

const manifest = {
  name: 'step-up-client',
  version,
  description: 'Answers the step-up challenge of RFC 9470: for fetch and for anything else that sends requests.',
  keywords: keywords.filter((word) => !/nestjs|passport/.test(word)),
  license,
  type: 'commonjs',
  main: './cjs/client/index.js',
  module: './esm/client/index.js',
  types: './cjs/client/index.d.ts',
  exports: { '.': entry('client'), './sign-in': entry('client/sign-in'), './package.json': './package.json' },
  typesVersions: { '*': { 'sign-in': ['./cjs/client/sign-in/index.d.ts'] } },
  files: ['cjs', 'esm', 'sign-in'],
  sideEffects: false,
  engines,
};

/** For resolvers that read no `exports`. */
const signIn = {
  main: '../cjs/client/sign-in/index.js',
  module: '../esm/client/sign-in/index.js',
  types: '../cjs/client/sign-in/index.d.ts',
  sideEffects: false,
};

rmSync(target, { recursive: true, force: true });
for (const form of ['cjs', 'esm']) {
  for (const folder of ['client', 'core']) {
    cpSync(join(root, 'dist', form, folder), join(target, form, folder), { recursive: true });
  }
}
mkdirSync(join(target, 'sign-in'));
writeJson('package.json', manifest);
writeJson('esm/package.json', { type: 'module' });
writeJson('sign-in/package.json', signIn);
cpSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
cpSync(join(here, 'README.md'), join(target, 'README.md'));
execFileSync('npm', ['pack', ...process.argv.slice(2)], { cwd: target, stdio: 'inherit' });

function writeJson(file, value) {
  writeFileSync(join(target, file), `${JSON.stringify(value, undefined, 2)}\n`);
}
