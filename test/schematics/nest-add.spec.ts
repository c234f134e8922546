import { Tree } from '@angular-devkit/schematics';
import { addToModule, NotUnderstood } from '../../lib/schematics/nest-add/module-source.js';
import { type NestAddOptions, nestAdd } from '../../lib/schematics/nest-add/nest-add.js';

// That it works with the commands of Nest 11 and 12, on fresh applications, is shown by `npm run test:minute`.

const MODULE = `import { Module } from '@nestjs/common';
import { AppController } from './app.controller';

@Module({
  imports: [],
  controllers: [AppController],
})
export class AppModule {}
`;
const MAIN = `import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
}
`;
const NEST_11 = { dependencies: { '@nestjs/core': '^11.0.1', '@nestjs/platform-express': '^11.0.1' } };

interface Result {
  /** The files that were added or changed. */
  readonly files: Readonly<Record<string, string>>;
  readonly said: readonly string[];
  readonly tasks: readonly object[];
}

/** Runs the schematic in the tree of the devkit. */
function add(files: Record<string, string>, options: NestAddOptions = {}): Result {
  const tree = Tree.empty();
  for (const [path, content] of Object.entries(files)) tree.create(path, content);
  const said: string[] = [];
  const tasks: object[] = [];
  const context = {
    logger: { info: (text: string) => said.push(text), warn: (text: string) => said.push(text) },
    addTask: (task: { toConfiguration(): object }) => tasks.push(task.toConfiguration()),
  };
  nestAdd(options)(tree, context);
  const result: Record<string, string> = {};
  tree.visit((path) => {
    const content = tree.read(path)?.toString() ?? '';
    if (files[path.slice(1)] !== content) result[path.slice(1)] = content;
  });
  return { files: result, said, tasks };
}

const application = (module = MODULE, manifest: object = NEST_11, main = MAIN) => ({
  'package.json': JSON.stringify(manifest),
  'src/main.ts': main,
  'src/app.module.ts': module,
});

