// Packs the package and uses it as others do: an application on Nest 11 and 12, in CommonJS and ESM, type-checked against
// our declarations and serving real requests; and a stock Jest with ts-jest.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const workshop = mkdtempSync(join(tmpdir(), 'nestjs-step-up-'));

const nest11 = {
  '@nestjs/common': '11.2.10',
  '@nestjs/core': '11.2.10',
  '@nestjs/passport': '11.0.5',
  '@nestjs/platform-express': '11.2.10',
};
const nest12 = {
  '@nestjs/common': '12.5.1',
  '@nestjs/core': '12.5.1',
  '@nestjs/passport': '12.0.0',
  '@nestjs/platform-express': '12.5.1',
};
// an optional peer, which an application without metrics does not have
const openTelemetry = ['@opentelemetry/api@1.9.1', '@opentelemetry/sdk-metrics@2.12.0'];
const openApi = { 11: '@nestjs/swagger@11.4.7', 12: '@nestjs/swagger@12.0.2' };
const classic = { module: 'commonjs', moduleResolution: 'node10' };
const modern = { module: 'nodenext', moduleResolution: 'nodenext' };

const consumers = [
  { name: 'Nest 11, CommonJS', type: 'commonjs', nest: nest11, typescript: '5.9.3', resolution: classic },
  { name: 'Nest 11, ESM', type: 'module', nest: nest11, typescript: '5.9.3', resolution: modern },
  { name: 'Nest 12, CommonJS', type: 'commonjs', nest: nest12, typescript: '6.0.3', resolution: modern },
  { name: 'Nest 12, ESM', type: 'module', nest: nest12, typescript: '6.0.3', resolution: modern },
  { name: 'Nest 11, stock Jest', type: 'commonjs', nest: nest11, typescript: '5.9.3', resolution: classic, jest: true },
];

/** Each file that is published, by what it is. */
const PUBLISHED = [
  /^(?:CHANGELOG|README|SECURITY)\.md$/,
  /^LICENSE$/,
  /^package\.json$/,
  /^docs\/[\w-]+\.md$/,
  /^docs\/examples\/[\w-]+\.ts$/,
  // for resolvers that read no exports
  /^client\/(?:sign-in\/)?package\.json$/,
  /^dist\/(?:[\w.-]+\/)*[\w.-]+\.(?:js|d\.ts)$/,
  /^dist\/(?:esm|cjs)\/package\.json$/,
  /^dist\/schematics\/(?:[\w-]+\/)*[\w-]+\.json$/,
];

/** Examples of the documentation that need nothing besides. They are copied, and have to start. */
const EXAMPLES = ['smallest', 'global-guard'];

let failed = 0;
try {
  run('npm', ['run', 'build', '--silent'], root);
  const [{ filename, files }] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', workshop], root),
  );
  const tarball = join(workshop, filename);
  check('content', () => checkContent(files.map(({ path }) => path)));
  check('publint', () => run('npx', ['publint', '--strict', tarball], root));
  check('are the types wrong', () => run('npx', ['attw', tarball], root));
  for (const consumer of consumers) check(consumer.name, () => use(consumer, tarball));
} finally {
  rmSync(workshop, { recursive: true, force: true });
}
console.log(failed === 0 ? 'The package works in all of them.' : `${failed} failed.`);
process.exitCode = failed === 0 ? 0 : 1;

function checkContent(paths) {
  const others = paths.filter((path) => !PUBLISHED.some((kind) => kind.test(path)));
  if (others.length > 0) throw new Error(`nobody expects these files in the package: ${others.join(', ')}`);
  const missing = expectedFiles().filter((path) => !paths.includes(path));
  if (missing.length > 0) throw new Error(`these files are missing in the package: ${missing.join(', ')}`);
  return `${paths.length} files`;
}

