import { type SchematicContext, type Tree, textOf } from './host.js';

/** The part of `package.json` that the schematic reads and writes. */
export interface Manifest {
  readonly type?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** The file that each package manager writes. npm is the default. */
const LOCK_FILES = { 'pnpm-lock.yaml': 'pnpm', 'yarn.lock': 'yarn', 'bun.lock': 'bun', 'bun.lockb': 'bun' } as const;

export function manifestOf(tree: Tree): Manifest {
  try {
    return JSON.parse(textOf(tree, 'package.json') ?? '{}') as Manifest;
  } catch {
    return {};
  }
}

/**
 * Adds the peers that npm would otherwise choose by itself: `@nestjs/passport` in the version of this Nest, and
 * `passport`. Has them installed after the files are written.
 */
export function addPeers(tree: Tree, context: SchematicContext): void {
  const manifest = manifestOf(tree);
  if (manifest.dependencies === undefined) return;
  const nest = majorOfNest(tree, manifest);
  const peers = { '@nestjs/passport': nest === undefined ? undefined : `^${nest}.0.0`, passport: '^0.7.0' };
  const isThere = (name: string) => name in { ...manifest.dependencies, ...manifest.devDependencies };
  const missing = Object.entries(peers).filter(([name]) => !isThere(name));
  const known = missing.filter(([, range]) => range !== undefined);
  if (known.length < missing.length) {
    context.logger.warn('Install @nestjs/passport in the version of your Nest, which package.json does not tell.');
  }
  if (known.length === 0) return;
  const dependencies = { ...manifest.dependencies, ...Object.fromEntries(known) };
  const sorted = Object.fromEntries(Object.entries(dependencies).sort(([a], [b]) => (a < b ? -1 : 1)));
  const indent = /^\{\r?\n([ \t]+)"/.exec(textOf(tree, 'package.json') ?? '')?.[1] ?? '  ';
  tree.overwrite('package.json', `${JSON.stringify({ ...manifest, dependencies: sorted }, null, indent)}\n`);
  const lockFile = Object.keys(LOCK_FILES).find((name) => tree.exists(name));
  const packageManager = lockFile === undefined ? 'npm' : LOCK_FILES[lockFile as keyof typeof LOCK_FILES];
  context.addTask({
    toConfiguration: () => ({ name: 'node-package', options: { command: 'install', quiet: true, packageManager } }),
  });
}

/** Prefers what is installed: a range such as `>=11` can mean several versions. */
function majorOfNest(tree: Tree, { dependencies = {} }: Manifest): string | undefined {
  const installed = textOf(tree, 'node_modules/@nestjs/core/package.json') ?? '';
  const [, major] = /"version":\s*"(\d+)\./.exec(installed) ?? [];
  return major ?? /\d+/.exec(dependencies['@nestjs/core'] ?? '')?.[0];
}