describe('nest add', () => {
  it('imports the module, with options that read the environment', () => {
    const { files } = add(application());
    expect(Object.keys(files).sort()).toEqual(['package.json', 'src/app.module.ts', 'src/step-up.options.ts']);
    expect(files['src/app.module.ts']).toBe(`import { Module } from '@nestjs/common';
import { AppController } from './app.controller';
import { StepUpModule } from 'nestjs-step-up';
import { stepUpOptions } from './step-up.options';

@Module({
  imports: [StepUpModule.forRootAsync({ useFactory: stepUpOptions })],
  controllers: [AppController],
})
export class AppModule {}
`);
  });

  it('adds a protected route and its test on request', () => {
    const { files } = add(application(), { route: true });
    expect(Object.keys(files).sort()).toEqual([
      'package.json',
      'src/app.module.ts',
      'src/protected.controller.ts',
      'src/step-up.options.ts',
      'test/step-up.e2e-spec.ts',
    ]);
    expect(files['src/app.module.ts']).toContain('controllers: [AppController, ProtectedController],');
    expect(files['test/step-up.e2e-spec.ts']).toContain("import { AppModule } from '../src/app.module';");
    expect(files['test/step-up.e2e-spec.ts']).toContain('testing.createNestApplication();');
  });

  it('writes for ES modules, Fastify and Vitest', async () => {
    const manifest = {
      type: 'module',
      dependencies: { '@nestjs/core': '^12.0.1', '@nestjs/platform-fastify': '^12.0.1' },
      devDependencies: { vitest: '^4.1.2' },
    };
    const { files } = add(
      application(MODULE.replace('controller', 'controller.js'), manifest, MAIN.replace('module', 'module.js')),
      { route: true },
    );
    expect(files['src/app.module.ts']).toContain("from './step-up.options.js'");
    const test = files['test/step-up.e2e-spec.ts'];
    expect(test).toContain("import { AppModule } from '../src/app.module.js';");
    expect(test).toContain('createNestApplication(new FastifyAdapter())');
    expect(test).toContain("from 'vitest';");
  });

  it('adds the peers for the version of Nest, and has them installed', () => {
    const { files, tasks } = add(application());
    expect(JSON.parse(files['package.json'] as string).dependencies).toEqual({
      '@nestjs/core': '^11.0.1',
      '@nestjs/passport': '^11.0.0',
      '@nestjs/platform-express': '^11.0.1',
      passport: '^0.7.0',
    });
    const options = { command: 'install', quiet: true, packageManager: 'npm' };
    expect(tasks).toEqual([{ name: 'node-package', options }]);
  });

  it.each([
    ['pnpm-lock.yaml', 'pnpm'],
    ['yarn.lock', 'yarn'],
    ['bun.lock', 'bun'],
    ['package-lock.json', 'npm'],
  ])('has them installed by the package manager of %s', (lockFile, packageManager) => {
    const { tasks } = add({ ...application(), [lockFile]: '' });
    expect(tasks).toEqual([expect.objectContaining({ options: expect.objectContaining({ packageManager }) })]);
  });

  it('keeps peers that are there', async () => {
    const dependencies = { '@nestjs/core': '^11.0.1', '@nestjs/passport': '11.0.4', passport: '0.7.0' };
    const { files, tasks } = add(application(MODULE, { dependencies }));
    expect(files).not.toHaveProperty('package.json');
    expect(tasks).toEqual([]);
  });

  it.each<[what: string, range: string, installed: string | undefined, passport: string | undefined]>([
    ['the installed version', '>=11', '12.5.1', '^12.0.0'],
    ['the range if nothing is installed', '^12.0.1', undefined, '^12.0.0'],
    ['neither', 'workspace:*', undefined, undefined],
  ])('chooses the peer by %s', (_, range, installed, passport) => {
    const { files, said } = add({
      ...application(MODULE, { dependencies: { '@nestjs/core': range } }),
      ...(installed !== undefined && {
        'node_modules/@nestjs/core/package.json': JSON.stringify({ version: installed }),
      }),
    });
    expect(JSON.parse(files['package.json'] as string).dependencies['@nestjs/passport']).toBe(passport);
    const warning = 'Install @nestjs/passport in the version of your Nest, which package.json does not tell.';
    expect(said.includes(warning)).toBe(passport === undefined);
  });

  it.each(['  ', '    ', '\t'])('keeps the indentation %j of package.json', (indent) => {
    const manifest = JSON.stringify({ name: 'app', ...NEST_11 }, null, indent);
    const { files } = add({ ...application(), 'package.json': manifest });
    expect(files['package.json']).toContain(`{\n${indent}"name"`);
  });

  it('changes no JavaScript', () => {
    const { files, said } = add({ ...application(), 'src/app.js': MODULE }, { module: 'src/app.js', route: true });
    expect(Object.keys(files)).toEqual(['package.json']);
    expect(said[0]).toContain('src/app.js is not changed: it is not TypeScript.');
  });

  it('changes nothing the second time', () => {
    const first = add(application(), { route: true });
    const second = add({ ...application(), ...first.files }, { route: true });
    expect(second).toEqual({
      files: {},
      said: ['src/app.module.ts imports nestjs-step-up already. Nothing is changed.'],
      tasks: [],
    });
  });

  it('keeps files of the same names', () => {
    const { files, said } = add({ ...application(), 'src/step-up.options.ts': 'mine' });
    expect(files).not.toHaveProperty('src/step-up.options.ts');
    expect(said[0]).toBe('src/step-up.options.ts is there already, and is not changed.');
  });

  it('finds the module that main.ts creates, also in a monorepo', () => {
    const { files } = add(
      {
        'package.json': JSON.stringify(NEST_11),
        'apps/bank/src/main.ts': `import { BankModule } from "./bank/bank.module";
          NestFactory.create<NestExpressApplication>(BankModule, { bufferLogs: true });`,
        'apps/bank/src/bank/bank.module.ts': MODULE.replace('AppModule', 'BankModule'),
        'apps/bank/src/app.module.ts': MODULE,
      },
      { sourceRoot: 'apps/bank/src', route: true },
    );
    expect(Object.keys(files).sort()).toEqual([
      'apps/bank/src/bank/bank.module.ts',
      'apps/bank/src/bank/protected.controller.ts',
      'apps/bank/src/bank/step-up.options.ts',
      'apps/bank/test/step-up.e2e-spec.ts',
      'package.json',
    ]);
    expect(files['apps/bank/test/step-up.e2e-spec.ts']).toContain(
      "import { BankModule } from '../src/bank/bank.module';",
    );
  });

  it.each<[what: string, files: Record<string, string>, options: NestAddOptions]>([
    ['no module', { 'package.json': '{}' }, {}],
    ['another file than the named one', application(), { module: 'src/core.module.ts' }],
  ])('says what to add if there is %s', (_, given, options) => {
    const { files, said } = add(given, { ...options, route: true });
    expect(files).not.toHaveProperty('src/app.module.ts');
    expect(files).not.toHaveProperty('test/step-up.e2e-spec.ts');
    expect(said[0]).toBe(`The root module is not changed: there is none; name its file by --module. Add to it:

  import { StepUpModule } from 'nestjs-step-up';
  import { ProtectedController } from './protected.controller';
  import { stepUpOptions } from './step-up.options';

and to its @Module():

  imports: [StepUpModule.forRootAsync({ useFactory: stepUpOptions })]
  controllers: [ProtectedController]
`);
  });

  it.each<[what: string, module: string, why: string]>([
    ['a syntax error', `${MODULE}}`, 'it has a syntax error'],
    ['a list by a function', MODULE.replace('[]', 'importsOf()'), '"imports" of @Module() is not a list'],
    ['a shorthand list', MODULE.replace('imports: []', 'imports'), '"imports" of @Module() is not a list'],
    [
      'metadata by a variable',
      MODULE.replace(/@Module\([^)]*\)/, '@Module(metadata)'),
      'the argument of @Module() is not an object literal',
    ],
    ['a spread', MODULE.replace('imports: []', '...base'), 'the argument of @Module() has a spread'],
    ['another decorator', MODULE.replaceAll('Module(', 'Global('), 'it has no class AppModule with @Module()'],
    [
      'a renamed decorator',
      MODULE.replace('{ Module }', '{ Global as Module }'),
      'it does not import Module from @nestjs/common',
    ],
    ['no import', MODULE.replace(/import.*\n/g, ''), 'it has no import'],
    ['a name of its own', MODULE.replace('[]', '[stepUpOptions]'), 'it has the name stepUpOptions already'],
    ['two modules', `${MODULE}@Module({}) export class AppModule {}`, 'it has several classes with @Module()'],
    ['nothing', '', 'it has no import'],
  ])('leaves a module as it is that has %s, and says so', (_, module, why) => {
    const { files, said } = add(application(module), { route: true });
    expect(files).not.toHaveProperty('src/app.module.ts');
    expect(files).not.toHaveProperty('test/step-up.e2e-spec.ts');
    expect(said[0]).toMatch(`The root module src/app.module.ts is not changed: ${why}. Add to it:\n`);
  });
});