/** What has to be in the package: whatever its manifest names, every source of lib, every page, every example. */
function expectedFiles() {
  const { main, types, bin, schematics, exports, typesVersions } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const named = [main, types, schematics, bin, exports, typesVersions].flatMap(textsOf).map((path) => path.slice(2));
  const inFolder = (folder, end) =>
    readdirSync(join(root, folder), { recursive: true }).filter((name) => name.endsWith(end));
  const compiled = inFolder('lib', '.ts').flatMap((name) =>
    ['.js', '.d.ts'].map((end) => `dist/${name.replace(/\.ts$/, end)}`),
  );
  return [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'SECURITY.md',
    'package.json',
    'client/package.json',
    'client/sign-in/package.json',
    ...named,
    ...compiled,
    ...inFolder('docs', '.md').map((name) => `docs/${name}`),
    ...inFolder('docs/examples', '.ts').map((name) => `docs/examples/${name}`),
  ];
}

function textsOf(value) {
  return typeof value === 'string' ? [value] : Object.values(value).flatMap(textsOf);
}

function use({ name, type, nest, typescript, resolution, jest }, tarball) {
  const folder = join(workshop, name.replace(/\W+/g, '-'));
  cpSync(join(here, 'consumer'), folder, { recursive: true });
  const manifest = {
    private: true,
    type,
    dependencies: {
      ...nest,
      'nestjs-step-up': `file:${tarball}`,
      jsonwebtoken: '9.0.3',
      passport: '0.7.0',
      'reflect-metadata': '0.2.2',
      rxjs: '7.8.2',
    },
    devDependencies: {
      '@types/jsonwebtoken': '9.0.10',
      '@types/node': '^20.19.0',
      typescript,
      ...(jest && { '@types/jest': '30.0.0', jest: '30.5.2', 'ts-jest': '29.4.15' }),
    },
    ...(jest && { jest: { preset: 'ts-jest', testEnvironment: 'node', rootDir: '.' } }),
  };
  const compilerOptions = {
    ...resolution,
    target: 'ES2022',
    outDir: 'dist',
    rootDir: 'src',
    strict: true,
    esModuleInterop: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    // our declarations have to hold by themselves
    skipLibCheck: false,
    types: jest ? ['node', 'jest'] : ['node'],
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['src/main.ts', 'src/app.module.ts'] }),
  );
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], folder);
  if (jest) run('npx', ['jest'], folder);
  else {
    for (const peer of ['@opentelemetry', '@nestjs/swagger']) {
      if (existsSync(join(folder, 'node_modules', peer)))
        throw new Error(`npm has installed ${peer}, an optional peer`);
    }
    run('npx', ['tsc'], folder);
    run('node', ['doctor.mjs'], folder);
    run('node', ['routes.mjs'], folder);
    const said = run('node', ['dist/main.js'], folder).trim();
    const optional = [...openTelemetry, openApi[nest['@nestjs/core'].split('.')[0]]];
    run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...optional], folder);
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
    for (const name of EXAMPLES) cpSync(join(root, `docs/examples/${name}.ts`), join(folder, `src/${name}.ts`));
    run('npx', ['tsc'], folder);
    for (const name of EXAMPLES) {
      const startAndClose = `import('./dist/${name}.js').then(async ({ application }) => (await application).close())`;
      run('node', ['-e', startAndClose], folder, { ...process.env, PORT: '0' });
    }
    return [said, ...['opentelemetry', 'openapi'].map((name) => run('node', [`dist/${name}.js`], folder).trim())].join(
      ', ',
    );
  }
}

function check(name, attempt) {
  const started = Date.now();
  try {
    const said = attempt();
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    console.log(
      `ok    ${name} (${seconds} s)${typeof said === 'string' && said.length < 60 && said ? `: ${said}` : ''}`,
    );
  } catch (error) {
    failed += 1;
    console.log(
      `FAIL  ${name}\n${error.stdout ?? ''}${error.stderr ?? ''}${error.stdout === undefined ? error.stack : ''}`,
    );
  }
}

function run(command, parameters, cwd, env = process.env) {
  return execFileSync(command, parameters, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
