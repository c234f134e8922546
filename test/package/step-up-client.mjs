// Packs the client as a package of its own and uses it as others do: in Node, by the compiler of TypeScript, by bundlers
// and by the resolver of Metro. What they make is run.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const workshop = mkdtempSync(join(tmpdir(), 'step-up-client-'));
const tools = {
  browserify: '17.0.1',
  esbuild: '0.28.2',
  'metro-resolver': '0.82.5',
  typescript: '6.0.3',
  vite: '7.3.2',
  webpack: '5.112.2',
};

/** Throws if the client does not answer a challenge. */
const PROGRAM = `
const api = stepUpFetch({
  origins: ['https://api.example.com'],
  accessToken: () => 'weak',
  stepUp: async (challenge) => {
    const { acrValues } = oktaTokenParams(challenge);
    return acrValues === 'mfa' ? 'strong' : undefined;
  },
  fetch: async (url, { headers }) =>
    headers.authorization === 'Bearer strong'
      ? new Response('done')
      : new Response('', {
          status: 401,
          headers: { 'www-authenticate': 'Bearer error="insufficient_user_authentication", acr_values="mfa"' },
        }),
});
api('https://api.example.com/pay').then((response) => response.text()).then((text) => console.log(text));
`;
const ESM = `import { stepUpFetch } from 'step-up-client';
import { oktaTokenParams } from 'step-up-client/sign-in';
${PROGRAM}`;
const CJS = `const { stepUpFetch } = require('step-up-client');
const { oktaTokenParams } = require('step-up-client/sign-in');
${PROGRAM}`;

const TYPED = `import { authorizationParameters, stepUpFetch, type StepUpChallenge } from 'step-up-client';
import { keycloakLoginOptions } from 'step-up-client/sign-in';
const challenge: StepUpChallenge = { scheme: 'Bearer', maxAge: 0 };
export const age: number | undefined = keycloakLoginOptions(challenge).maxAge;
export const parameters: Record<string, string> = authorizationParameters(challenge);
export const api: typeof fetch = stepUpFetch({ origins: [], accessToken: () => 'token', stepUp: async () => undefined });
// @ts-expect-error a token is a text
stepUpFetch({ origins: [], accessToken: () => 1, stepUp: async () => undefined });
`;