describe('a module with additions', () => {
  const addition = {
    imports: [{ name: 'A', from: './a' }],
    elements: [{ list: 'imports', code: 'A.forRoot()' }],
  };
  const imported = "import { Module } from '@nestjs/common';";
  const classOf = (metadata: string) => `${imported}\n@Module(${metadata})\nexport class M {}\n`;
  const changed = (metadata: string) =>
    `${imported}\nimport { A } from './a';\n@Module(${metadata})\nexport class M {}\n`;

  it.each<[what: string, before: string, after: string]>([
    ['an empty list', '{ imports: [] }', '{ imports: [A.forRoot()] }'],
    ['a list in a line', '{ imports: [X] }', '{ imports: [X, A.forRoot()] }'],
    ['a trailing comma', '{ imports: [X,] }', '{ imports: [X, A.forRoot(),] }'],
    [
      'a list of lines',
      '{\n  imports: [\n    X,\n    Y.of({}),\n  ],\n}',
      '{\n  imports: [\n    X,\n    Y.of({}),\n    A.forRoot(),\n  ],\n}',
    ],
    ['comments', '{ imports: [X /* last */] }', '{ imports: [X, A.forRoot() /* last */] }'],
    ['a comment in place of elements', '{ imports: [ /* none */ ] }', '{ imports: [A.forRoot() /* none */ ] }'],
    ['a spread in the list', '{ imports: [...base] }', '{ imports: [...base, A.forRoot()] }'],
    ['a quoted name', "{ 'imports': [X] }", "{ 'imports': [X, A.forRoot()] }"],
    ['no such list', '{\n  providers: [X],\n}', '{\n  imports: [A.forRoot()],\n  providers: [X],\n}'],
    ['nothing', '{}', '{\n  imports: [A.forRoot()],\n}'],
  ])('keeps the format of %s', (_, before, after) => {
    expect(addToModule(classOf(before), addition)).toBe(changed(after));
  });

  it('keeps line ends, quotes and a byte order mark', () => {
    const source =
      '\uFEFFimport { Module } from "@nestjs/common";\r\n@Module({ imports: [] })\r\nexport class M {}\r\n';
    expect(addToModule(source, addition)).toBe(
      '\uFEFFimport { Module } from "@nestjs/common";\r\nimport { A } from "./a";\r\n' +
        '@Module({ imports: [A.forRoot()] })\r\nexport class M {}\r\n',
    );
  });

  it('is of the class that is named', () => {
    const two = `${classOf('{ imports: [] }')}@Module({ imports: [] })\nexport class N {}\n`;
    expect(addToModule(two, addition, 'N')).toContain('@Module({ imports: [A.forRoot()] })\nexport class N');
    expect(() => addToModule(two, addition)).toThrow(NotUnderstood);
  });

  it('is not possible without TypeScript, which is said', () => {
    const cwd = jest.spyOn(process, 'cwd').mockReturnValue('/');
    expect(() => addToModule(classOf('{}'), addition)).toThrow('no TypeScript with a compiler API is installed');
    cwd.mockRestore();
  });
});
