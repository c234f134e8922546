import { posix } from 'node:path';
import { type SchematicContext, type Tree, textOf } from './host.js';
import { type Addition, addToModule, NotUnderstood } from './module-source.js';
import { addPeers, type Manifest, manifestOf } from './packages.js';
import { findRootModule, type RootModule } from './root-module.js';
import { controllerFile, optionsFile, testFile } from './templates.js';

export interface NestAddOptions {
  /** The folder with the sources of the application. Default is `'src'`. */
  readonly sourceRoot?: string | undefined;
  /** The file of the root module. Default is the module that `main.ts` creates. */
  readonly module?: string | undefined;
  /** Whether to add a protected route and an e2e test for it. Default is `false`. */
  readonly route?: boolean | undefined;
}

/**
 * The schematic of `nest add nestjs-step-up`. Imports `StepUpModule` into the root module, with options that read the
 * environment, and adds the peers. Leaves a module that it does not understand as it is, and says what to add.
 *
 * @see [Nest CLI – nest add](https://docs.nestjs.com/cli/usages#nest-add)
 */
export function nestAdd({ sourceRoot = 'src', module, route = false }: NestAddOptions) {
  return (tree: Tree, context: SchematicContext): void => {
    const root = findRootModule(tree, sourceRoot, module);
    const source = root === undefined ? undefined : textOf(tree, root.path);
    if (source !== undefined && /from\s*['"]nestjs-step-up['"]/.test(source)) {
      context.logger.info(`${root?.path} imports nestjs-step-up already. Nothing is changed.`);
      return;
    }
    const manifest = manifestOf(tree);
    const extension = usesExtensions(source, manifest) ? '.js' : '';
    const folder = root === undefined ? sourceRoot : posix.dirname(root.path);
    const isTypeScript = root === undefined || root.path.endsWith('.ts');
    if (isTypeScript) addFile(tree, context, posix.join(folder, 'step-up.options.ts'), optionsFile());
    addPeers(tree, context);
    const addition = additionOf(extension, route);
    const isChanged = changeModule(tree, context, root, source, addition);
    if (route && isTypeScript) {
      addFile(tree, context, posix.join(folder, 'protected.controller.ts'), controllerFile());
      if (root !== undefined && isChanged) addTest(tree, context, { root, sourceRoot, extension, manifest });
    }
    context.logger.info(`
Set STEP_UP_ISSUER and STEP_UP_AUDIENCE. For development:

  npx nestjs-step-up serve     an authorization server, with tokens for curl
  STEP_UP_ISSUER=http://127.0.0.1:9000 STEP_UP_AUDIENCE=https://api.example npx nest start
`);
  };
}

function additionOf(extension: string, route: boolean): Addition {
  const controller = 'ProtectedController';
  return {
    imports: [
      { name: 'StepUpModule', from: 'nestjs-step-up' },
      ...(route ? [{ name: controller, from: `./protected.controller${extension}` }] : []),
      { name: 'stepUpOptions', from: `./step-up.options${extension}` },
    ],
    elements: [
      { list: 'imports', code: 'StepUpModule.forRootAsync({ useFactory: stepUpOptions })' },
      ...(route ? [{ list: 'controllers', code: controller }] : []),
    ],
  };
}

/** Returns whether the module is changed. */
function changeModule(
  tree: Tree,
  context: SchematicContext,
  root: RootModule | undefined,
  source: string | undefined,
  addition: Addition,
): boolean {
  try {
    if (root === undefined || source === undefined) throw new NotUnderstood('there is none; name its file by --module');
    if (!root.path.endsWith('.ts')) throw new NotUnderstood('it is not TypeScript');
    tree.overwrite(root.path, addToModule(source, addition, root.className));
    return true;
  } catch (error) {
    if (!(error instanceof NotUnderstood)) throw error;
    const imports = addition.imports.map(({ name, from }) => `  import { ${name} } from '${from}';`);
    const elements = addition.elements.map(({ list, code }) => `  ${list}: [${code}]`);
    context.logger.warn(
      `The root module${root === undefined ? '' : ` ${root.path}`} is not changed: ${error.message}. Add to it:\n\n` +
        `${imports.join('\n')}\n\nand to its @Module():\n\n${elements.join('\n')}\n`,
    );
    return false;
  }
}

function addTest(
  tree: Tree,
  context: SchematicContext,
  {
    root,
    sourceRoot,
    extension,
    manifest,
  }: { root: RootModule; sourceRoot: string; extension: string; manifest: Manifest },
): void {
  const folder = posix.join(posix.dirname(sourceRoot), 'test');
  const path = posix.relative(folder, root.path).replace(/\.ts$/, extension);
  const className = root.className ?? /export class (\w+)/.exec(textOf(tree, root.path) ?? '')?.[1] ?? 'AppModule';
  const { dependencies = {}, devDependencies = {} } = manifest;
  const isFastify = '@nestjs/platform-fastify' in dependencies && !('@nestjs/platform-express' in dependencies);
  const isVitest = 'vitest' in devDependencies;
  const content = testFile({ module: path, className, isFastify, isVitest });
  addFile(tree, context, posix.join(folder, 'step-up.e2e-spec.ts'), content);
}

/** Keeps a file that is there. */
function addFile(tree: Tree, context: SchematicContext, path: string, content: string): void {
  if (tree.exists(path)) context.logger.warn(`${path} is there already, and is not changed.`);
  else tree.create(path, content);
}

/** Whether relative imports end in `.js`: as those of the module do, otherwise if the package consists of ES modules. */
function usesExtensions(source: string | undefined, manifest: Manifest): boolean {
  const [relative] = /from\s*['"]\.[^'"]+['"]/.exec(source ?? '') ?? [];
  return relative === undefined ? manifest.type === 'module' : /\.js['"]$/.test(relative);
}