const lines = (text) => text.trim().split('\n');
let failed = 0;
try {
  run('npm', ['run', 'build', '--silent'], root);
  const [{ filename }] = JSON.parse(
    run('npm', ['run', 'pack:client', '--silent', '--', '--json', '--pack-destination', workshop], root),
  );
  const tarball = join(workshop, filename);
  check('publint', () => void run('npx', ['publint', '--strict', tarball], root));
  check('are the types wrong', () => void run('npx', ['attw', tarball], root));
  check('it has the files of nestjs-step-up/client', sameFiles);
  const consumer = join(workshop, 'consumer');
  mkdirSync(consumer);
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ private: true }));
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', tarball], consumer);
  check('it brings one package, of the version of nestjs-step-up', () => {
    const { packages } = JSON.parse(readFileSync(join(consumer, 'package-lock.json'), 'utf8'));
    same(Object.keys(packages), ['', 'node_modules/step-up-client']);
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    same([packages['node_modules/step-up-client'].version], [version]);
  });
  writeFileSync(join(consumer, 'main.mjs'), ESM);
  writeFileSync(join(consumer, 'main.cjs'), CJS);
  writeFileSync(join(consumer, 'main.ts'), TYPED);
  check('import in Node', () => same(lines(run('node', ['main.mjs'], consumer)), ['done']));
  check('require in Node', () => same(lines(run('node', ['main.cjs'], consumer)), ['done']));
  install();
  for (const [module, moduleResolution] of [
    ['commonjs', 'node10'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    check(`TypeScript, moduleResolution ${moduleResolution}`, () => compile(module, moduleResolution));
  }
  check('esbuild', () => {
    run('npx', ['esbuild', 'main.mjs', '--bundle', '--minify', '--outfile=esbuild.cjs'], consumer);
    runs('esbuild.cjs');
  });
  check('Vite', () => {
    writeFileSync(
      join(consumer, 'vite.config.mjs'),
      `export default { build: { lib: { entry: 'main.mjs', formats: ['cjs'], fileName: () => 'vite.cjs' }, outDir: 'vite' } };`,
    );
    run('npx', ['vite', 'build', '--logLevel', 'error'], consumer);
    runs('vite/vite.cjs');
  });
  check('webpack 5', () => {
    writeFileSync(
      join(consumer, 'webpack.cjs'),
      `require('webpack')({ mode: 'production', entry: './main.mjs', output: { filename: 'webpack.cjs' } }, (error, stats) => {
        if (error ?? stats.hasErrors()) throw error ?? new Error(stats.toString());
      });`,
    );
    run('node', ['webpack.cjs'], consumer);
    runs('dist/webpack.cjs');
  });
  check('browserify', () => {
    run('npx', ['browserify', 'main.cjs', '-o', 'browserify.js'], consumer);
    runs('browserify.js');
  });
  check("Metro's resolver, with exports", () => metro(true));
  check("Metro's resolver, without exports", () => metro(false));

  function install() {
    const packages = Object.entries(tools).map(([name, version]) => `${name}@${version}`);
    run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error', ...packages], consumer);
  }

  function compile(module, moduleResolution) {
    const ignoreDeprecations = moduleResolution === 'node10' ? '6.0' : undefined;
    const compilerOptions = { module, moduleResolution, ignoreDeprecations, noEmit: true, strict: true, types: [] };
    const lib = ['es2022', 'dom', 'dom.iterable'];
    // the declarations have to hold by themselves
    const config = { compilerOptions: { ...compilerOptions, lib, skipLibCheck: false }, files: ['main.ts'] };
    writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify(config));
    run('npx', ['tsc'], consumer);
  }

  function runs(file) {
    same(lines(run('node', [file], consumer)), ['done']);
  }

  /** What Metro puts in the place of `require` in an application of React Native. */
  function metro(unstable_enablePackageExports) {
    const require = createRequire(join(consumer, 'main.cjs'));
    const { resolve } = require('metro-resolver');
    const manifestOf = (path) => JSON.parse(readFileSync(path, 'utf8'));
    const kindOf = (path) => statSync(path, { throwIfNoEntry: false });
    const isFile = (path) => kindOf(path)?.isFile() === true;
    const context = {
      allowHaste: false,
      assetExts: new Set(),
      customResolverOptions: {},
      disableHierarchicalLookup: false,
      doesFileExist: isFile,
      extraNodeModules: null,
      dev: false,
      fileSystemLookup: (path) =>
        kindOf(path) ? { exists: true, type: isFile(path) ? 'f' : 'd', realPath: path } : { exists: false },
      getPackage: (path) => (isFile(path) ? manifestOf(path) : null),
      getPackageForModule: (path) => {
        const [folder] = /^.*node_modules\/step-up-client(?=\/|$)/.exec(path) ?? [];
        if (!folder) return null;
        const rootPath = folder;
        return {
          packageJson: manifestOf(join(rootPath, 'package.json')),
          rootPath,
          packageRelativePath: path.slice(rootPath.length + 1),
        };
      },
      isESMImport: false,
      mainFields: ['react-native', 'browser', 'main'],
      nodeModulesPaths: [],
      originModulePath: join(consumer, 'main.cjs'),
      preferNativePlatform: true,
      redirectModulePath: (path) => path,
      resolveAsset: () => null,
      resolveHasteModule: () => null,
      resolveHastePackage: () => null,
      sourceExts: ['js', 'json'],
      unstable_conditionNames: ['require', 'react-native'],
      unstable_conditionsByPlatform: { ios: [] },
      unstable_enablePackageExports,
      unstable_logWarning: (warning) => {
        throw new Error(warning);
      },
    };
    for (const [name, member] of [
      ['step-up-client', 'stepUpFetch'],
      ['step-up-client/sign-in', 'oktaTokenParams'],
    ]) {
      const { type, filePath } = resolve(context, name, 'ios');
      same([type, typeof require(filePath)[member]], ['sourceFile', 'function']);
    }
  }
} finally {
  rmSync(workshop, { recursive: true, force: true });
}
console.log(failed === 0 ? 'step-up-client works in all of them.' : `${failed} failed.`);
process.exitCode = failed === 0 ? 0 : 1;

/** Every file of the client, in both forms, byte by byte. */
function sameFiles() {
  const filesOf = (place) =>
    Object.fromEntries(
      readdirSync(place, { recursive: true, withFileTypes: true })
        .filter((one) => one.isFile())
        .map(({ parentPath, name }) => join(parentPath, name))
        .map((path) => [path.slice(place.length), readFileSync(path, 'utf8')]),
    );
  for (const folder of ['cjs/client', 'cjs/core', 'esm/client', 'esm/core']) {
    const files = filesOf(join(root, 'dist', folder));
    same(typeof files['/index.js'], 'string');
    same(filesOf(join(root, 'dist-client', folder)), files);
  }
}

function same(actual, expected) {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) {
    throw new Error(`Expected ${JSON.stringify(expected).slice(0, 300)}, got ${JSON.stringify(actual).slice(0, 300)}`);
  }
}

function check(name, attempt) {
  try {
    attempt();
    console.log(`ok    ${name}`);
  } catch (error) {
    failed += 1;
    console.log(
      `FAIL  ${name}\n${error.stdout ?? ''}${error.stderr ?? ''}${error.stdout === undefined ? error.stack : ''}`,
    );
  }
}

function run(command, parameters, cwd) {
  return execFileSync(command, parameters, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
