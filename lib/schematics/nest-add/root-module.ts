import { posix } from 'node:path';
import { type Tree, textOf } from './host.js';

/** Where the root module of an application is. */
export interface RootModule {
  readonly path: string;
  /** Absent if only the file is known. */
  readonly className: string | undefined;
}

/**
 * Finds the root module: the file that the user names, otherwise the class that `main.ts` hands to `NestFactory`,
 * otherwise `app.module.ts`. Returns `undefined` if there is no such file.
 */
export function findRootModule(tree: Tree, sourceRoot: string, given: string | undefined): RootModule | undefined {
  if (given !== undefined) {
    const path = [given, posix.join(sourceRoot, given)].find((candidate) => tree.exists(candidate));
    return path === undefined ? undefined : { path, className: undefined };
  }
  const main = textOf(tree, posix.join(sourceRoot, 'main.ts')) ?? '';
  const [, className] = /NestFactory\s*\.\s*create\w*(?:<[^(]*>)?\(\s*(\w+)/.exec(main) ?? [];
  const [, from] =
    new RegExp(`import\\s*\\{[^}]*\\b${className}\\b[^}]*\\}\\s*from\\s*['"](\\.[^'"]+)['"]`).exec(main) ?? [];
  const named = from === undefined ? undefined : posix.join(sourceRoot, `${from.replace(/\.[jt]s$/, '')}.ts`);
  if (named !== undefined && tree.exists(named)) return { path: named, className };
  const usual = posix.join(sourceRoot, 'app.module.ts');
  return tree.exists(usual) ? { path: usual, className: undefined } : undefined;
}
